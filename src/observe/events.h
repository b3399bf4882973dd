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
  /// The first subscription since the start. `where` is masked (bus::RedisUrl::masked); `doing`: what begins there.
  void redis_connected(std::string_view where, std::string_view doing = "subscribed");
  /// `next_try_in`: until the next attempt. Also for a first connection that fails.
  void redis_disconnected(const Error& why, std::chrono::milliseconds next_try_in, SteadyTime now);
  /// Redis answers, but with an error that is about itself: it still loads its data set, or has lost its master.
  void redis_complained(const Error& complaint, SteadyTime now);
  /// A PING was refused on the subscribed connection, which stands; it is not asked again. Once a run.
  void redis_ping_refused(const Error& refusal);
  /// Redis is subscribed to again, or what `doing` says, `outage` after the connection was lost.
  void redis_reconnected(std::chrono::milliseconds outage, SteadyTime now, std::string_view doing = "subscribed");
  /// Redis was silent for `silence` and answers on the same connection: what was published meanwhile comes late, but
  /// none of it is lost.
  void redis_answers_again(std::chrono::milliseconds silence);
  /// Nobody was subscribed between the two times: what was published then is lost. `to` before `from`: a clock was set
  /// back in between.
  void gap(UtcMillis from, UtcMillis to, std::string_view cause, SteadyTime now);
  /// The queue is at its bound with `queue_bytes`, so nothing more is read from Redis for now. `meanwhile`: what
  /// becomes of what comes then.
  void reading_paused(std::uint64_t queue_bytes, std::string_view meanwhile, SteadyTime now);
  /// The outbox is at its limit, so nothing more is read from a stream for now. `meanwhile`: as above.
  void reading_paused_at_limit(std::string_view meanwhile, SteadyTime now);
  /// Adds to the seconds for which reading has paused. Called now and then while it does, and when it ends: `more` is
  /// the time since the last call, or since the pause began.
  void reading_paused_for(SteadyTime::duration more);
  /// Reading goes on after a pause of `paused`.
  void reading_resumed(std::chrono::milliseconds paused, SteadyTime now);
  /// A line of a replayed file that is no message, or no entry that may be written. No metric counts it, since it never
  /// was one. `why`: for people.
  void line_not_readable(std::uint64_t line, std::string_view why, SteadyTime now);
  /// A channel that no route takes. The caller tells each channel once.
  void unrouted_channel_first_seen(std::string_view channel, SteadyTime now);

  // Routes
  /// The routes were read again; `what`: which, and since when they count.
  void routes_read(std::string_view what, SteadyTime now);
  /// The routes could not be read again: those before stay.
  void routes_refused(const Error& error, SteadyTime now);

  // Delivery
  /// A message was set aside. Of each reason and channel the first few have a line of their own, with the payload's
  /// beginning and where it is wrong; from then on a line a minute says how many more there were.
  void dead_letter(const DeadLetter& letter, SteadyTime now);
  /// Every end of a request, a good one too: counts patches_total and retries_total, logs all but kOk.
  void request_ended(const RequestEnded& ended, SteadyTime now);
  /// A request went out although live values alone have taken more than the quota in this minute.
  void quota_exceeded(SteadyTime now);
  /// A fault of the program: delivery's books do not add up. It goes on.
  void invariant_broken(std::string_view what, SteadyTime now);
  /// Delivery waits for a person. Logs what he can do when `reason` is new, and not at each probe.
  void held(HoldReason reason, std::string_view remedy, std::string_view detail);
  /// What delivery waited for a person to do has been done. Says nothing when delivery was not held.
  void unheld();

  /// The database was asked for the last run's heartbeat and did not tell it; the question is asked again.
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
  /// The outbox could be written: if it could not be before, says that this is over.
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
  /// Dead letters that were dropped, oldest first, because the file keeps no more of them.
  void dead_letters_evicted(std::uint64_t count, SteadyTime now);

  /// For each line that was kept back: tells how often it has come, once its minute is over. To be called when
  /// report_due() has come, and once at the end, with SteadyTime::max(), which tells all of them.
  void report_kept_back(SteadyTime now);
  /// When the first of those minutes is over; max(): nothing is kept back.
  [[nodiscard]] SteadyTime report_due();

 private:
  /// As RateLimit::admit.
  std::optional<std::uint64_t> admit(std::string_view key, SteadyTime now, std::uint64_t whole = 1,
                                     std::uint64_t amount = 1);
  /// The same as what a line ends with: how many like it were kept back before.
  std::optional<std::string> may_log(std::string_view key, SteadyTime now, std::uint64_t whole = 1);
  void forget(std::string_view key);
  void forget_losses() {
    const std::lock_guard lock(mutex_);
    losses_ = RateLimit(kLossesMax);
  }
  void more_dead_letters(std::string_view key, std::uint64_t count);

  /// Channel and reason of dead letters together: more of them than a person would read are summed up.
  static constexpr std::size_t kNoisyChannelsMax = 20;
  /// Reasons for which Redis is lost, or not reached, that have lines of their own.
  static constexpr std::size_t kLossesMax = 5;

  Metrics& metrics_;
  spdlog::logger& logger_;
  std::mutex mutex_;
  RateLimit lines_;  // guarded by mutex_
  /// Guarded by mutex_; the key: why. Each new reason is told at once, and while it lasts again every minute, with what
  /// to do: the next try comes soon, so nothing has to be summed up without it.
  RateLimit losses_{kLossesMax};
  RateLimit letters_{kNoisyChannelsMax};            // guarded by mutex_; the key: reason, a newline, the channel
  HoldReason held_reason_ = HoldReason::kNone;      // guarded by mutex_
  SteadyTime resubscribed_at_ = SteadyTime::max();  // the subscriber's
  std::optional<std::string> outbox_flaw_;          // guarded by mutex_
  std::chrono::seconds said_skew_{0};               // guarded by mutex_; 0: the clock counts as right
};

}  // namespace firebase_relay::observe
