#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash_table.h"
#include "firebase_relay/history_run.h"
#include "firebase_relay/stored_history.h"

namespace firebase_relay::coalesce {

/// Adds up how many bytes of history the database has acknowledged at each place (firebase_relay/stored_history.h says
/// what counts), until whoever keeps the sums takes them.
///
/// A place is told from others by its hash alone: of 30,000 places two share one in a case of forty thousand million,
/// and then one gets what the other one has.
/// Memory: about 150 bytes a place.
/// Threads: the flusher's.
class AcknowledgedHistory {
 public:
  /// Entries [first, last) of `run` are with the database.
  void add(const HistoryRun& run, std::size_t first, std::size_t last);
  /// Hands out what was added since the last call.
  std::vector<PlaceBytes> take();
  /// Of what take() would give: all bytes, and how many places.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t places() const { return places_.size(); }

 private:
  PlaceBytes& at(std::string_view place);

  std::vector<PlaceBytes> places_;
  HashTable<std::uint32_t> by_hash_;  ///< index into places_
  std::uint64_t bytes_ = 0;
};

}  // namespace firebase_relay::coalesce
