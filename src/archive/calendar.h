#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "firebase_relay/time.h"

namespace firebase_relay::archive {

/// A UTC day.
using Day = std::chrono::sys_days;

/// The day of the time in a history key; nothing: it is none.
std::optional<Day> day_of_key(std::string_view key) noexcept;
/// The least and the greatest history key that a time of `day` can have. From 1970 to 9999.
std::string first_key_of(Day day);
std::string last_key_of(Day day);
/// `2026-11-28`.
std::string name_of(Day day);
/// The day of that name; nothing for all else, 2026-02-30 too.
std::optional<Day> parse_day(std::string_view name);

/// A file of an archive's folder, by its name.
struct FileName {
  /// What a day may have.
  enum class Kind : std::uint8_t {
    kPlain,        ///< `2026-11-28.jsonl`: lines as they came
    kSealed,       ///< `2026-11-28.jsonl.zst`: frames of zstd, each with its count at its end
    kBeingSealed,  ///< `2026-11-28.jsonl.zst.new`: one that was not finished
    kHole,         ///< `2026-11-28.hole`: lines of that day were lost
    kReplayed,     ///< `2026-11-28.replayed.1`: plain lines that a replay has left there
  };
  Day day;
  Kind kind;
  std::uint32_t number = 0;  ///< of a kReplayed: from 1 on

  [[nodiscard]] std::string text() const;
  bool operator==(const FileName&) const = default;
};

/// Nothing: another program's file, or the archive's own `archive.json`.
std::optional<FileName> parse_file_name(std::string_view name);

}  // namespace firebase_relay::archive
