#include "deliver/accounts.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::deliver {

std::uint32_t Accounts::open_ticket(Kind kind, std::uint32_t values, std::int64_t event_ms, SteadyTime arrived) {
  std::uint32_t ticket;
  if (free_.empty()) {
    ticket = static_cast<std::uint32_t>(tickets_.size());
    tickets_.emplace_back();
  } else {
    ticket = free_.back();
    free_.pop_back();
  }
  tickets_[ticket] = {kind, false, false, values, event_ms, arrived};
  ++in_flight_;
  return ticket;
}

void Accounts::end(std::vector<coalesce::LiveValues::TicketEnd>& ended, const Now& now) {
  for (const auto& end : ended) {
    TicketState& ticket = tickets_[end.ticket];
    ticket.acknowledged = ticket.acknowledged || end.acknowledged;
    if (--ticket.values > 0) continue;
    if (!ticket.set_aside) {
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
  std::uint64_t messages = 0;
  for (std::uint32_t i = slice.first; i < slice.last; ++i) {
    const HistoryEntry& entry = run.entries[i];
    if (entry.sequence_offset == HistoryEntry::kUncounted) continue;
    if (!set_aside_.empty() && set_aside_.erase(run.first_sequence + entry.sequence_offset) > 0) continue;
    ++account_.delivered[static_cast<std::size_t>(entry.kind)];
    add_event_lag(entry.event_ms, now);
    ++messages;
  }
  account_.relay_lag.add(now.steady - run.arrived, messages);
  in_flight_ -= messages;
  has_counted_ = true;
}

void Accounts::shed(const HistoryRun& run, const Slice& slice) {
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
    account_.shed[kind] += messages[kind];
    in_flight_ -= messages[kind];
  }
  has_counted_ = true;
}

void Accounts::damaged(const KindCounts& messages) {
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
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
  --in_flight_;
  return true;
}

bool Accounts::set_aside_ticket(std::uint32_t ticket) {
  TicketState& state = tickets_[ticket];
  if (std::exchange(state.set_aside, true)) return false;
  --in_flight_;
  return true;
}

bool Accounts::set_aside_before_entry(Sequence sequence) {
  if (!set_aside_.insert(sequence).second) return false;
  --in_flight_;
  return true;
}

bool Accounts::has_set_aside_in(const Batch& batch) const {
  if (set_aside_.empty()) return false;
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
