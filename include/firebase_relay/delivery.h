#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "firebase_relay/fragment.h"
#include "firebase_relay/lag_buckets.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/result.h"
#include "firebase_relay/stored_history.h"
#include "firebase_relay/time.h"

namespace firebase_relay {

/// Names a request from its Send to its Answered. Counts from 1, and is never used twice in a run.
using RequestId = std::uint64_t;

/// How far the archive has come: counts what is handed to it, from 1. 0: nothing.
using ArchivePosition = std::uint64_t;

/// What became of a request. Judged in one place, deliver/verdicts.h.
struct Answer {
  /// How far it came. What the database may have seen of it hangs on this.
  enum class Transport : std::uint8_t {
    kAnswered,  ///< `status` is the database's
    kConnect,   ///< no connection, so the database has not seen the request; likewise kDns, kTls
    kDns,
    kTls,
    kTimeout,  ///< sent, at least in part, and no answer: the database may still apply it; likewise kReset
    kReset,
  };
  Transport transport = Transport::kAnswered;
  int status = 0;
  bool write_too_big = false;  ///< a 400 whose text is about the size of the write
  bool gives_back = false;     ///< a 200 whose body holds what was sent (flush/echo.h)
  std::optional<std::chrono::milliseconds> retry_after;
  std::string detail;  ///< for the log: the error's text, shortened
};

/// Why delivery waits for a person. Label of delivery_held{reason}.
enum class HoldReason : std::uint8_t {
  kNone,
  kUnauthorized,
  kForbidden,
  kPayment,
  kNotFound,
  kLocked,
  kUnknownAnswer,
  kTreeTooBig
};
inline constexpr std::array<std::string_view, 8> kHoldReasonNames = {
    "none", "unauthorized", "forbidden", "payment", "not_found", "locked", "unknown_answer", "tree_too_big"};

/// Why something is tried again. Values of retries_total{reason}: those of deliver/verdicts.cc, which checks that
/// none is missing here, that of flush's access token, and that of the question for the last run's heartbeat.
/// docs/reasons.md explains each.
inline constexpr std::array<std::string_view, 20> kRetryReasonNames = {
    "connect",        "dns",       "tls",           "timeout",     "reset",           "token",
    "refused",        "too_large", "write_too_big", "payment",     "unauthorized",    "forbidden",
    "server_error",   "not_found", "locked",        "unavailable", "request_timeout", "too_many_requests",
    "unknown_answer", "heartbeat"};

/// The settings that delivery depends on (docs/settings.md). What is wrong with them was found when they were read.
struct DeliveryOptions {
  std::chrono::milliseconds flush_interval{250};
  std::chrono::milliseconds request_timeout{15'000};
  std::chrono::milliseconds drain_timeout{10'000};
  std::uint64_t batch_bytes_max = 1 << 20;
  std::uint64_t bytes_per_minute_max = 60'000'000;  ///< 0: no limit
  std::uint32_t in_flight_max = 4;                  ///< history requests; live is always one at a time
  /// Of a backlog on disk, what memory may hold at most: nobody sheds that. A small outbox has little to shed
  /// otherwise.
  std::uint64_t loaded_bytes_max = UINT64_MAX;
  /// How long history waits for the archive at most, counted from its arrival.
  std::chrono::milliseconds archive_wait{250};
  /// The source can replay, and what the outbox holds outlives the process: so rows count as safe once a Sync is done,
  /// and there is one a second while there are new ones. Without it they never do.
  bool syncs_for_commit = false;
  /// The source can be read again: it stops reading at the limit (Delivery::takes_more()), and nothing is shed.
  bool can_replay = false;
  /// What comes may be a replay of messages whose live values the database has newer: until CaughtUp, live values are
  /// merged and neither sent nor saved. Those of the relay itself go as ever.
  bool is_behind = false;
};

// Events: what happened.

/// A block in the order of its number, keys settled.
struct Arrived {
  FragmentBlock block;
  bool more = false;  ///< the next one comes right behind: a flush now would leave it behind for an interval
  /// Its history goes once the archive has come so far, or has taken DeliveryOptions::archive_wait; 0: at once. Not
  /// less than that of an earlier block that waits. Live values never wait for it.
  ArchivePosition archive_position = 0;
};
/// A request has ended: by an answer, or because none will come.
struct Answered {
  RequestId request;
  Answer answer;
};
/// What the Persist action asked for is on disk; an error: nothing of it is.
struct Persisted {
  Result<OutboxLevel> level;
};
/// What the Forget action named is gone. An error leaves rows behind that are sent again after a restart: harmless for
/// history, and for live because nothing skips the disk before a Forget has succeeded.
struct Forgotten {
  Result<OutboxLevel> level;
};
/// What the Load action asked for; an error: nothing was read, and it is asked for again later.
struct Loaded {
  Result<LoadedBatches> batches;
};
/// What the ShedBytes action has freed; an error: nothing.
struct WasShed {
  Result<ShedResult> shed;
};
/// Nothing but the time: next_deadline() has come.
struct TimePassed {};
/// What has arrived so far has to be in the outbox at once, however well the database is: what is retried leaves the
/// dead letters only for there.
struct SaveNow {};
/// Send what is there, then end: at once when all is acknowledged, else by the drain's deadline.
struct Stop {};

/// The archive has written all that was handed to it up to here.
struct Archived {
  ArchivePosition upto;
};

/// What the Sync action asked for; an error: whether rows are on disk is not known.
struct Synced {
  Result<void> done;
};
/// With DeliveryOptions::is_behind: all that was in the source at the start has been handed over, so that live values
/// are as new as the database's.
struct CaughtUp {};
/// The source begins to replay once more, since what it reads is not what it had read: what comes now is as with
/// DeliveryOptions::is_behind.
struct FellBehind {};

/// Whatever Delivery::handle() has to be told.
using Event = std::variant<Arrived, Answered, Persisted, Forgotten, Loaded, WasShed, TimePassed, SaveNow, Stop,
                           Archived, Synced, CaughtUp, FellBehind>;

// Actions: what is to be done, in this order. Views stay valid until the next call of handle() — those of Send and
// Persist until their Answered and Persisted.

/// PATCH `base`.json with the concatenation of `parts`.
struct Send {
  RequestId request;
  std::string base;  ///< the location, as a path stands between quotes; empty for the root
  std::vector<std::string_view> parts;
  std::uint64_t bytes;
  std::uint32_t paths;
  bool exceeds_quota = false;  ///< live values alone have taken more than bytes_per_minute_max in this minute
};
/// Rows that the outbox has to hold, all or none of them.
struct Persist {
  std::vector<const Batch*> batches;
  std::vector<LiveRow> live;
};
/// Rows that the outbox need not keep: of messages that were acknowledged, refused or shed. With `sync` they are gone
/// for good when this is answered, whatever happens to the power.
struct Forget {
  std::vector<BatchId> batches;
  std::vector<LiveAcknowledged> live;
  bool sync;
};
/// Batches that are on disk only: the oldest behind `after`, until `bytes_max` are reached.
struct Load {
  BatchId after;
  std::uint64_t bytes_max;
};
/// History that is on disk only has to make room: `bytes` of it, behind the batch `after`.
struct ShedBytes {
  BatchId after;
  std::uint64_t bytes;
  std::vector<BatchId> kept;  ///< in memory, or done: not to be shed
};
/// A message that the database refuses: a dead letter to be kept.
struct SetAside {
  DeadLetter letter;
};
/// The database did not take the credentials. Where a token is minted from a key, the next requests wait for a new one.
struct RefreshCredentials {};
/// What the outbox holds is to be on its disk, whatever its sync setting. Nothing is persisted or forgotten meanwhile.
struct Sync {};

/// One of them, to be done in its turn.
using Action = std::variant<Send, Persist, Forget, Load, ShedBytes, SetAside, RefreshCredentials, Sync>;

// Reports: what is only told, for metrics and log. Nothing has to be done.

/// Messages that reached their end, by kind, and how long that took.
struct Account {
  KindCounts delivered{};
  KindCounts coalesced{};
  KindCounts shed{};
  KindCounts damaged{};  ///< the outbox cannot read them any more: dead letters without a letter
  std::uint64_t updates_coalesced = 0;
  LagBuckets relay_lag;
  LagBuckets event_lag;
};
/// How one request ended; `retry_in` when it will be sent again.
struct RequestEnded {
  /// Label of patches_total{result}.
  enum class Result : std::uint8_t { kOk, kRefused, kHeld, kFailed };
  RequestId request;
  Result result;
  std::string_view reason;  ///< of the retry table; static storage, as is the next
  std::string_view remedy;  ///< what a person can do; may be empty
  HoldReason hold;
  std::string detail;
  std::optional<std::chrono::milliseconds> retry_in;
};

/// Delivery's own books do not add up: a fault of the program. It goes on, in the way that its guarantees allow.
struct InvariantBroken {
  std::string_view what;  ///< static storage
};

/// One of them, to be told and forgotten.
using Report = std::variant<Account, RequestEnded, InvariantBroken>;

/// What handle() has decided.
struct Decisions {
  std::vector<Action> actions;
  std::vector<Report> reports;

  /// For the next call of handle(), which appends. Keeps the memory.
  void clear() {
    actions.clear();
    reports.clear();
  }
};

/// Decides what to send next, what to persist, what to retry when, what to set aside and when to shed. No thread,
/// socket, file or clock: events and the time go in, actions come out (decision 3 of the contract), so that a seeded
/// simulation can run it through any schedule (tests/sim).
///
/// | action             | to be done                                    | answered by |
/// |--------------------|-----------------------------------------------|-------------|
/// | Send               | one request, beside others under way          | Answered, once, in whatever order they come |
/// | Persist            | write all of it, in one transaction           | Persisted |
/// | Forget             | delete rows, in one transaction               | Forgotten |
/// | Load               | read batches, oldest first                    | Loaded |
/// | ShedBytes          | delete the least wanted history               | WasShed |
/// | SetAside           | keep the dead letter                          | nothing |
/// | RefreshCredentials | get a new access token for what is sent next  | nothing |
/// | Sync               | bring the outbox to its disk                  | Synced |
///
/// A shell calls handle() with what happened, does the actions in their order, tells the reports, and waits until
/// next_deadline() at most, when it comes with TimePassed. Of the outbox's five actions each has one under way at a
/// time; a shell that does them at once comes with the answer before anything else. Blocks come in the order of their
/// numbers, and may wait as long as may_wait_until() says. After Stop no block comes; the end is when drained().
///
/// Guarantees 1 to 7 are kept here: order, at least once, outage, poison, no silent loss, quota, pace.
/// Threads: one at a time; no locks inside. Same events, same times, same seed: the same actions, byte for byte.
class Delivery {
 public:
  /// `restored`: what the outbox held when it was opened; it is sent before anything that comes now. `jitter_seed`:
  /// from it the waits of the backoff are drawn.
  Delivery(const DeliveryOptions& options, const Restored& restored, std::uint64_t jitter_seed);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  /// Appends to `decisions`. `now.steady` never decreases.
  void handle(Event event, const Now& now, Decisions& decisions);
  /// When TimePassed is due; SteadyTime::max(): nothing waits for time.
  [[nodiscard]] SteadyTime next_deadline() const;
  /// What comes is sent no earlier; a time that has passed: as soon as it comes, or when what is under way is answered.
  [[nodiscard]] SteadyTime next_flush() const;
  /// Does the next block change next_deadline()? If not, it may wait until then, or until batch_bytes_max have come.
  [[nodiscard]] bool waits_for_arrivals() const;
  /// Would an Archived change what is sent now? If not, it may come with the next event.
  [[nodiscard]] bool waits_for_archive() const;
  /// Until when the next block, which was read at `arrived`, may wait where it is before it is handed over; in the
  /// past: it may not. While more history waits than the next requests can take, it has a quarter of guarantee 2's
  /// window: so what a database that answers will soon have need not go to the disk.
  [[nodiscard]] SteadyTime may_wait_until(SteadyTime arrived) const;
  /// After Stop: nothing is left that can be done.
  [[nodiscard]] bool drained() const;
  /// Messages taken in and not yet accounted for, the outbox included.
  [[nodiscard]] std::uint64_t messages_in_flight() const;
  [[nodiscard]] bool database_reachable() const;
  /// Is any message in memory alone that the database has not acknowledged?
  [[nodiscard]] bool has_unsaved() const;
  /// Would a kill now keep the newest value of this live path from the database, or let a straggler undo it? That is so
  /// from the value's Arrived until it is acknowledged, with nothing left that may undo it, or refused, or its row is
  /// in the outbox.
  [[nodiscard]] bool has_unsaved(std::string_view live_path) const;
  /// What the outbox holds, as far as its answers tell.
  [[nodiscard]] const OutboxLevel& outbox_level() const;
  /// Should a source that can replay read on? Not at the outbox's limit, as long as what is sent from there makes room,
  /// nor, while it cannot be written, with much in memory. Live values that wait for its replay make no room before
  /// that has ended; and with nothing there to be sent, what fills the disk is none of delivery's.
  [[nodiscard]] bool takes_more() const;
  [[nodiscard]] HoldReason hold() const;
  /// A source that can replay need not keep the messages up to this one: each that came in this run is acknowledged,
  /// overtaken by a value that is, shed, handed out by a SetAside, or in the outbox and synced. (A SetAside is not safe
  /// before its letter is on disk: deliver/unsafe_letters.h.) 0: nothing. Never decreases in a run, and never goes
  /// beyond the last message that came. What came without a block number, or with a sequence that binds no order, does
  /// not count. Goes through all that is open: to be asked now and then, and not once a message.
  [[nodiscard]] Sequence safe_upto() const;
  /// May somebody else (who removes old history) write about `bytes` now, or, with 0, read? Only while all is well:
  /// nothing is held or on disk, live values are current, and no more history waits than the next request takes. What
  /// is granted is counted in the quota as history's (guarantee 6).
  [[nodiscard]] bool grant(std::uint64_t bytes, SteadyTime now);
  /// History that the database has acknowledged since take_acknowledged() was called last: how much, and at how many
  /// places. Whoever keeps the sums takes it now and then, so that it does not grow.
  [[nodiscard]] std::uint64_t acknowledged_bytes() const;
  [[nodiscard]] std::size_t acknowledged_places() const;
  std::vector<PlaceBytes> take_acknowledged();
  /// What of its books does not add up, as static text; empty: nothing. Goes through all that is in memory: for tests.
  /// What costs little to find is found after every event, and reported.
  [[nodiscard]] std::string_view flaw() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace firebase_relay
