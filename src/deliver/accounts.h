#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "coalesce/acknowledged_history.h"
#include "coalesce/live_values.h"
#include "deliver/history_queue.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// Follows every message to its one end: delivered, coalesced, set aside or shed (guarantee 5). A message with history
/// is its history entry; one without is a ticket, held by its live values.
///
/// Pure; one thread.
class Accounts {
 public:
  /// A message without history has come. Returns the ticket that stands for it, which its `values` live values hold.
  std::uint32_t open_ticket(Kind kind, std::uint32_t values, std::int64_t event_ms, SteadyTime arrived);
  [[nodiscard]] Kind kind_of(std::uint32_t ticket) const { return tickets_[ticket].kind; }
  /// Live values have let their tickets go. Each message whose last value did is counted as delivered, if any of its
  /// values was acknowledged, else as coalesced. Empties `ended`.
  void end(std::vector<coalesce::LiveValues::TicketEnd>& ended, const Now& now);

  /// So many messages are in flight from now on: they came with history entries, or were found in the outbox.
  void took_in(std::uint64_t messages) { in_flight_ += messages; }
  /// So many live values were overtaken by newer ones before they were sent. Their messages have not ended by that.
  void overtook(std::uint64_t updates);
  /// The messages of these history entries have ended: the database has them, or they were shed. Entries of messages
  /// that were set aside have ended before, and are not counted again.
  void delivered(const HistoryRun& run, const Slice& slice, const Now& now);
  void shed(const HistoryRun& run, const Slice& slice);
  void shed(const KindCounts& messages);
  /// Messages whose entries the outbox cannot read any more.
  void damaged(const KindCounts& messages);

  /// The database refused the history entry of this message, or a live value of the message that has this ticket. True:
  /// it is to be set aside. False: another part of it was refused before, so it has its dead letter.
  bool set_aside_entry(Sequence sequence);
  bool set_aside_ticket(std::uint32_t ticket);
  /// The same for a live value of a message with history, whose entry is still outstanding: that is sent all the same,
  /// but is not counted any more.
  bool set_aside_before_entry(Sequence sequence);
  /// Does `batch` hold an entry whose message was set aside before? Then it must stay in memory: read from the disk
  /// again, nobody would know that the message has ended.
  [[nodiscard]] bool has_set_aside_in(const Batch& batch) const;

  /// Messages that were taken in and have not ended.
  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }
  /// How much of it the database has, by place: all entries of delivered(), the relay's own ones, too.
  coalesce::AcknowledgedHistory& acknowledged() { return acknowledged_; }
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
  coalesce::AcknowledgedHistory acknowledged_;
  Account account_;
  std::uint64_t in_flight_ = 0;
  bool has_counted_ = false;  ///< since the last take()
};

}  // namespace firebase_relay::deliver
