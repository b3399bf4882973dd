#include "coalesce/live_map.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "classify/places.h"

namespace firebase_relay::coalesce {

bool LiveMap::merge(const Arrival& arrival, SteadyTime now, std::vector<TicketEnd>& ended) {
  const Slot slot = slot_for(arrival.path, arrival.hash, arrival.value.size());
  Entry& entry = entries_[slot];
  const Sequence sequence = arrival.sequence;
  if (sequence <= entry.sequence) {
    if (arrival.ticket != kNoTicket) ended.push_back({arrival.ticket, false});
    return true;
  }
  const bool overtakes = entry.sequence != 0 && !entry.is_clean && entry.in_flight != entry.sequence;
  if (entry.ticket != kNoTicket) ended.push_back({entry.ticket, false});
  // One that overtakes what is only sent again to settle (kLater) is in a hurry, as any other.
  entry.waits_since = overtakes ? std::min(entry.waits_since, now) : now;
  if (entry.is_clean && !entry.is_refused && entry.settlings > 0) standing_[slot] = {{entry.text, entry.sequence}};
  entry.set_newest(arrival.value);
  entry.sequence = sequence;
  entry.ticket = arrival.ticket;
  if (!entry.is_queued) entry.is_order = arrival.is_order;  // what is queued stays where it is
  entry.is_clean = entry.is_refused = false;
  has_unsaved_ = true;
  if (entry.in_flight == 0 && !entry.is_apart) queue(slot);
  return overtakes;
}

void LiveMap::restore(const LiveRow& row, std::uint64_t hash, std::uint32_t ticket, bool is_order) {
  const Slot slot = slot_for(row.path, hash, row.value.size());
  Entry& entry = entries_[slot];
  entry.set_newest(row.value);
  entry.sequence = row.sequence;
  entry.on_disk = row.sequence;
  entry.ticket = ticket;
  entry.is_order = is_order;
  entry.waits_since = SteadyTime{};  // longer than anything that comes now
  ++rows_on_disk_;
  queue(slot);
}

void LiveMap::Entry::set_newest(std::string_view value) {
  const std::size_t before = path_size + 3;  // two quotes and a colon
  std::string& into = in_flight == 0 ? text : next;
  const std::size_t size = before + value.size() + 1;
  constexpr std::size_t kSpareMax = 256;  // an order that has left is a path and `null`, for as long as an outage lasts
  if (into.empty() || into.capacity() > 2 * size + kSpareMax) {
    std::string fresh;
    fresh.reserve(size);
    fresh.append(text, 0, before);
    into.swap(fresh);  // a short one, assigned, would be copied into the large buffer
  }
  into.resize(before);
  into += value;
  into += ',';
}

/// It is no longer under way.
void LiveMap::Entry::land() {
  in_flight = 0;
  if (next.empty()) return;
  text.swap(next);
  std::string().swap(next);
}

void LiveMap::prefetch(const std::vector<LiveUpdate>& updates, std::size_t next) {
  constexpr std::size_t kStep = 4;  // by then what was asked for has come: the place, then the entry, then its text
  constexpr std::size_t kCacheLine = 64;
  if (next + 3 * kStep < updates.size()) index_.prefetch(updates[next + 3 * kStep].path_hash);
  if (next + 2 * kStep < updates.size()) {
    const Slot* slot = index_.find(updates[next + 2 * kStep].path_hash);
    const char* entry = slot ? reinterpret_cast<const char*>(&entries_[*slot]) : nullptr;
    for (std::size_t at = 0; entry && at < sizeof(Entry); at += kCacheLine) __builtin_prefetch(entry + at);
  }
  if (next + kStep < updates.size()) {
    const Slot* slot = index_.find(updates[next + kStep].path_hash);
    if (slot) __builtin_prefetch(entries_[*slot].text.data());
  }
}

const LiveMap::Slot* LiveMap::find(std::string_view path, std::uint64_t hash) {
  return index_.find(hash, [this, path](Slot slot) { return entries_[slot].path() == path; });
}

LiveMap::Slot LiveMap::slot_for(std::string_view path, std::uint64_t hash, std::size_t value_size) {
  if (const Slot* known = find(path, hash)) return *known;
  Slot slot;
  if (free_.empty()) {
    slot = static_cast<Slot>(entries_.size());
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[slot];
  entry.text.reserve(path.size() + value_size + 4);
  entry.text = '"';
  entry.text += path;
  entry.text += "\":";
  entry.path_size = static_cast<std::uint32_t>(path.size());
  entry.hash = hash;
  entry.is_used = true;
  index_.add(hash, slot);
  return slot;
}

void LiveMap::queue(Slot slot) {
  Entry& entry = entries_[slot];
  if (entry.is_queued) return;
  entry.is_queued = true;
  if (is_sendable(entry)) {
    queue_of(entry).push_back(slot);
  } else {
    parked_.push_back(slot);
  }
}

bool LiveMap::is_sendable(const Entry& entry) const {
  if (!disk_first_ || entry.on_disk == entry.sequence) return true;
  return disk_failing_ && entry.on_disk == 0 && entry.saving == 0 && entry.forgetting == 0;
}

SteadyTime LiveMap::oldest_sendable() const {
  SteadyTime oldest = kLater;
  for (const Slot slot : first_) oldest = std::min(oldest, entries_[slot].waits_since);
  for (const Slot slot : orders_) oldest = std::min(oldest, entries_[slot].waits_since);
  return oldest;
}

bool LiveMap::has_waited_since(SteadyTime time) const {
  const auto has = [this, time](Slot slot) { return entries_[slot].waits_since <= time; };
  return std::any_of(first_.begin(), first_.end(), has) || std::any_of(orders_.begin(), orders_.end(), has) ||
         (!disk_failing_ && std::any_of(parked_.begin(), parked_.end(), has));
}

SteadyTime LiveMap::oldest(const std::vector<Sent>& taken) const {
  SteadyTime oldest = kLater;
  for (const Sent& sent : taken) oldest = std::min(oldest, entries_[sent.slot].waits_since);
  return oldest;
}

void LiveMap::append(Slot slot, Taken& taken) {
  Entry& entry = entries_[slot];
  std::string_view part = entry.text;
  if (!taken.base.empty()) {
    static constexpr std::string_view kQuote = "\"";
    taken.parts.push_back(kQuote);
    taken.bytes += kQuote.size();
    part.remove_prefix(kQuote.size() + taken.base.size() + 1);
  }
  taken.parts.push_back(part);
  taken.bytes += part.size();
  entry.in_flight = entry.sequence;
  entry.in_flight_since = entry.waits_since;
  entry.ticket_in_flight = std::exchange(entry.ticket, kNoTicket);
  taken.sent.push_back({slot, entry.sequence});
}

LiveMap::Taken LiveMap::take(std::uint64_t bytes_max, bool narrow) {
  // Others may come so fast that they fill every request: now and then the orders have their turn.
  constexpr unsigned kPassedOverMax = 16;
  const bool orders_have_their_turn = orders_passed_over_ >= kPassedOverMax;
  Taken taken;
  bool took_orders = orders_have_their_turn;
  if (take_from(orders_have_their_turn ? orders_ : first_, bytes_max, narrow, taken)) {
    const std::size_t before = taken.sent.size();
    take_from(orders_have_their_turn ? first_ : orders_, bytes_max, narrow, taken);
    took_orders = took_orders || taken.sent.size() > before;
  }
  orders_passed_over_ = orders_.empty() || took_orders ? 0 : orders_passed_over_ + 1;
  return taken;
}

/// False: the request is full.
bool LiveMap::take_from(std::deque<Slot>& queue, std::uint64_t bytes_max, bool narrow, Taken& taken) {
  std::vector<Slot> elsewhere;
  bool has_room = true;
  while (!queue.empty() && has_room) {
    const Slot slot = queue.front();
    Entry& entry = entries_[slot];
    if (!is_sendable(entry)) {  // a newer value came, which the disk does not have yet
      queue.pop_front();
      parked_.push_back(slot);
      continue;
    }
    if (narrow && taken.sent.empty()) taken.base = base_of(entry.path());
    if (narrow && base_of(entry.path()) != taken.base) {
      queue.pop_front();
      elsewhere.push_back(slot);
      continue;
    }
    has_room = taken.sent.empty() || taken.bytes + entry.text.size() <= bytes_max;
    if (!has_room) break;
    queue.pop_front();
    entry.is_queued = false;
    append(slot, taken);
  }
  queue.insert(queue.begin(), elsewhere.begin(), elsewhere.end());
  return has_room;
}

LiveMap::Taken LiveMap::take_again(const std::vector<Slot>& slots, bool narrow) {
  Taken taken;
  for (const Slot slot : slots) {
    Entry& entry = entries_[slot];
    if (!entry.is_used || !entry.is_apart) continue;
    if (narrow && taken.sent.empty()) taken.base = base_of(entry.path());
    if (!is_sendable(entry) || (narrow && base_of(entry.path()) != taken.base)) {
      entry.is_apart = false;  // goes with the others; if it is the culprit, it will be found there
      queue(slot);
      continue;
    }
    append(slot, taken);
  }
  return taken;
}

void LiveMap::acknowledge(const std::vector<Sent>& all, std::vector<TicketEnd>& ended,
                          std::vector<LiveAcknowledged>& forget) {
  for (const Sent& sent : all) {
    Entry& entry = entries_[sent.slot];
    if (entry.ticket_in_flight != kNoTicket) ended.push_back({std::exchange(entry.ticket_in_flight, kNoTicket), true});
    if (entry.settlings > 0 && entry.sequence != sent.sequence) {
      standing_[sent.slot] = {{entry.text, sent.sequence}};
    } else if (!standing_.empty()) {
      standing_.erase(sent.slot);
    }
    entry.land();
    entry.is_apart = false;
    if (std::exchange(entry.resend, false) && entry.sequence == sent.sequence) {
      reopen(sent.slot);  // and its row, if it has one, stays
    } else {
      forget_row(entry, sent.sequence, forget);
      entry.is_clean = entry.sequence == sent.sequence;
    }
    if (!entry.is_clean) queue(sent.slot);
    erase_if_done(sent.slot);
  }
}

/// Undoes a take: what of it was not overtaken meanwhile is as it was.
void LiveMap::take_back(const Sent& sent, std::vector<TicketEnd>& ended) {
  Entry& entry = entries_[sent.slot];
  entry.land();
  entry.waits_since = std::min(entry.waits_since, entry.in_flight_since);  // a newer one has come, and waits as long
  entry.resend = false;
  if (entry.ticket_in_flight == kNoTicket) return;
  if (entry.sequence == sent.sequence) {
    entry.ticket = entry.ticket_in_flight;
  } else {
    ended.push_back({entry.ticket_in_flight, false});
  }
  entry.ticket_in_flight = kNoTicket;
}

void LiveMap::give_back(const std::vector<Sent>& all, std::optional<SteadyTime> lost_until,
                        std::vector<TicketEnd>& ended) {
  for (const Sent& sent : all) {
    Entry& entry = entries_[sent.slot];
    if (lost_until) remember_lost(sent);
    take_back(sent, ended);
    if (lost_until) {
      ++entry.settlings;
      settling_.push_back({*lost_until, sent.slot});
    }
    if (!entry.is_apart) queue(sent.slot);
  }
}

void LiveMap::remember_lost(const Sent& sent) {
  constexpr std::size_t kValuesMax = 8;  // that many lost ones, each refused later, is more than happens
  std::vector<Value>& values = standing_[sent.slot];
  if (!values.empty() && values.back().sequence >= sent.sequence) return;
  if (values.size() == kValuesMax) values.erase(values.begin());
  values.push_back({entries_[sent.slot].text, sent.sequence});
}

void LiveMap::set_apart(const std::vector<Sent>& all, std::vector<TicketEnd>& ended) {
  for (const Sent& sent : all) {
    take_back(sent, ended);
    entries_[sent.slot].is_apart = true;
  }
}

std::optional<LiveMap::Refused> LiveMap::refuse(const Sent& sent, std::vector<TicketEnd>& ended,
                                                std::vector<LiveAcknowledged>& forget) {
  take_back(sent, ended);
  Entry& entry = entries_[sent.slot];
  entry.is_apart = false;
  forget_row(entry, sent.sequence, forget);
  if (entry.sequence != sent.sequence) {
    queue(sent.slot);
    return std::nullopt;
  }
  Refused refused{std::string(entry.path()), std::string(entry.newest()), entry.sequence,
                  std::exchange(entry.ticket, kNoTicket)};
  entry.is_clean = entry.is_refused = true;
  if (!bring_back(sent.slot)) erase_if_done(sent.slot);
  return refused;
}

/// A path whose newest value the database refused: sends what has to stand there instead, if a straggler may have set
/// it back.
bool LiveMap::bring_back(Slot slot) {
  Entry& entry = entries_[slot];
  const auto found = standing_.find(slot);
  // What is being saved is the refused one: its row has to be forgotten first.
  if (!entry.is_refused || entry.saving != 0 || found == standing_.end()) return false;
  std::vector<Value>& values = found->second;
  while (!values.empty() && values.back().sequence >= entry.sequence) values.pop_back();
  if (values.empty()) return false;
  std::string(values.back().text).swap(entry.text);  // assigned, it would keep the memory of a large one
  entry.sequence = values.back().sequence;
  entry.is_refused = false;
  reopen(slot);
  queue(slot);
  return true;
}

void LiveMap::settle(SteadyTime now) {
  while (!settling_.empty() && settling_.front().at <= now) {
    const Slot slot = settling_.front().slot;
    settling_.pop_front();
    Entry& entry = entries_[slot];
    --entry.settlings;
    if (entry.in_flight != 0) {
      entry.resend = true;
    } else if (entry.is_refused) {
      erase_if_done(slot);
    } else if (entry.is_clean) {
      reopen(slot);
      queue(slot);
    }
  }
}

std::vector<LiveRow> LiveMap::unsettled() const {
  std::vector<LiveRow> rows;
  for (const Entry& entry : entries_) {
    if (!entry.is_used || !entry.is_clean || entry.is_refused || entry.settlings == 0) continue;
    rows.push_back({std::string(entry.path()), std::string(entry.newest()), entry.sequence, false, Kind::kUnrouted});
  }
  return rows;
}

void LiveMap::expect_stragglers(SteadyTime at) {
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    if (!entries_[slot].is_used) continue;
    ++entries_[slot].settlings;
    settling_.push_back({at, slot});
  }
}

/// An acknowledged value has to be sent again: as if it never had been, but it is in no hurry.
void LiveMap::reopen(Slot slot) {
  Entry& entry = entries_[slot];
  std::vector<Value>& values = standing_[slot];
  if (values.empty()) values.push_back({entry.text, entry.sequence});
  entry.is_clean = false;
  entry.waits_since = kLater;
  entry.acknowledged = 0;
  has_unsaved_ = true;
}

void LiveMap::erase_if_done(Slot slot) {
  Entry& entry = entries_[slot];
  const bool is_needed =
      entry.settlings > 0 || entry.saving != 0 || entry.in_flight != 0 || entry.on_disk != 0 || entry.forgetting > 0;
  if (!entry.is_used || !entry.is_clean || is_needed) return;
  if (!standing_.empty()) standing_.erase(slot);
  index_.erase(entry.hash, [slot](Slot other) { return other == slot; });
  // Made anew: assigned to, its texts would keep their memory, and a flood of large values would stay for good.
  std::destroy_at(&entry);
  std::construct_at(&entry);
  free_.push_back(slot);
}

}  // namespace firebase_relay::coalesce
