#include "coalesce/live_map.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::coalesce {

bool LiveMap::merge(const Arrival& arrival, SteadyTime now) {
  const Slot slot = table_.slot_for(arrival.path, arrival.hash, arrival.value.size());
  LiveValue& value = table_[slot];
  if (arrival.sequence <= value.sequence) {
    if (arrival.ticket != kNoTicket) ended_.push_back({arrival.ticket, false});
    return true;
  }
  const bool overtakes = value.is_unsent();
  end_hold(value.ticket, false);
  // One that overtakes what is only sent again to settle (kLater) is in a hurry, as any other.
  value.waits_since = overtakes ? std::min(value.waits_since, now) : now;
  if (value.status == Status::kAcknowledged && stragglers_.are_expected(slot))
    stragglers_.stands(slot, value.text, value.sequence);
  value.set_newest(arrival.value);
  value.sequence = arrival.sequence;
  value.ticket = arrival.ticket;
  if (value.status != Status::kWaiting) value.is_order = arrival.is_order;  // what is queued stays where it is
  has_unsaved_ = true;
  if (value.status != Status::kInFlight && value.status != Status::kApart) queue(slot, value);
  return overtakes;
}

void LiveMap::restore(const LiveRow& row, std::uint64_t hash, std::uint32_t ticket, bool is_order) {
  const Slot slot = table_.slot_for(row.path, hash, row.value.size());
  LiveValue& value = table_[slot];
  value.set_newest(row.value);
  value.sequence = row.sequence;
  value.row.restored(row.sequence);
  value.ticket = ticket;
  value.is_order = is_order;
  value.waits_since = SteadyTime{};  // longer than anything that comes now
  ++rows_on_disk_;
  queue(slot, value);
}

/// It waits to be sent.
void LiveMap::queue(Slot slot, LiveValue& value) {
  if (std::exchange(value.status, Status::kWaiting) != Status::kWaiting) queue_or_park(slot, value);
}

void LiveMap::queue_or_park(Slot slot, const LiveValue& value) {
  if (is_sendable(value)) {
    queue_.add(slot, value.is_order);
  } else {
    queue_.park(slot);
  }
}

void LiveMap::unpark() {
  for (const Slot slot : queue_.unpark()) queue_or_park(slot, table_[slot]);
}

bool LiveMap::is_sendable(const LiveValue& value) const {
  if (disk_rule_ == DiskRule::kNothing || value.row.holds(value.sequence)) return true;
  return disk_rule_ == DiskRule::kItsRowIfAny && value.row.is_clear();
}

SteadyTime LiveMap::oldest_sendable() const {
  SteadyTime oldest = kLater;
  queue_.for_each([&](Slot slot) { oldest = std::min(oldest, table_[slot].waits_since); });
  return oldest;
}

bool LiveMap::has_waited_since(SteadyTime time) const {
  const auto has = [this, time](Slot slot) { return table_[slot].waits_since <= time; };
  return queue_.any_of(has) || (disk_rule_ != DiskRule::kItsRowIfAny && queue_.any_parked(has));
}

SteadyTime LiveMap::oldest(const std::vector<Sent>& taken) const {
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

void LiveMap::append(Slot slot, LiveValue& value, Taken& taken) {
  std::string_view part = value.text;
  if (!taken.base.empty()) {
    static constexpr std::string_view kQuote = "\"";
    taken.parts.push_back(kQuote);
    taken.bytes += kQuote.size();
    part.remove_prefix(kQuote.size() + taken.base.size() + 1);
  }
  taken.parts.push_back(part);
  taken.bytes += part.size();
  value.take_off();
  taken.sent.push_back({slot, value.sequence});
}

LiveMap::Taken LiveMap::take(std::uint64_t bytes_max, bool narrow) {
  Taken taken;
  queue_.offer([&](Slot slot) {
    LiveValue& value = table_[slot];
    if (!is_sendable(value)) return SendQueue::Taker::kParks;  // a newer value came, which the disk does not have yet
    if (narrow && taken.sent.empty()) taken.base = base_of(value.path());
    if (narrow && base_of(value.path()) != taken.base) return SendQueue::Taker::kPasses;
    const bool has_room = taken.sent.empty() || taken.bytes + value.text.size() <= bytes_max;
    if (!has_room) return SendQueue::Taker::kIsFull;
    append(slot, value, taken);
    return SendQueue::Taker::kTakes;
  });
  return taken;
}

LiveMap::Taken LiveMap::take_suspects(bool narrow) {
  Taken taken;
  for (const Slot slot : suspects_.take()) {
    LiveValue& value = table_[slot];
    if (narrow && taken.sent.empty()) taken.base = base_of(value.path());
    if (is_sendable(value) && (!narrow || base_of(value.path()) == taken.base)) {
      append(slot, value, taken);
    } else {
      queue(slot, value);  // goes with the others; if it is the culprit, it will be found there
    }
  }
  return taken;
}

void LiveMap::end_hold(std::uint32_t& ticket, bool acknowledged) {
  if (ticket != kNoTicket) ended_.push_back({std::exchange(ticket, kNoTicket), acknowledged});
}

void LiveMap::acknowledge(const std::vector<Sent>& all) {
  for (const Sent& sent : all) {
    LiveValue& value = table_[sent.slot];
    end_hold(value.flight.ticket, true);
    const bool is_newest = value.sequence == sent.sequence;
    if (!is_newest && stragglers_.are_expected(sent.slot)) {
      stragglers_.stands(sent.slot, value.text, sent.sequence);
    } else {
      stragglers_.forget_values(sent.slot);
    }
    value.land();
    if (value.flight.resend && is_newest) {
      send_again_to_settle(sent.slot, value);  // and its row, if it has one, stays
      continue;
    }
    forget_row(value, sent.sequence);
    if (is_newest) {
      value.status = Status::kAcknowledged;
      erase_if_done(sent.slot, value);
    } else {
      queue(sent.slot, value);
    }
  }
}

/// Undoes a take: what of it was not overtaken meanwhile is as it was. The caller says what becomes of it.
LiveValue& LiveMap::take_back(const Sent& sent, std::optional<SteadyTime> lost_until) {
  LiveValue& value = table_[sent.slot];
  if (lost_until) {
    stragglers_.may_stand(sent.slot, value.text, sent.sequence);
    stragglers_.expect(sent.slot, *lost_until);
  }
  value.land();
  value.waits_since = std::min(value.waits_since, value.flight.waited_since);  // a newer one waits as long
  if (value.sequence == sent.sequence) {
    value.ticket = std::exchange(value.flight.ticket, kNoTicket);
  } else {
    end_hold(value.flight.ticket, false);
  }
  return value;
}

void LiveMap::give_back(const std::vector<Sent>& all, std::optional<SteadyTime> lost_until) {
  for (const Sent& sent : all) {
    queue(sent.slot, take_back(sent, lost_until));
  }
}

std::vector<LiveMap::Slot> LiveMap::take_back_apart(const std::vector<Sent>& all,
                                                    std::optional<SteadyTime> lost_until) {
  std::vector<Slot> group;
  group.reserve(all.size());
  for (const Sent& sent : all) {
    take_back(sent, lost_until).status = Status::kApart;
    group.push_back(sent.slot);
  }
  return group;
}

void LiveMap::give_back_suspects(const std::vector<Sent>& sent, std::optional<SteadyTime> lost_until) {
  suspects_.add(take_back_apart(sent, lost_until));
}

void LiveMap::set_apart(const std::vector<Sent>& sent) { suspects_.add(take_back_apart(sent, std::nullopt)); }

void LiveMap::halve(const std::vector<Sent>& sent) { suspects_.add_halves(take_back_apart(sent, std::nullopt)); }

std::optional<LiveMap::Refused> LiveMap::refuse(const Sent& sent) {
  LiveValue& value = take_back(sent, std::nullopt);
  forget_row(value, sent.sequence);
  if (value.sequence != sent.sequence) {
    queue(sent.slot, value);
    return std::nullopt;
  }
  Refused refused{std::string(value.path()), std::string(value.newest()), value.sequence,
                  std::exchange(value.ticket, kNoTicket)};
  value.status = Status::kRefused;
  if (!bring_back(sent.slot, value)) erase_if_done(sent.slot, value);
  return refused;
}

/// A path whose newest value the database refused: sends what has to stand there instead, if a straggler may have set
/// it back.
bool LiveMap::bring_back(Slot slot, LiveValue& value) {
  // What is being saved is the refused one: its row has to be forgotten first.
  if (value.status != Status::kRefused || value.row.is_being_saved()) return false;
  const Stragglers::Value* before = stragglers_.newest_before(slot, value.sequence);
  if (before == nullptr) return false;
  std::string(before->text).swap(value.text);  // assigned, it would keep the memory of a large one
  value.sequence = before->sequence;
  send_again_to_settle(slot, value);
  return true;
}

void LiveMap::settle(SteadyTime now) {
  while (const std::optional<Slot> slot = stragglers_.take_gone(now)) {
    LiveValue& value = table_[*slot];
    switch (value.status) {
      case Status::kInFlight: value.flight.resend = true; break;
      case Status::kAcknowledged: send_again_to_settle(*slot, value); break;
      case Status::kRefused: erase_if_done(*slot, value); break;
      case Status::kWaiting:
      case Status::kApart:
      case Status::kFree: break;  // its newest value will be sent anyway
    }
  }
}

std::vector<LiveRow> LiveMap::unsettled() const {
  std::vector<LiveRow> rows;
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    const LiveValue& value = table_[slot];
    if (value.status != Status::kAcknowledged || !stragglers_.are_expected(slot)) continue;
    rows.push_back({std::string(value.path()), std::string(value.newest()), value.sequence, false, Kind::kUnrouted});
  }
  return rows;
}

void LiveMap::expect_stragglers(SteadyTime at) {
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    if (table_[slot].status != Status::kFree) stragglers_.expect(slot, at);
  }
}

/// As if the value never had been acknowledged, but it is in no hurry.
void LiveMap::send_again_to_settle(Slot slot, LiveValue& value) {
  stragglers_.stands_unless_known(slot, value.text, value.sequence);
  value.waits_since = kLater;
  value.row.reopen();
  has_unsaved_ = true;
  queue(slot, value);
}

void LiveMap::erase_if_done(Slot slot, LiveValue& value) {
  const bool is_done = value.status == Status::kAcknowledged || value.status == Status::kRefused;
  if (!is_done || !value.row.is_clear() || stragglers_.are_expected(slot)) return;
  stragglers_.forget_values(slot);
  table_.erase(slot, value);
}

}  // namespace firebase_relay::coalesce
