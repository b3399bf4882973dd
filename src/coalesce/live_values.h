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
#include "coalesce/path_table.h"
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
///                          └── a newer value, or a straggler is gone ────────┴────────┘
///                                                      take_suspects()  refuse()
///
/// "No entry": its path may rest in the table all the same (PathTable::release), but nothing is known of it.
///
/// It is one class over four files, and the largest here: each change of a value's status moves it in the queue, in
/// what is known of its row and in what stragglers may do to it, all at once. Those three, and the table, are classes
/// of their own.
///
/// Threads: the flusher's. Pure: no clock, no I/O.
class LiveValues {
 public:
  /// As PathTable and LivePath have them.
  using Slot = PathTable::Slot;
  static constexpr std::uint32_t kNoTicket = LivePath::kNoTicket;
  static constexpr SteadyTime kLater = LivePath::kLater;

  /// What happened to a ticket's hold on a value. A ticket is let go once for every value that it was given with.
  struct TicketEnd {
    std::uint32_t ticket;
    bool acknowledged;  ///< else overtaken
  };
  /// One value of a request: its path's slot, and which of the path's values it was.
  struct Sent {
    Slot slot;
    Sequence sequence;
  };

  /// A value as it comes. Its views need to live for the call only.
  struct Arrival {
    std::string_view path;
    std::uint64_t hash;  ///< of the path
    std::string_view value;
    Sequence sequence;
    std::uint32_t ticket;
    bool is_order;  ///< goes behind the values that are none
    /// The first message's of its block, by which it is owed to a source that can replay; kNoSequence: it is not the
    /// source's.
    Sequence owed_since = kNoSequence;
    bool is_own = false;  ///< the relay's own, and no message's
  };
  /// Takes a value in, unless its path has a newer one. `now`: when it came, for oldest_sendable(). True: one of the
  /// two was overtaken, this one or an older one that was not sent yet.
  bool merge(const Arrival& arrival, SteadyTime now);
  /// Called before `updates[next]` is merged: brings into the cache what merging those behind it will read.
  void prefetch(const std::vector<LiveUpdate>& updates, std::size_t next) { table_.prefetch(updates, next); }
  /// Takes in a row that the outbox held when it was opened. `ticket`: of its message, if that has no history.
  void restore(const LiveRow& row, std::uint64_t hash, std::uint32_t ticket, bool is_order);

  /// Is there a value that may be sent now? Suspects do not count, neither here nor in the three functions below.
  [[nodiscard]] bool has_sendable() const { return queue_.has_any(); }
  /// Is there a value that no request has taken, whether it may be sent now or has to wait for its row?
  /// What is held back by wait_until_caught_up() does not count.
  [[nodiscard]] bool has_unsent() const { return has_sendable() || (!is_behind_ && queue_.has_parked()); }
  /// Has a value waited to be sent since `time`, or longer? While the disk fails, those that wait for their row do not
  /// count, since nobody knows how long that takes.
  [[nodiscard]] bool has_waited_since(SteadyTime time) const;
  /// Since when a value has waited, of those that may be sent now the one that has waited longest. A value that
  /// overtook another waits since that one came. One that is only sent again to settle its path is in no hurry, and
  /// does not count. kLater: there is none. Goes through all of them.
  [[nodiscard]] SteadyTime oldest_sendable() const;
  /// The same of the values in `taken`.
  [[nodiscard]] SteadyTime oldest(const std::vector<Sent>& taken) const;
  [[nodiscard]] std::size_t size() const { return table_.size(); }

  /// The live values of one request, and what it is made of.
  struct Taken {
    std::vector<Sent> sent;
    std::string base;                     ///< below which all of them are; empty: the root
    std::vector<std::string_view> parts;  ///< a FragmentText for each; valid until it is acknowledged, given back …
    std::uint64_t bytes = 0;              ///< of the parts
  };
  /// Takes values for a request, in the order of SendQueue, until their text has `bytes_max`; at least one, however
  /// large, if any may be sent. With `narrow` only those below one child of the root.
  Taken take(std::uint64_t bytes_max, bool narrow);
  [[nodiscard]] bool has_suspects() const { return !suspects_.empty(); }
  /// Takes the next group of suspects for a request of its own. Those of them that may not be sent now, or are below
  /// another child of the root, go back to the others: a culprit among them will be found there.
  Taken take_suspects(bool narrow);

  /// The request was acknowledged: the database has these values.
  void acknowledge(const std::vector<Sent>& sent);
  /// The request was not delivered, for a reason that is not in these values: each path is sent again, with its newest
  /// value. `lost_until`: the answer was lost, and until then the database may apply the request as a straggler; after
  /// that settle() sends the paths once more.
  void give_back(const std::vector<Sent>& sent, std::optional<SteadyTime> lost_until);
  /// As give_back(), of a group of suspects: they stay together, and go next.
  void give_back_suspects(const std::vector<Sent>& sent, std::optional<SteadyTime> lost_until);
  /// The request was refused, and the reason may be one of these values or the history beside them: from now on they
  /// are a group of suspects.
  void set_apart(const std::vector<Sent>& sent);
  /// The request was refused, and the reason is one of these values: each half is a group of suspects.
  void halve(const std::vector<Sent>& sent);
  /// What refuse() gives: the value, for a dead letter.
  struct Refused {
    std::string path;
    std::string value;
    Sequence sequence;
    std::uint32_t ticket;
  };
  /// The database refused this value, which was sent alone. It is not sent again; nothing is returned when a newer one
  /// has come meanwhile, which is sent instead.
  std::optional<Refused> refuse(const Sent& sent);

  /// Queues once more the newest value of every path whose straggler can no longer come at `now`.
  void settle(SteadyTime now);
  /// When settle() has something to do next; SteadyTime::max(): nothing is expected.
  [[nodiscard]] SteadyTime next_settling() const { return stragglers_.next(); }
  /// Acknowledged values that settle() will have to send again. If the relay ends before, the next start has to do it.
  [[nodiscard]] std::vector<LiveRow> unsettled() const;
  /// To be called once, after restore(). The relay that left these values may have ended while they were under way, so
  /// each of them may have a straggler until `at`, and is settled then.
  void expect_stragglers(SteadyTime at);

  /// Until caught_up(), values are merged and neither sent nor saved, those that wait already too, but for the relay's
  /// own. The source replays, and what comes may be older than what the database has.
  void wait_until_caught_up();
  /// What was held back waits to be sent, since `now`.
  void caught_up(SteadyTime now);
  [[nodiscard]] bool is_behind() const { return is_behind_; }

  /// The lowest message that a crash, or a power cut, would lose if the source did not replay it: because a live value
  /// of it, or one that has overtaken it, is neither acknowledged nor refused nor in a row that was synced.
  /// `under_way`: as flaw() has it. kNoSequence: there is none. Goes through all that is owed.
  [[nodiscard]] Sequence lowest_owed(const std::vector<Slot>& under_way) const;
  /// All rows, and deletions of rows, are on disk whatever happens to the power. Goes through all values.
  void synced();
  /// Was something acknowledged that makes a row on disk obsolete, so that it counts as safe after synced()?
  [[nodiscard]] bool awaits_sync() const { return acknowledged_unsynced_ != kNoSequence; }

  /// What a value needs of the disk before it may be sent.
  enum class DiskRule : std::uint8_t {
    kNothing,      ///< all is well, and no path has a row
    kItsRow,       ///< in trouble: the row of its path must hold this very value
    kItsRowIfAny,  ///< the disk fails, too: the same, but a path that has no row is sent without one
  };
  /// From now on. What waits for its row is looked at again.
  void set_disk_rule(DiskRule rule);
  /// Hands out what has to be saved: every value that is owed to the database and newer than its row on disk. They
  /// count as being saved until saved(). `kind_of`: of a ticket's message.
  std::vector<LiveRow> save(const std::function<Kind(std::uint32_t ticket)>& kind_of);
  /// What save() handed out has been written, or could not be.
  void saved(bool ok);
  /// May save() have something to hand out?
  [[nodiscard]] bool has_unsaved() const { return has_unsaved_; }
  /// Would a message be lost if memory were gone now, because one of its live values is all there is of it? Goes
  /// through all values: for the end of a run.
  [[nodiscard]] bool has_unsaved_message() const;
  /// Would a kill now keep the newest value of `path` from the database, or let a straggler undo it? That is so while
  /// something is to be done for the path, and no row holds that value.
  [[nodiscard]] bool has_unsaved(std::string_view path);
  [[nodiscard]] std::uint64_t rows_on_disk() const { return rows_on_disk_; }
  /// Hands out the rows that the outbox need not keep any more, and counts them as being forgotten until forgotten().
  std::vector<LiveAcknowledged> take_forgettable() { return std::exchange(forgettable_, {}); }
  [[nodiscard]] bool has_forgettable() const { return !forgettable_.empty(); }
  /// The deletion of these rows is on disk: none of them can come back.
  void forgotten(const std::vector<LiveAcknowledged>& rows);

  /// Holds on tickets that have ended, collected for Accounts::end(), which empties the list.
  std::vector<TicketEnd>& ended() { return ended_; }
  /// What does not add up, when `under_way` is what requests have; empty: nothing. Goes through all of it.
  [[nodiscard]] std::string_view flaw(const std::vector<Slot>& under_way) const;

 private:
  using Status = LivePath::Status;

  void queue(Slot slot, LivePath& entry);
  void queue_or_park(Slot slot, const LivePath& entry);
  void unpark();
  [[nodiscard]] bool is_held(const LivePath& entry) const { return is_behind_ && !entry.is_own; }
  [[nodiscard]] bool is_sendable(const LivePath& entry) const;
  static void append(Slot slot, LivePath& entry, Taken& taken);
  void end_hold(std::uint32_t& ticket, bool acknowledged);
  LivePath& take_back(const Sent& sent, std::optional<SteadyTime> lost_until);
  std::vector<Slot> take_back_apart(const std::vector<Sent>& all, std::optional<SteadyTime> lost_until);
  void send_again_to_settle(Slot slot, LivePath& entry);
  bool bring_back(Slot slot, LivePath& entry);
  void forget_row(LivePath& entry, Sequence sequence);
  void erase_if_done(Slot slot, LivePath& entry);

  PathTable table_;
  SendQueue queue_;
  Bisection<Slot> suspects_;
  Stragglers stragglers_;
  std::vector<TicketEnd> ended_;
  std::vector<Slot> saving_;
  std::vector<LiveAcknowledged> forgettable_;
  std::uint64_t rows_on_disk_ = 0;
  bool has_unsaved_ = false;
  bool is_behind_ = false;
  /// The lowest message that was acknowledged in trouble since synced(): a power cut may bring an older row back.
  Sequence acknowledged_unsynced_ = kNoSequence;
  DiskRule disk_rule_ = DiskRule::kNothing;
};

}  // namespace firebase_relay::coalesce
