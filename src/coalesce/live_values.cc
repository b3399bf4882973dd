#include "coalesce/live_values.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::coalesce {

bool LiveValues::merge(const Arrival& arrival, SteadyTime now) {
  const Slot slot = table_.slot_for(arrival.path, arrival.hash, arrival.value.size());
  LivePath& entry = table_[slot];
  invariant(arrival.sequence > 0, "a live value has no number");
  if (arrival.sequence <= entry.sequence) {
    if (arrival.ticket != kNoTicket) ended_.push_back({arrival.ticket, false});
    return true;
  }
  const bool overtakes = entry.is_unsent();
  end_hold(entry.ticket, false);
  // The older value may be one that was only sent again to settle the path, which is in no hurry (kLater); this one is.
  entry.waits_since = overtakes ? std::min(entry.waits_since, now) : now;
  if (entry.status == Status::kAcknowledged && stragglers_.are_expected(slot))
    stragglers_.stands(slot, entry.text, entry.sequence);
  entry.set_newest(arrival.value);
  entry.sequence = arrival.sequence;
  entry.ticket = arrival.ticket;
  entry.is_own = arrival.is_own;
  if (entry.owed_since == 0 && arrival.owed_since != kNoSequence) entry.owed_since = arrival.owed_since;
  if (entry.status != Status::kWaiting) entry.is_order = arrival.is_order;  // what is queued stays where it is
  has_unsaved_ = true;
  if (entry.status != Status::kInFlight && entry.status != Status::kApart) queue(slot, entry);
  return overtakes;
}

void LiveValues::restore(const LiveRow& row, std::uint64_t hash, std::uint32_t ticket, bool is_order) {
  const Slot slot = table_.slot_for(row.path, hash, row.value.size());
  LivePath& entry = table_[slot];
  invariant(entry.sequence == 0, "a path was restored twice");
  entry.set_newest(row.value);
  entry.sequence = row.sequence;
  entry.row.restored(row.sequence);
  entry.ticket = ticket;
  entry.is_order = is_order;
  entry.waits_since = SteadyTime{};  // longer than anything that comes now
  ++rows_on_disk_;
  queue(slot, entry);
}

/// From now on the value waits to be sent, unless it does already.
void LiveValues::queue(Slot slot, LivePath& entry) {
  if (std::exchange(entry.status, Status::kWaiting) != Status::kWaiting) queue_or_park(slot, entry);
}

void LiveValues::queue_or_park(Slot slot, const LivePath& entry) {
  if (is_sendable(entry)) {
    queue_.add(slot, entry.is_order);
  } else {
    queue_.park(slot);
  }
}

void LiveValues::unpark() {
  for (const Slot slot : queue_.unpark()) queue_or_park(slot, table_[slot]);
}

bool LiveValues::is_sendable(const LivePath& entry) const {
  if (is_held(entry)) return false;
  if (disk_rule_ == DiskRule::kNothing || entry.row.holds(entry.sequence)) return true;
  return disk_rule_ == DiskRule::kItsRowIfAny && entry.row.is_clear();
}

SteadyTime LiveValues::oldest_sendable() const {
  SteadyTime oldest = kLater;
  queue_.for_each([&](Slot slot) { oldest = std::min(oldest, table_[slot].waits_since); });
  return oldest;
}

bool LiveValues::has_waited_since(SteadyTime time) const {
  const auto has = [this, time](Slot slot) { return table_[slot].waits_since <= time; };
  const bool parked_count = disk_rule_ != DiskRule::kItsRowIfAny && !is_behind_;
  return queue_.any_of(has) || (parked_count && queue_.any_parked(has));
}

SteadyTime LiveValues::oldest(const std::vector<Sent>& taken) const {
  SteadyTime oldest = kLater;
  for (const Sent& sent : taken) oldest = std::min(oldest, table_[sent.slot].waits_since);
  return oldest;
}

namespace {
/// The child of the root that `path` is below; empty for the child itself, whose value is no object to be patched.
std::string_view base_of(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}
}  // namespace

void LiveValues::append(Slot slot, LivePath& entry, Taken& taken) {
  taken.bytes += FragmentText::append_below(taken.base.size(), entry.text, taken.parts);
  invariant(entry.status != Status::kInFlight, "a live value is sent twice at a time");
  entry.take_off();
  taken.sent.push_back({slot, entry.sequence});
}

LiveValues::Taken LiveValues::take(std::uint64_t bytes_max, bool narrow) {
  Taken taken;
  queue_.offer([&](Slot slot) {
    LivePath& entry = table_[slot];
    if (!is_sendable(entry)) return SendQueue::Taker::kParks;  // a newer value came, which the disk does not have yet
    if (narrow && taken.sent.empty()) taken.base = base_of(entry.path());
    if (narrow && base_of(entry.path()) != taken.base) return SendQueue::Taker::kPasses;
    const bool has_room = taken.sent.empty() || taken.bytes + entry.text.size() <= bytes_max;
    if (!has_room) return SendQueue::Taker::kIsFull;
    append(slot, entry, taken);
    return SendQueue::Taker::kTakes;
  });
  return taken;
}

LiveValues::Taken LiveValues::take_suspects(bool narrow) {
  Taken taken;
  for (const Slot slot : suspects_.take()) {
    LivePath& entry = table_[slot];
    if (narrow && taken.sent.empty()) taken.base = base_of(entry.path());
    if (is_sendable(entry) && (!narrow || base_of(entry.path()) == taken.base)) {
      append(slot, entry, taken);
    } else {
      queue(slot, entry);  // goes with the others; if it is the culprit, it will be found there
    }
  }
  return taken;
}

void LiveValues::end_hold(std::uint32_t& ticket, bool acknowledged) {
  if (ticket != kNoTicket) ended_.push_back({std::exchange(ticket, kNoTicket), acknowledged});
}

void LiveValues::acknowledge(const std::vector<Sent>& all) {
  for (const Sent& sent : all) {
    LivePath& entry = table_[sent.slot];
    invariant(entry.status == Status::kInFlight && entry.flight.sequence == sent.sequence,
              "a live value is acknowledged that was not sent");
    end_hold(entry.flight.ticket, true);
    if (disk_rule_ != DiskRule::kNothing && entry.owed_since != 0)
      acknowledged_unsynced_ = std::min(acknowledged_unsynced_, entry.owed_since);
    entry.safe_upto(sent.sequence);
    const bool is_newest = entry.sequence == sent.sequence;
    if (!is_newest && stragglers_.are_expected(sent.slot)) {
      stragglers_.stands(sent.slot, entry.text, sent.sequence);
    } else {
      stragglers_.forget_values(sent.slot);
    }
    entry.land();
    if (entry.flight.resend && is_newest) {
      send_again_to_settle(sent.slot, entry);  // a row of it on disk is still needed
      continue;
    }
    forget_row(entry, sent.sequence);
    if (is_newest) {
      entry.status = Status::kAcknowledged;
      erase_if_done(sent.slot, entry);
    } else {
      queue(sent.slot, entry);
    }
  }
}

/// Undoes take() for one value: it is no longer under way, and holds its ticket again unless a newer one has come. The
/// caller sets the status.
LivePath& LiveValues::take_back(const Sent& sent, std::optional<SteadyTime> lost_until) {
  LivePath& entry = table_[sent.slot];
  invariant(entry.status == Status::kInFlight && entry.flight.sequence == sent.sequence,
            "a live value comes back that was not sent");
  if (lost_until) {
    stragglers_.may_stand(sent.slot, entry.text, sent.sequence);
    stragglers_.expect(sent.slot, *lost_until);
  }
  entry.land();
  entry.waits_since = std::min(entry.waits_since, entry.flight.waited_since);  // a newer one waits as long
  if (entry.sequence == sent.sequence) {
    entry.ticket = std::exchange(entry.flight.ticket, kNoTicket);
  } else {
    end_hold(entry.flight.ticket, false);
  }
  return entry;
}

void LiveValues::give_back(const std::vector<Sent>& all, std::optional<SteadyTime> lost_until) {
  for (const Sent& sent : all) {
    queue(sent.slot, take_back(sent, lost_until));
  }
}

std::vector<LiveValues::Slot> LiveValues::take_back_apart(const std::vector<Sent>& all,
                                                          std::optional<SteadyTime> lost_until) {
  std::vector<Slot> group;
  group.reserve(all.size());
  for (const Sent& sent : all) {
    take_back(sent, lost_until).status = Status::kApart;
    group.push_back(sent.slot);
  }
  return group;
}

void LiveValues::give_back_suspects(const std::vector<Sent>& sent, std::optional<SteadyTime> lost_until) {
  suspects_.add(take_back_apart(sent, lost_until));
}

void LiveValues::set_apart(const std::vector<Sent>& sent) { suspects_.add(take_back_apart(sent, std::nullopt)); }

void LiveValues::halve(const std::vector<Sent>& sent) { suspects_.add_halves(take_back_apart(sent, std::nullopt)); }

std::optional<LiveValues::Refused> LiveValues::refuse(const Sent& sent) {
  LivePath& entry = take_back(sent, std::nullopt);
  forget_row(entry, sent.sequence);
  if (entry.sequence != sent.sequence) {
    queue(sent.slot, entry);
    return std::nullopt;
  }
  Refused refused{std::string(entry.path()), std::string(entry.newest()), entry.sequence,
                  std::exchange(entry.ticket, kNoTicket)};
  entry.safe_upto(sent.sequence);  // the message has its dead letter
  entry.status = Status::kRefused;
  if (!bring_back(sent.slot, entry)) erase_if_done(sent.slot, entry);
  return refused;
}

/// The database refused the newest value of this path. If a straggler may have overwritten what stood there before,
/// that is sent again. True: it is.
bool LiveValues::bring_back(Slot slot, LivePath& entry) {
  // While the refused value is being saved this has to wait, because the row that comes of it must be deleted first.
  if (entry.status != Status::kRefused || entry.row.is_being_saved()) return false;
  const Stragglers::Value* before = stragglers_.newest_before(slot, entry.sequence);
  if (before == nullptr) return false;
  std::string(before->text).swap(entry.text);  // assigned, it would keep the memory of a large one
  invariant(before->sequence < entry.sequence, "a refused value is replaced by a newer one");
  entry.sequence = before->sequence;
  send_again_to_settle(slot, entry);
  return true;
}

void LiveValues::settle(SteadyTime now) {
  while (const std::optional<Slot> slot = stragglers_.take_gone(now)) {
    LivePath& entry = table_[*slot];
    switch (entry.status) {
      case Status::kInFlight: entry.flight.resend = true; break;
      case Status::kAcknowledged: send_again_to_settle(*slot, entry); break;
      case Status::kRefused: erase_if_done(*slot, entry); break;
      case Status::kWaiting:
      case Status::kApart:
      case Status::kFree: break;  // its newest value will be sent anyway
    }
  }
}

std::vector<LiveRow> LiveValues::unsettled() const {
  std::vector<LiveRow> rows;
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    const LivePath& entry = table_[slot];
    if (entry.status != Status::kAcknowledged || !stragglers_.are_expected(slot)) continue;
    rows.push_back({std::string(entry.path()), std::string(entry.newest()), entry.sequence, false, Kind::kUnrouted});
  }
  return rows;
}

void LiveValues::expect_stragglers(SteadyTime at) {
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    if (table_[slot].status != Status::kFree) stragglers_.expect(slot, at);
  }
}

/// Queues the value as if it had never been acknowledged, but in no hurry.
void LiveValues::send_again_to_settle(Slot slot, LivePath& entry) {
  invariant(
      entry.status == Status::kAcknowledged || entry.status == Status::kRefused || entry.status == Status::kInFlight,
      "a path is settled that waits to be sent");
  stragglers_.stands_unless_known(slot, entry.text, entry.sequence);
  entry.waits_since = kLater;
  entry.row.reopen();
  has_unsaved_ = true;
  queue(slot, entry);
}

void LiveValues::erase_if_done(Slot slot, LivePath& entry) {
  const bool is_done = entry.status == Status::kAcknowledged || entry.status == Status::kRefused;
  if (!is_done || !entry.row.is_clear() || stragglers_.are_expected(slot)) return;
  stragglers_.forget_values(slot);
  table_.release(slot, entry);
}

}  // namespace firebase_relay::coalesce
