#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coalesce/bisection.h"
#include "coalesce/live_path.h"
#include "coalesce/live_table.h"
#include "coalesce/send_queue.h"
#include "coalesce/stragglers.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/time.h"

namespace firebase_relay::coalesce {

/// The newest value of every live path that the database has not acknowledged. Highest sequence wins, also on a retry:
/// an older value that comes late never undoes a newer one (guarantee 1).
///
/// One live request is under way at a time. A path of it may get a newer value meanwhile; it is sent after the answer.
/// In trouble a value is sent only when the outbox holds just that value for its path (decision 5 of the contract): so
/// a crash can never bring an older one back.
///
/// A value is in one of the states of LivePath::Status:
///
///               merge()             take()               acknowledge()
///   (no entry) ─────────▶ kWaiting ───────▶ kInFlight ────────────────▶ kAcknowledged ──▶ (no entry)
///                          ▲  ▲  give_back() │   │ set_apart(), halve()      │     when nothing needs it
///                          │  └──────────────┘   ▼                           │
///                          │                   kApart ──▶ kInFlight ──▶ kRefused ──▶ (no entry)
///                          └── a newer entry, or a straggler is gone ────────┴────────┘
///                                                      take_suspects()  refuse()
///
/// It is one class over four files, and the largest here: each change of a value's status moves it in the queue, in
/// what is known of its row and in what stragglers may do to it, all at once. Those three, and the table, are classes
/// of their own.
///
/// Threads: the flusher's. Pure: no clock, no I/O.
class LiveMap {
 public:
  using Slot = LiveTable::Slot;
  static constexpr std::uint32_t kNoTicket = LivePath::kNoTicket;
  static constexpr SteadyTime kLater = LivePath::kLater;

  /// What happened to a ticket's hold on a value. A ticket is let go once for every value that it was given with.
  struct TicketEnd {
    std::uint32_t ticket;
    bool acknowledged;  ///< else overtaken
  };
  struct Sent {
    Slot slot;
    Sequence sequence;
  };

  /// A value as it comes. Views: for the call.
  struct Arrival {
    std::string_view path;
    std::uint64_t hash;  ///< of the path
    std::string_view entry;
    Sequence sequence;
    std::uint32_t ticket;
    bool is_order;  ///< goes behind the values that are none
  };
  /// `now`: when it came, for oldest_sendable(). True when an older value of the path was overtaken before it was
  /// acknowledged.
  bool merge(const Arrival& arrival, SteadyTime now);
  /// These are merged next, beginning with number `next`: brings nearer what the ones behind it will read.
  void prefetch(const std::vector<LiveUpdate>& updates, std::size_t next) { table_.prefetch(updates, next); }
  /// A row of the outbox, at start.
  void restore(const LiveRow& row, std::uint64_t hash, std::uint32_t ticket, bool is_order);

  /// Is there a value that may be sent now? Suspects do not count, here and in the next ones.
  [[nodiscard]] bool has_sendable() const { return queue_.has_any(); }
  /// Or one that waits, for the disk or for an answer?
  [[nodiscard]] bool has_unsent() const { return has_sendable() || queue_.has_parked(); }
  /// Has one of those that wait done so since `time`, or longer? Those that wait for a disk that fails do not count.
  [[nodiscard]] bool has_waited_since(SteadyTime time) const;
  /// Since when the oldest of the values that may be sent now has waited, or one of its path that it overtook. Not
  /// those that are sent again to settle: they have no hurry. kLater: there is none. Goes through all of them.
  [[nodiscard]] SteadyTime oldest_sendable() const;
  /// The same of values that were taken.
  [[nodiscard]] SteadyTime oldest(const std::vector<Sent>& taken) const;
  [[nodiscard]] std::size_t size() const { return table_.size(); }

  /// What one request takes.
  struct Taken {
    std::vector<Sent> sent;
    std::string base;                     ///< below which all of them are; empty: the root
    std::vector<std::string_view> parts;  ///< `"path":entry,` for each; valid until it is acknowledged, given back …
    std::uint64_t bytes = 0;              ///< of the parts
  };
  /// Takes values until `bytes_max` are reached, at least one, in the order of SendQueue. With `narrow` only those
  /// below one child of the root.
  Taken take(std::uint64_t bytes_max, bool narrow);
  [[nodiscard]] bool has_suspects() const { return !suspects_.empty(); }
  /// Takes the next group of suspects; those that may not be sent now are no longer suspected.
  Taken take_suspects(bool narrow);

  /// The database has them.
  void acknowledge(const std::vector<Sent>& sent);
  /// Not delivered, and the answer told nothing about them: each is sent again, with its newest entry. `lost_until`:
  /// the database may apply what was lost until then, so it is settled after that.
  void give_back(const std::vector<Sent>& sent, std::optional<SteadyTime> lost_until);
  /// The same of suspects: the same group goes once more.
  void give_back_suspects(const std::vector<Sent>& sent, std::optional<SteadyTime> lost_until);
  /// Not delivered, and one of them may be the reason, or what was sent beside them: a group of suspects.
  void set_apart(const std::vector<Sent>& sent);
  /// Not delivered, and one of them is the reason: two groups.
  void halve(const std::vector<Sent>& sent);
  /// The database refused this very entry. Empty when a newer one has come meanwhile, which is sent instead.
  struct Refused {
    std::string path;
    std::string entry;
    Sequence sequence;
    std::uint32_t ticket;
  };
  std::optional<Refused> refuse(const Sent& sent);

  /// Sends again what a straggler may have overwritten until `now`.
  void settle(SteadyTime now);
  [[nodiscard]] SteadyTime next_settling() const { return stragglers_.next(); }
  /// Acknowledged values that settle() has yet to send again: for the next start, when this one ends before.
  [[nodiscard]] std::vector<LiveRow> unsettled() const;
  /// What was restored may have been under way when its relay ended: settle() sends it once more at that time.
  void expect_stragglers(SteadyTime at);

  /// What a value needs of the disk before it may be sent.
  enum class DiskRule : std::uint8_t {
    kNothing,      ///< all is well, and no path has a row
    kItsRow,       ///< trouble: its row must hold it
    kItsRowIfAny,  ///< and the disk fails: a path that has no row need not wait for it
  };
  void set_disk_rule(DiskRule rule);
  /// Values that are newer than their row on disk; they are being saved from now on.
  std::vector<LiveRow> save(const std::function<Kind(std::uint32_t ticket)>& kind_of);
  /// The outcome.
  void saved(bool ok);
  [[nodiscard]] bool has_unsaved() const { return has_unsaved_; }
  /// Is one of them all that is left of a message? Goes through all: for the end.
  [[nodiscard]] bool has_unsaved_message() const;
  [[nodiscard]] std::uint64_t rows_on_disk() const { return rows_on_disk_; }
  /// Rows that the outbox need not keep, since the last call. They are being forgotten from then on.
  std::vector<LiveAcknowledged> take_forgettable() { return std::exchange(forgettable_, {}); }
  [[nodiscard]] bool has_forgettable() const { return !forgettable_.empty(); }
  /// The outbox has forgotten these: they are on no disk any more.
  void forgotten(const std::vector<LiveAcknowledged>& rows);

  /// Holds on tickets that ended; whoever reads them empties it.
  std::vector<TicketEnd>& ended() { return ended_; }
  /// What does not add up, when `under_way` is what requests have; empty: nothing. Goes through all of it.
  [[nodiscard]] std::string_view flaw(const std::vector<Slot>& under_way) const;

 private:
  using Status = LivePath::Status;

  void queue(Slot slot, LivePath& entry);
  void queue_or_park(Slot slot, const LivePath& entry);
  void unpark();
  [[nodiscard]] bool is_sendable(const LivePath& entry) const;
  static void append(Slot slot, LivePath& entry, Taken& taken);
  void end_hold(std::uint32_t& ticket, bool acknowledged);
  LivePath& take_back(const Sent& sent, std::optional<SteadyTime> lost_until);
  std::vector<Slot> take_back_apart(const std::vector<Sent>& all, std::optional<SteadyTime> lost_until);
  void send_again_to_settle(Slot slot, LivePath& entry);
  bool bring_back(Slot slot, LivePath& entry);
  void forget_row(LivePath& entry, Sequence sequence);
  void erase_if_done(Slot slot, LivePath& entry);

  LiveTable table_;
  SendQueue queue_;
  Bisection<Slot> suspects_;
  Stragglers stragglers_;
  std::vector<TicketEnd> ended_;
  std::vector<Slot> saving_;
  std::vector<LiveAcknowledged> forgettable_;
  std::uint64_t rows_on_disk_ = 0;
  bool has_unsaved_ = false;
  DiskRule disk_rule_ = DiskRule::kNothing;
};

}  // namespace firebase_relay::coalesce
