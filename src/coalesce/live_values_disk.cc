// What of the live values is on disk, and what waits for it: decision 5 of the contract.
#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "coalesce/live_values.h"

namespace firebase_relay::coalesce {

void LiveValues::set_disk_rule(DiskRule rule) {
  if (std::exchange(disk_rule_, rule) == rule) return;
  has_unsaved_ = true;
  unpark();
}

std::vector<LiveRow> LiveValues::save(const std::function<Kind(std::uint32_t)>& kind_of) {
  std::vector<LiveRow> rows;
  bool some_wait = false;
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    LivePath& entry = table_[slot];
    if (is_held(entry)) continue;  // the source has it still, and the database may have a newer one
    if (!entry.is_owed() || entry.row.has_upto(entry.sequence)) continue;
    if (entry.row.must_be_forgotten_before(entry.sequence)) {
      some_wait = true;
      continue;
    }
    const std::uint32_t ticket = entry.newest_ticket();
    const bool counts = ticket != kNoTicket;
    rows.push_back({std::string(entry.path()), std::string(entry.newest()), entry.sequence, counts,
                    counts ? kind_of(ticket) : Kind::kUnrouted});
    invariant(!entry.row.has_upto(entry.sequence), "a live value is saved that is on disk");
    entry.row.save(entry.sequence);
    saving_.push_back(slot);
  }
  has_unsaved_ = some_wait;
  return rows;
}

bool LiveValues::has_unsaved_message() const {
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    const LivePath& entry = table_[slot];
    const bool has_ticket = entry.ticket != kNoTicket || entry.flight.ticket != kNoTicket;
    if (has_ticket && entry.is_owed() && !is_held(entry) && !entry.row.has_upto(entry.sequence)) return true;
  }
  return false;
}

bool LiveValues::has_unsaved(std::string_view path) {
  const Slot* slot = table_.find(path, hash_of_path(path));
  if (slot == nullptr) return false;
  const LivePath& entry = table_[*slot];
  return entry.status != Status::kFree && !entry.row.has_upto(entry.sequence);
}

void LiveValues::saved(bool ok) {
  for (const Slot slot : std::exchange(saving_, {})) {
    LivePath& entry = table_[slot];
    const bool had_row = entry.row.is_there();
    const bool is_obsolete = entry.row.saved(ok);
    if (!had_row && entry.row.is_there()) ++rows_on_disk_;
    if (is_obsolete) forget_row(entry, entry.row.done_upto());
    if (!bring_back(slot, entry)) erase_if_done(slot, entry);
  }
  if (!ok) has_unsaved_ = true;
  unpark();
}

void LiveValues::wait_until_caught_up() {
  is_behind_ = true;
  queue_.park_all();
  unpark();
}

void LiveValues::caught_up(SteadyTime now) {
  invariant(is_behind_, "live values have caught up that were not behind");
  is_behind_ = false;
  has_unsaved_ = true;
  for (const Slot slot : queue_.unpark()) {
    LivePath& entry = table_[slot];
    entry.waits_since = std::max(entry.waits_since, now);  // nobody was late with it
    queue_or_park(slot, entry);
  }
}

Sequence LiveValues::lowest_owed(const std::vector<Slot>& under_way) const {
  Sequence lowest = acknowledged_unsynced_;
  const auto look_at = [&](Slot slot) {
    const Sequence since = table_[slot].owed_since;
    if (since != 0) lowest = std::min(lowest, since);
  };
  queue_.for_each(look_at);
  queue_.for_each_parked(look_at);
  for (const Slot slot : under_way) look_at(slot);
  for (const Bisection<Slot>::Group& group : suspects_.groups()) {
    for (const Slot slot : group) look_at(slot);
  }
  return lowest;
}

void LiveValues::synced() {
  acknowledged_unsynced_ = kNoSequence;
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    LivePath& entry = table_[slot];
    if (entry.row.is_there()) entry.safe_upto(entry.row.on_disk());
  }
}

void LiveValues::forget_row(LivePath& entry, Sequence sequence) {
  entry.row.done(sequence);
  if (!entry.row.is_obsolete(sequence)) return;
  entry.row.forget(sequence);
  forgettable_.push_back({std::string(entry.path()), sequence});
  invariant(rows_on_disk_ > 0, "the rows on disk are counted below zero");
  --rows_on_disk_;
}

void LiveValues::forgotten(const std::vector<LiveAcknowledged>& rows) {
  for (const LiveAcknowledged& row : rows) {
    const Slot slot = *table_.find(row.path, hash_of_path(row.path));  // it stays while its row is being forgotten
    LivePath& entry = table_[slot];
    entry.row.forgotten();
    erase_if_done(slot, entry);
  }
  if (disk_rule_ == DiskRule::kItsRowIfAny) unpark();
}

}  // namespace firebase_relay::coalesce
