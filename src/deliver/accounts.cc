#include "deliver/accounts.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::uint32_t Accounts::open_ticket(Kind kind, std::uint32_t values, std::int64_t event_ms, SteadyTime arrived) {
  invariant(values > 0, "a ticket is opened that nothing holds");
  std::uint32_t ticket;
  if (free_.empty()) {
    ticket = static_cast<std::uint32_t>(tickets_.size());
    tickets_.emplace_back();
  } else {
    ticket = free_.back();
    free_.pop_back();
  }
  invariant(tickets_[ticket].values == 0, "a ticket is given out that is still held");
  tickets_[ticket] = {kind, false, false, values, event_ms, arrived};
  ++in_flight_;
  return ticket;
}

void Accounts::end(std::vector<coalesce::LiveValues::TicketEnd>& ended, const Now& now) {
  for (const auto& end : ended) {
    invariant(end.ticket < tickets_.size(), "a ticket ends that was never given out");
    TicketState& ticket = tickets_[end.ticket];
    invariant(ticket.values > 0, "a ticket is let go more often than it was held");
    ticket.acknowledged = ticket.acknowledged || end.acknowledged;
    if (--ticket.values > 0) continue;
    if (!ticket.set_aside) {
      invariant(in_flight_ > 0, "the messages in flight are counted below zero");
      --in_flight_;
      has_counted_ = true;
      ++(ticket.acknowledged ? account_.delivered : account_.coalesced)[static_cast<std::size_t>(ticket.kind)];
      if (ticket.acknowledged) add_lag(ticket.arrived, ticket.event_ms, now);
    }
    free_.push_back(end.ticket);
  }
  ended.clear();
}

void Accounts::delivered(const HistoryRun& run, const Slice& slice, const Now& now) {
  invariant(slice.last <= run.entries.size(), "history is delivered beyond its run");
  std::uint64_t messages = 0;
  for (std::uint32_t i = slice.first; i < slice.last; ++i) {
    const HistoryEntry& entry = run.entries[i];
    if (entry.sequence_offset == HistoryEntry::kUncounted) continue;
    if (!set_aside_.empty() && set_aside_.erase(run.first_sequence + entry.sequence_offset) > 0) continue;
    ++account_.delivered[static_cast<std::size_t>(entry.kind)];
    add_event_lag(entry.event_ms, now);
    ++messages;
  }
  invariant(messages <= in_flight_, "more messages are delivered than came");
  acknowledged_.add(run, slice.first, slice.last);
  account_.relay_lag.add(now.steady - run.arrived, messages);
  in_flight_ -= messages;
  has_counted_ = true;
}

void Accounts::shed(const HistoryRun& run, const Slice& slice) {
  invariant(slice.last <= run.entries.size(), "history is shed beyond its run");
  KindCounts messages{};
  for (std::uint32_t i = slice.first; i < slice.last; ++i) {
    const HistoryEntry& entry = run.entries[i];
    if (entry.sequence_offset == HistoryEntry::kUncounted) continue;
    if (!set_aside_.empty() && set_aside_.erase(run.first_sequence + entry.sequence_offset) > 0) continue;
    ++messages[static_cast<std::size_t>(entry.kind)];
  }
  shed(messages);
}

void Accounts::shed(const KindCounts& messages) {
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    invariant(messages[kind] <= in_flight_, "more messages are shed than came");
    account_.shed[kind] += messages[kind];
    in_flight_ -= messages[kind];
  }
  has_counted_ = true;
}

void Accounts::damaged(const KindCounts& messages) {
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    invariant(messages[kind] <= in_flight_, "more messages are damaged than came");
    account_.damaged[kind] += messages[kind];
    in_flight_ -= messages[kind];
  }
  has_counted_ = true;
}

void Accounts::overtook(std::uint64_t updates) {
  account_.updates_coalesced += updates;
  has_counted_ = has_counted_ || updates > 0;
}

std::optional<Account> Accounts::take() {
  if (!std::exchange(has_counted_, false)) return std::nullopt;
  return std::exchange(account_, {});
}

bool Accounts::set_aside_entry(Sequence sequence) {
  if (set_aside_.erase(sequence) > 0) return false;
  invariant(in_flight_ > 0, "a message is set aside that never came");
  --in_flight_;
  return true;
}

bool Accounts::set_aside_ticket(std::uint32_t ticket) {
  invariant(ticket < tickets_.size(), "a ticket is set aside that was never given out");
  TicketState& state = tickets_[ticket];
  if (std::exchange(state.set_aside, true)) return false;
  invariant(in_flight_ > 0 && state.values > 0, "a ticket is set aside that has ended");
  --in_flight_;
  return true;
}

bool Accounts::set_aside_before_entry(Sequence sequence) {
  if (!set_aside_.insert(sequence).second) return false;
  invariant(in_flight_ > 0, "a message is set aside before it came");
  --in_flight_;
  return true;
}

bool Accounts::has_set_aside_in(const Batch& batch) const {
  if (set_aside_.empty()) return false;
  invariant(!batch.runs.empty(), "a batch without entries is looked through");
  return std::any_of(batch.runs.begin(), batch.runs.end(), [this](const HistoryRun& run) {
    const auto first = set_aside_.lower_bound(run.first_sequence);
    return first != set_aside_.end() && *first <= run.first_sequence + run.entries.back().sequence_offset;
  });
}

void Accounts::add_lag(SteadyTime arrived, std::int64_t event_ms, const Now& now) {
  account_.relay_lag.add(now.steady - arrived, 1);
  add_event_lag(event_ms, now);
}

void Accounts::add_event_lag(std::int64_t event_ms, const Now& now) {
  if (event_ms == HistoryEntry::kNoEventTime) return;
  account_.event_lag.add(std::chrono::milliseconds(now.utc.time_since_epoch().count() - event_ms));
}

}  // namespace firebase_relay::deliver
