#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firebase_relay/time.h"

namespace firebase_relay {

/// How much history stands in the database, as far as this relay has written it: an estimate. An entry counts with its
/// key and its value, as they are sent; the path above them, which many entries share, does not. What the database
/// takes for them beside the text is not documented. An entry that is sent twice under one key counts twice.

/// So many bytes of history stand at `place`: the entries' path without their key, as between quotes.
struct PlaceBytes {
  std::string place;
  std::uint64_t bytes = 0;

  bool operator==(const PlaceBytes&) const = default;
};

/// History that came and went on one UTC day.
struct StoredDay {
  std::chrono::sys_days day;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;

  bool operator==(const StoredDay&) const = default;
};
/// So many days are known, today among them: the last week, as markets have weeks.
inline constexpr std::chrono::days kStoredDaysMax{7};

/// What the outbox knows of all places together.
struct StoredSums {
  std::uint64_t bytes = 0;
  std::optional<UtcMillis> since;  ///< when counting began; nothing: it has not
  std::vector<StoredDay> days;     ///< of the last week, those on which something came or went
};

/// What has changed since the outbox was told last.
struct StoredChange {
  UtcMillis at;
  std::vector<std::string> removed;  ///< places at which nothing stands any more; before what `added` says
  std::uint64_t removed_bytes = 0;   ///< of them, as the outbox had it
  std::vector<PlaceBytes> added;
};

}  // namespace firebase_relay
