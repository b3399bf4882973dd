#pragma once

#include <cstdint>
#include <optional>

#include "deliver/circuit.h"
#include "deliver/concurrency.h"
#include "deliver/pacing.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// What the database lets through, as its answers and the quota have it: when, how much, how many at a time, and
/// whether history has to wait for live values.
struct Gate {
  Gate(const DeliveryOptions& options, std::uint64_t jitter_seed)
      : circuit(jitter_seed), pacing(options.bytes_per_minute_max), concurrency(options.in_flight_max) {}

  Circuit circuit;
  Pacing pacing;
  Concurrency concurrency;
  /// Live values that came up to this time go before any history (guarantee 3); max(): the database has not answered
  /// yet; none: history need not wait.
  std::optional<SteadyTime> live_first_upto;
  bool has_refreshed = false;  ///< credentials, since something was acknowledged

  /// How many bytes of history, of which the first entry has `entry_bytes`, may go in a request of `bytes_max` beside
  /// `live_bytes`; 0: none now.
  [[nodiscard]] std::uint64_t history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes, std::uint64_t bytes_max,
                                           SteadyTime now);
};

}  // namespace firebase_relay::deliver
