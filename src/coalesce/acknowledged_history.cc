#include "coalesce/acknowledged_history.h"

#include "base/invariant.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::coalesce {

void AcknowledgedHistory::add(const HistoryRun& run, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    const std::string_view place = run.location_of(i);
    // All of the entry's text, but for the place and the slash behind it: "key":value,
    const std::uint64_t bytes = run.end_of(i) - run.entries[i].offset - place.size() - 1;
    at(place).bytes += bytes;
    bytes_ += bytes;
  }
}

PlaceBytes& AcknowledgedHistory::at(std::string_view place) {
  const std::uint64_t hash = hash_of_path(place);
  if (const std::uint32_t* found = by_hash_.find(hash)) return places_[*found];
  by_hash_.add(hash, static_cast<std::uint32_t>(places_.size()));
  return places_.emplace_back(PlaceBytes{std::string(place), 0});
}

std::vector<PlaceBytes> AcknowledgedHistory::take() {
  invariant(by_hash_.size() == places_.size(), "a place of history is counted twice");
  by_hash_ = {};
  bytes_ = 0;
  return std::exchange(places_, {});
}

}  // namespace firebase_relay::coalesce
