#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "coalesce/live_map.h"
#include "deliver/history_queue.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// Follows every message to its one end: delivered, coalesced, set aside or shed (guarantee 5). A message with history
/// is its history entry; one without is a ticket, held by its live values.
///
/// Pure; one thread.
class Accounts {
 public:
  /// A message without history, whose `values` live values hold the ticket.
  std::uint32_t open_ticket(Kind kind, std::uint32_t values, std::int64_t event_ms, SteadyTime arrived);
  [[nodiscard]] Kind kind_of(std::uint32_t ticket) const { return tickets_[ticket].kind; }
  /// Values let their tickets go; empties `ended`.
  void end(std::vector<coalesce::LiveMap::TicketEnd>& ended, const Now& now);

  /// Messages that came with history entries, or were found in the outbox.
  void took_in(std::uint64_t messages) { in_flight_ += messages; }
  void overtook(std::uint64_t updates);
  void delivered(const HistoryRun& run, const Slice& slice, const Now& now);
  void shed(const HistoryRun& run, const Slice& slice);
  void shed(const KindCounts& messages);
  /// Entries that the outbox cannot read any more.
  void damaged(const KindCounts& messages);

  /// The database refused a part of this message. False: another part of it was refused before, and it is set aside
  /// already.
  bool set_aside_entry(Sequence sequence);
  bool set_aside_ticket(std::uint32_t ticket);
  /// A live value of a message with history was refused, and the message is set aside by it: its entry ends without a
  /// count.
  bool set_aside_before_entry(Sequence sequence);
  /// Does `batch` hold the entry of such a message? Then memory must keep it: the disk does not know that it has ended.
  [[nodiscard]] bool has_set_aside_in(const Batch& batch) const;

  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }
  /// What was counted since the last call; empty when nothing was.
  std::optional<Account> take();

 private:
  struct TicketState {
    Kind kind;
    bool acknowledged;
    bool set_aside;
    std::uint32_t values;
    std::int64_t event_ms;
    SteadyTime arrived;
  };
  void add_lag(SteadyTime arrived, std::int64_t event_ms, const Now& now);
  void add_event_lag(std::int64_t event_ms, const Now& now);

  std::vector<TicketState> tickets_;
  std::vector<std::uint32_t> free_;
  std::set<Sequence> set_aside_;  ///< messages that were set aside while their entry is outstanding
  Account account_;
  std::uint64_t in_flight_ = 0;
  bool has_counted_ = false;  ///< since the last take()
};

}  // namespace firebase_relay::deliver
