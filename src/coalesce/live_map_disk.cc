// What of the live values is on disk, and what waits for it: decision 5 of the contract.
#include <algorithm>
#include <utility>

#include "classify/places.h"
#include "coalesce/live_map.h"

namespace firebase_relay::coalesce {

void LiveMap::set_disk_rule(DiskRule rule) {
  if (std::exchange(disk_rule_, rule) == rule) return;
  has_unsaved_ = true;
  unpark();
}

std::vector<LiveRow> LiveMap::save(const std::function<Kind(std::uint32_t)>& kind_of) {
  std::vector<LiveRow> rows;
  bool some_wait = false;
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    LiveValue& value = table_[slot];
    if (!value.is_owed() || value.row.has_upto(value.sequence)) continue;
    if (value.row.must_be_forgotten_before(value.sequence)) {
      some_wait = true;
      continue;
    }
    const std::uint32_t ticket = value.newest_ticket();
    const bool counts = ticket != kNoTicket;
    rows.push_back({std::string(value.path()), std::string(value.newest()), value.sequence, counts,
                    counts ? kind_of(ticket) : Kind::kUnrouted});
    value.row.save(value.sequence);
    saving_.push_back(slot);
  }
  has_unsaved_ = some_wait;
  return rows;
}

bool LiveMap::has_unsaved_message() const {
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    const LiveValue& value = table_[slot];
    const bool has_ticket = value.ticket != kNoTicket || value.flight.ticket != kNoTicket;
    if (has_ticket && value.is_owed() && !value.row.has_upto(value.sequence)) return true;
  }
  return false;
}

void LiveMap::saved(bool ok) {
  for (const Slot slot : std::exchange(saving_, {})) {
    LiveValue& value = table_[slot];
    const bool had_row = value.row.is_there();
    const bool is_obsolete = value.row.saved(ok);
    if (!had_row && value.row.is_there()) ++rows_on_disk_;
    if (is_obsolete) forget_row(value, value.row.done_upto());
    if (!bring_back(slot, value)) erase_if_done(slot, value);
  }
  if (!ok) has_unsaved_ = true;
  unpark();
}

void LiveMap::forget_row(LiveValue& value, Sequence sequence) {
  value.row.done(sequence);
  if (!value.row.is_obsolete(sequence)) return;
  value.row.forget(sequence);
  forgettable_.push_back({std::string(value.path()), sequence});
  --rows_on_disk_;
}

void LiveMap::forgotten(const std::vector<LiveAcknowledged>& rows) {
  for (const LiveAcknowledged& row : rows) {
    const Slot slot =
        *table_.find(row.path, classify::hash_of_path(row.path));  // it stays while its row is being forgotten
    LiveValue& value = table_[slot];
    value.row.forgotten();
    erase_if_done(slot, value);
  }
  if (disk_rule_ == DiskRule::kItsRowIfAny) unpark();
}

}  // namespace firebase_relay::coalesce
