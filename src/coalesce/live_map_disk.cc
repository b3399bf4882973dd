// What of the live values is on disk, and what waits for it: decision 5 of the contract.
#include <algorithm>
#include <utility>

#include "classify/places.h"
#include "coalesce/live_map.h"

namespace firebase_relay::coalesce {

void LiveMap::unpark() {
  for (const Slot slot : std::exchange(parked_, {})) {
    entries_[slot].is_queued = false;
    queue(slot);
  }
}

void LiveMap::set_disk_first(bool disk_first) {
  disk_first_ = disk_first;
  has_unsaved_ = true;
  unpark();
}

void LiveMap::set_disk_failing(bool failing) {
  if (std::exchange(disk_failing_, failing) != failing) unpark();
}

std::vector<LiveRow> LiveMap::unsaved(const std::function<Kind(std::uint32_t)>& kind_of) {
  std::vector<LiveRow> rows;
  bool some_wait = false;
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    Entry& entry = entries_[slot];
    if (!entry.is_used || entry.is_clean || entry.sequence <= entry.on_disk) continue;
    // What is sent again to settle has the number that it was acknowledged with: its deletion has to come first.
    if (entry.forgetting > 0 && entry.sequence <= entry.forgetting_upto) {
      some_wait = true;
      continue;
    }
    const std::uint32_t ticket = entry.in_flight == entry.sequence ? entry.ticket_in_flight : entry.ticket;
    const bool counts = ticket != kNoTicket;
    rows.push_back({std::string(entry.path()), std::string(entry.newest()), entry.sequence, counts,
                    counts ? kind_of(ticket) : Kind::kUnrouted});
    entry.saving = entry.sequence;
    saving_.push_back(slot);
  }
  has_unsaved_ = some_wait;
  return rows;
}

bool LiveMap::has_unsaved_message() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    const bool is_saved = entry.is_clean || entry.sequence <= entry.on_disk;
    return entry.is_used && !is_saved && (entry.ticket != kNoTicket || entry.ticket_in_flight != kNoTicket);
  });
}

void LiveMap::saved(bool ok, std::vector<LiveAcknowledged>& forget) {
  for (const Slot slot : std::exchange(saving_, {})) {
    Entry& entry = entries_[slot];
    const Sequence saved = std::exchange(entry.saving, 0);
    if (ok) {
      if (entry.on_disk == 0) ++rows_on_disk_;
      entry.on_disk = saved;
      if (entry.acknowledged >= saved) forget_row(entry, entry.acknowledged, forget);
    }
    if (!bring_back(slot)) erase_if_done(slot);
  }
  if (!ok) has_unsaved_ = true;
  unpark();
}

void LiveMap::forget_row(Entry& entry, Sequence sequence, std::vector<LiveAcknowledged>& forget) {
  entry.acknowledged = std::max(entry.acknowledged, sequence);
  if (entry.on_disk == 0 || entry.on_disk > sequence) return;
  forget.push_back({std::string(entry.path()), sequence});
  ++entry.forgetting;
  entry.forgetting_upto = sequence;
  entry.on_disk = 0;
  --rows_on_disk_;
}

void LiveMap::forgotten(const std::vector<LiveAcknowledged>& rows) {
  for (const LiveAcknowledged& row : rows) {
    const Slot slot = *find(row.path, classify::hash_of_path(row.path));  // it stays while its row is being forgotten
    --entries_[slot].forgetting;
    erase_if_done(slot);
  }
  if (disk_failing_) unpark();
}

}  // namespace firebase_relay::coalesce
