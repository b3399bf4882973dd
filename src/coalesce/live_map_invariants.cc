// What has to hold between any two calls.
#include "coalesce/live_map.h"

namespace firebase_relay::coalesce {

std::string LiveMap::flaw(const std::vector<Slot>& under_way) const {
  std::vector<unsigned> queued(entries_.size());
  for (const Slot slot : first_) ++queued[slot];
  for (const Slot slot : orders_) ++queued[slot];
  for (const Slot slot : parked_) ++queued[slot];
  std::vector<unsigned> sent(entries_.size());
  for (const Slot slot : under_way) ++sent[slot];
  std::vector<unsigned> settling(entries_.size());
  for (const Settling& one : settling_) ++settling[one.slot];
  std::uint64_t rows = 0;
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    const Entry& entry = entries_[slot];
    rows += entry.on_disk != 0 ? 1 : 0;
    if (queued[slot] != (entry.is_queued ? 1u : 0u)) return "a live value is queued twice, or in no queue";
    if (sent[slot] != (entry.in_flight != 0 ? 1u : 0u)) return "a live value is under way in no request, or in two";
    if (settling[slot] != entry.settlings) return "the settlings of a path are counted wrongly";
    const bool waits = entry.is_used && !entry.is_clean && entry.in_flight == 0 && !entry.is_apart;
    if (waits && !entry.is_queued) return "a live value waits, and nothing will send it";
  }
  return rows == rows_on_disk_ ? "" : "the rows on disk are counted wrongly";
}

}  // namespace firebase_relay::coalesce
