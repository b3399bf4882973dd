#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash_table.h"
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
/// Threads: the flusher's. Pure: no clock, no I/O.
class LiveMap {
 public:
  using Slot = std::uint32_t;
  static constexpr std::uint32_t kNoTicket = LiveUpdate::kNoTicket;

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
    std::string_view value;
    Sequence sequence;
    std::uint32_t ticket;
    bool is_order;  ///< goes behind the values that are none
  };
  /// `now`: when it came, for oldest_sendable(). True when an older value of the path was overtaken before it was
  /// acknowledged.
  bool merge(const Arrival& arrival, SteadyTime now, std::vector<TicketEnd>& ended);
  /// These are merged next, beginning with number `next`: brings nearer what the ones behind it will read.
  void prefetch(const std::vector<LiveUpdate>& updates, std::size_t next);
  /// A row of the outbox, at start.
  void restore(const LiveRow& row, std::uint64_t hash, std::uint32_t ticket, bool is_order);

  /// Is there a value that may be sent now?
  [[nodiscard]] bool has_sendable() const { return !first_.empty() || !orders_.empty(); }
  /// Or one that waits, for the disk or for an answer?
  [[nodiscard]] bool has_unsent() const { return has_sendable() || !parked_.empty(); }
  /// Has one of those that wait done so since `time`, or longer? Those that wait for a disk that fails do not count.
  [[nodiscard]] bool has_waited_since(SteadyTime time) const;
  /// Since when the oldest of the values that may be sent now has waited, or one of its path that it overtook. Not
  /// those that are sent again to settle: they have no hurry. kLater: there is none. Goes through all of them.
  [[nodiscard]] SteadyTime oldest_sendable() const;
  /// The same of values that were taken.
  [[nodiscard]] SteadyTime oldest(const std::vector<Sent>& taken) const;
  static constexpr SteadyTime kLater = SteadyTime(SteadyTime::duration::max() / 2);  ///< one may add to it
  [[nodiscard]] std::size_t size() const { return entries_.size() - free_.size(); }
  [[nodiscard]] std::uint64_t rows_on_disk() const { return rows_on_disk_; }

  /// What one request takes.
  struct Taken {
    std::vector<Sent> sent;
    std::string base;                     ///< below which all of them are; empty: the root
    std::vector<std::string_view> parts;  ///< `"path":value,` for each; valid until it is acknowledged, given back …
    std::uint64_t bytes = 0;              ///< of the parts
  };
  /// Takes values until `bytes_max` are reached, at least one: orders behind all others, and of each the longest
  /// waiting first. With `narrow` only those below one child of the root.
  Taken take(std::uint64_t bytes_max, bool narrow);
  /// Takes just these again (bisection); those that are gone since are left out.
  Taken take_again(const std::vector<Slot>& slots, bool narrow);

  /// The database has them. Fills in what the outbox may forget.
  void acknowledge(const std::vector<Sent>& sent, std::vector<TicketEnd>& ended, std::vector<LiveAcknowledged>& forget);
  /// Not delivered: each is sent again, with its newest value. `lost_until`: the database may yet apply what was lost,
  /// so send the newest state once more at that time.
  void give_back(const std::vector<Sent>& sent, std::optional<SteadyTime> lost_until, std::vector<TicketEnd>& ended);
  /// Not delivered, and suspected: stays out of take() until take_again().
  void set_apart(const std::vector<Sent>& sent, std::vector<TicketEnd>& ended);
  /// The database refused this very value. Empty when a newer one has come meanwhile, which is sent instead.
  struct Refused {
    std::string path;
    std::string value;
    Sequence sequence;
    std::uint32_t ticket;
  };
  std::optional<Refused> refuse(const Sent& sent, std::vector<TicketEnd>& ended, std::vector<LiveAcknowledged>& forget);

  /// Sends again what a straggler may have overwritten until `now`.
  void settle(SteadyTime now);
  [[nodiscard]] SteadyTime next_settling() const {
    return settling_.empty() ? SteadyTime::max() : settling_.front().at;
  }
  /// Acknowledged values that settle() has yet to send again: for the next start, when this one ends before.
  [[nodiscard]] std::vector<LiveRow> unsettled() const;
  /// What was restored may have been under way when its relay ended: settle() sends it once more at that time.
  void expect_stragglers(SteadyTime at);

  /// In trouble values wait for the disk. Leaving it requires rows_on_disk() == 0.
  void set_disk_first(bool disk_first);
  /// The disk fails: values whose path has no row there need not wait for it.
  void set_disk_failing(bool failing);
  /// Values that are newer than their row on disk; they are being saved from now on.
  std::vector<LiveRow> unsaved(const std::function<Kind(std::uint32_t ticket)>& kind_of);
  [[nodiscard]] bool has_unsaved() const { return has_unsaved_; }
  /// Is one of them all that is left of a message? Goes through all: for the end.
  [[nodiscard]] bool has_unsaved_message() const;
  /// The outbox has forgotten these: they are on no disk any more.
  void forgotten(const std::vector<LiveAcknowledged>& rows);
  /// What does not add up, when `under_way` is what requests have; empty: nothing. Goes through all of it.
  [[nodiscard]] std::string flaw(const std::vector<Slot>& under_way) const;
  /// The outcome of what unsaved() gave. Fills in rows that were acknowledged meanwhile.
  void saved(bool ok, std::vector<LiveAcknowledged>& forget);

 private:
  struct Entry {
    std::string text;  ///< as it is sent: `"path":value,`. Stays as it is while it is under way
    std::string next;  ///< the same of a newer value that came meanwhile; else empty
    std::uint64_t hash = 0;
    std::uint32_t path_size = 0;
    Sequence sequence = 0;
    Sequence in_flight = 0;  ///< sequence under way; 0: none
    Sequence on_disk = 0;    ///< sequence of its row; 0: none
    Sequence saving = 0;     ///< sequence being written to disk; 0: none
    Sequence acknowledged = 0;
    SteadyTime waits_since = kLater;      ///< no request has taken a value of this path since
    SteadyTime in_flight_since = kLater;  ///< waits_since of what is under way, or was
    std::uint32_t forgetting = 0;         ///< deletions of its row that are not known to be on disk
    Sequence forgetting_upto = 0;         ///< they take a row that is no newer
    std::uint32_t ticket = kNoTicket;
    std::uint32_t ticket_in_flight = kNoTicket;
    bool is_used = false;
    bool is_clean = false;    ///< acknowledged or refused, and kept for settling or saving only
    bool is_refused = false;  ///< clean, and not to be sent again
    bool is_queued = false;   ///< in first_, orders_ or parked_
    bool is_apart = false;    ///< suspected
    bool resend = false;      ///< settle() came while it was under way
    bool is_order = false;
    std::uint32_t settlings = 0;

    [[nodiscard]] std::string_view path() const { return std::string_view(text).substr(1, path_size); }
    [[nodiscard]] std::string_view newest() const {
      const std::string& with_path = next.empty() ? text : next;
      return std::string_view(with_path).substr(path_size + 3, with_path.size() - path_size - 4);
    }
    void set_newest(std::string_view value);
    void land();
  };
  struct Settling {
    SteadyTime at;
    Slot slot;
  };

  struct Value {
    std::string text;  ///< as Entry::text
    Sequence sequence = 0;
  };
  [[nodiscard]] const Slot* find(std::string_view path, std::uint64_t hash);
  Slot slot_for(std::string_view path, std::uint64_t hash, std::size_t value_size);
  void queue(Slot slot);
  std::deque<Slot>& queue_of(const Entry& entry) { return entry.is_order ? orders_ : first_; }
  bool take_from(std::deque<Slot>& queue, std::uint64_t bytes_max, bool narrow, Taken& taken);
  [[nodiscard]] bool is_sendable(const Entry& entry) const;
  void unpark();
  void append(Slot slot, Taken& taken);
  void reopen(Slot slot);
  void remember_lost(const Sent& sent);
  bool bring_back(Slot slot);
  void take_back(const Sent& sent, std::vector<TicketEnd>& ended);
  void forget_row(Entry& entry, Sequence sequence, std::vector<LiveAcknowledged>& forget);
  void erase_if_done(Slot slot);
  /// The child of the root that `path` is below; empty for the child itself, whose value is no object to be patched.
  static std::string_view base_of(std::string_view path) {
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  }

  std::deque<Entry> entries_;  // a deque: what is under way has views of texts in it
  std::vector<Slot> free_;
  HashTable<Slot> index_;
  std::deque<Slot> first_;           // those that may be sent: prices, status, performance …
  std::deque<Slot> orders_;          // … and behind them the orders, which may be many requests
  unsigned orders_passed_over_ = 0;  // requests without an order while some waited, one after the other
  std::vector<Slot> parked_;         // queued, but not sendable before the disk has them
  std::deque<Settling> settling_;
  /// Of a path that a straggler may set back: what the database took last, and what it may have taken since, newest
  /// last. When it refuses a newer one, the newest of these has to stand there.
  std::unordered_map<Slot, std::vector<Value>> standing_;
  std::vector<Slot> saving_;
  std::uint64_t rows_on_disk_ = 0;
  bool has_unsaved_ = false;
  bool disk_first_ = false;
  bool disk_failing_ = false;
};

}  // namespace firebase_relay::coalesce
