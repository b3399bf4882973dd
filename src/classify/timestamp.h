#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "firebase_relay/time.h"

namespace firebase_relay::classify {

/// The moment that a publisher's `timestamp` names, cut to milliseconds: ISO 8601 with `T` or a blank, with or without
/// a zone (none: UTC) and a fraction; or a number since 1970, with or without a fraction or an exponent: seconds, from
/// 1e11 on milliseconds, from 1e14 microseconds, from 1e17 nanoseconds, below 1e20. `text` is the inside of a JSON
/// string, or a JSON number. Empty for anything else: such a time counts as absent.
std::optional<UtcMillis> parse_timestamp(std::string_view text);

/// May this be a message's own time? Neither before 2000 nor more than a day ahead of its arrival.
bool is_usable_event_time(UtcMillis time, UtcMillis arrived_at) noexcept;

/// The same as parse_timestamp() for many times, most of which lie in the minute of the one before: that part of a text
/// need not be read again.
///
/// Threads: one.
class TimestampParser {
 public:
  /// As parse_timestamp().
  std::optional<UtcMillis> parse(std::string_view text);

 private:
  static constexpr std::size_t kMinuteSize = 16;  ///< `2026-05-06T14:39`
  std::array<char, kMinuteSize> text_{};          ///< of the minute that was read last; at first none
  UtcMillis minute_{};
};

}  // namespace firebase_relay::classify
