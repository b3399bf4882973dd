#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "firebase_relay/dead_letter.h"
#include "firebase_relay/delivery.h"
#include "firebase_relay/kind.h"
#include "firebase_relay/result.h"
#include "firebase_relay/time.h"
#include "observe/metrics.h"
#include "observe/rate_limit.h"

namespace firebase_relay::observe {

/// One function per thing that may go wrong: counts it and logs it in one call, so that no failure has only one of the
/// two. A complaint that repeats is told once, and then once a minute with how often (RateLimit); the counters count
/// each. What changes a state (Redis is back, delivery is held, a gap) is always told. Views are not kept.
///
/// Threads: any. Reads no clock: times are passed in.
class Events {
 public:
  /// Both must outlive it.
  Events(Metrics& metrics, spdlog::logger& logger) : metrics_(metrics), logger_(logger) {}

  // Redis
  /// The first subscription since the start. `where` is masked (bus::RedisUrl::masked).
  void redis_connected(std::string_view where);
  /// `next_try_in`: until the next attempt. Also for a first connection that fails.
  void redis_disconnected(const Error& why, std::chrono::milliseconds next_try_in, SteadyTime now);
  /// It answers, and says that it is not well: it loads its data set, has lost its master.
  void redis_complained(const Error& complaint, SteadyTime now);
  /// A PING was refused on the subscribed connection, which stands; it is not asked again. Once a run.
  void redis_ping_refused(const Error& refusal);
  /// Subscribed again after `outage`.
  void redis_reconnected(std::chrono::milliseconds outage, SteadyTime now);
  /// It was slow, or stopped: what it published meanwhile comes late, and is not lost.
  void redis_answers_again(std::chrono::milliseconds silence);
  /// Nobody was subscribed between the two times: what was published then is lost. `to` before `from`: a clock was set
  /// back in between.
  void gap(UtcMillis from, UtcMillis to, std::string_view cause, SteadyTime now);
  void reading_paused(std::uint64_t queue_bytes, SteadyTime now);
  /// Now and then while reading is paused, and when that ends: `more` has gone by since the last call, or the start.
  void reading_paused_for(SteadyTime::duration more);
  /// `paused`: altogether.
  void reading_resumed(std::chrono::milliseconds paused, SteadyTime now);
  /// A channel no route takes; its caller tells each channel once.
  /// A line of a replayed file that is no message; counted by nobody: it never was one.
  void line_not_readable(std::uint64_t line, SteadyTime now);
  void unrouted_channel_first_seen(std::string_view channel, SteadyTime now);

  // Routes
  /// The routes were read again; `what`: which, and since when they count.
  void routes_read(std::string_view what, SteadyTime now);
  /// The routes could not be read again: those before stay.
  void routes_refused(const Error& error, SteadyTime now);

  // Delivery
  void dead_letter(const DeadLetter& letter, SteadyTime now);
  /// Every end of a request, a good one too: counts patches_total and retries_total, logs all but kOk.
  void request_ended(const RequestEnded& ended, SteadyTime now);
  /// A request went out although live values alone have taken more than the quota in this minute.
  void quota_exceeded(SteadyTime now);
  /// A fault of the program: delivery's books do not add up. It goes on.
  void invariant_broken(std::string_view what, SteadyTime now);
  /// Delivery waits for a person. Logs what he can do when `reason` is new, and not at each probe.
  void held(HoldReason reason, std::string_view remedy, std::string_view detail);
  /// What held it is over. Harmless when nothing did.
  void unheld();

  /// What the last run's heartbeat was could not be found out; it is asked for again.
  void last_heartbeat_not_read(const Error& error, SteadyTime now);

  // Credentials
  /// `is_news`: the first token, or the first after trouble.
  void token_obtained(std::chrono::seconds life, bool is_news);
  /// An exchange for a token failed.
  void token_failed(const Error& error, std::chrono::milliseconds next_try_in, SteadyTime now);

  // The clock
  /// This machine's clock less the database's, with each answer. Says when it has become wrong, by how much, and when
  /// it is right again.
  void clock_compared(std::chrono::seconds skew, SteadyTime now);

  // Disk
  /// The only place that counts messages_shed_total.
  void history_shed(const KindCounts& messages, SteadyTime now);
  /// `operation` is a name of a table: `append`, `acknowledge`, … From now on outbox_flaw() tells it.
  void outbox_failed(std::string_view operation, const Error& error, SteadyTime now);
  /// As outbox_failed(), of an operation that only reads.
  void outbox_not_read(std::string_view operation, const Error& error, SteadyTime now);
  /// Something was written: what was told before is over.
  void outbox_written(SteadyTime now);
  /// Why the outbox cannot be written, with the remedy; nothing: it can.
  [[nodiscard]] std::optional<std::string> outbox_flaw();

  /// `flaw`: what was wrong with the file that is called `set_aside` now; a new one has begun.
  void outbox_set_aside(std::string_view set_aside, std::string_view flaw);
  /// `warning`: what is wrong with the place of `file`, as the end of a sentence.
  void outbox_is_misplaced(std::string_view file, std::string_view warning);
  /// A line of BackfillReport.
  void backfill(std::string_view line);
  /// Messages in batches that do not match their checksum: each is a dead letter without a letter.
  void batches_damaged(const KindCounts& messages, SteadyTime now);
  /// Letters that had to go at the file's limit.
  void dead_letters_evicted(std::uint64_t count, SteadyTime now);

  /// Tells how often what was kept back has come, once its minute is over. When it is due, and at the end with
  /// SteadyTime::max().
  void report_kept_back(SteadyTime now);
  /// max(): nothing is kept back.
  [[nodiscard]] SteadyTime report_due();

 private:
  /// As RateLimit::admit.
  std::optional<std::uint64_t> admit(std::string_view key, SteadyTime now, std::uint64_t whole = 1,
                                     std::uint64_t amount = 1);
  /// The same as what a line ends with: how many like it were kept back before.
  std::optional<std::string> may_log(std::string_view key, SteadyTime now, std::uint64_t whole = 1);
  void forget(std::string_view key);
  void more_dead_letters(std::string_view key, std::uint64_t count);

  /// Channel and reason of dead letters together: more of them than a person would read are summed up.
  static constexpr std::size_t kNoisyChannelsMax = 20;

  Metrics& metrics_;
  spdlog::logger& logger_;
  std::mutex mutex_;
  RateLimit lines_;                                 // guarded by mutex_
  RateLimit letters_{kNoisyChannelsMax};            // guarded by mutex_; the key: reason, a newline, the channel
  HoldReason held_reason_ = HoldReason::kNone;      // guarded by mutex_
  SteadyTime resubscribed_at_ = SteadyTime::max();  // the subscriber's
  std::optional<std::string> outbox_flaw_;          // guarded by mutex_
  std::chrono::seconds said_skew_{0};               // guarded by mutex_; 0: the clock counts as right
};

}  // namespace firebase_relay::observe
