#include "observe/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/json_fault.h"
#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

constexpr std::size_t kExcerptBytesMax = 200;

std::string summary_of(const KindCounts& messages) {
  std::string text;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    if (messages[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(messages[i]) + " " + std::string(kKindNames[i]);
  }
  return text;
}

/// The value of --channels that leaves `channel` out, with what begins alike: of such a name the number behind it is
/// often another one each time. Empty: its name does not begin with enough that needs no quoting.
std::string pattern_without(std::string_view channel) {
  constexpr std::size_t kBeginningMin = 3;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:/#@+$").find(c) != std::string_view::npos;
  };
  const auto end = std::find_if_not(channel.begin(), channel.end(), is_plain);
  const auto size = static_cast<std::size_t>(end - channel.begin());
  return size < kBeginningMin ? std::string() : "*,!" + std::string(channel.substr(0, size)) + "*";
}

/// What a line ends with when `kept_back` like it came since the last one.
}  // namespace

void Events::redis_connected(std::string_view where, std::string_view doing) {
  metrics_.redis_connected.Set(1);
  forget_losses();
  logger_.info("redis: {} at {}", doing, printable(where));
}

void Events::redis_disconnected(const Error& why, std::chrono::milliseconds next_try_in, SteadyTime now) {
  metrics_.redis_connected.Set(0);
  constexpr std::chrono::minutes kNewsAfter{1};
  if (now - resubscribed_at_ >= kNewsAfter) {  // one that is dropped every few seconds is no news each time
    for (const char* key : {"redis: back", "gap"}) forget(key);
    forget_losses();
    resubscribed_at_ = SteadyTime::max();
  }
  std::optional<std::uint64_t> kept_back;
  {
    const std::lock_guard lock(mutex_);
    kept_back = losses_.admit(why.what, now);
  }
  if (!kept_back) return;
  logger_.warn("redis: {}{}{}; next try in {}{}", printable(why.what, kExcerptBytesMax), why.remedy.empty() ? "" : "; ",
               printable(why.remedy, 2 * kExcerptBytesMax), duration_text(next_try_in), more_text(*kept_back));
}

void Events::redis_complained(const Error& complaint, SteadyTime now) {
  if (const auto more = may_log("redis complaint", now)) {
    logger_.warn("redis: subscribed, but {}{}{}{}", printable(complaint.what, kExcerptBytesMax),
                 complaint.remedy.empty() ? "" : "; ", printable(complaint.remedy, kExcerptBytesMax), *more);
  }
}

void Events::redis_ping_refused(const Error& refusal) {
  logger_.warn(
      "redis: PING is refused on the subscription, which stands: {}; from now on a repeated PSUBSCRIBE asks for "
      "a sign of life{}{}",
      printable(refusal.what, kExcerptBytesMax), refusal.remedy.empty() ? "" : "; ",
      printable(refusal.remedy, kExcerptBytesMax));
}

void Events::redis_reconnected(std::chrono::milliseconds outage, SteadyTime now, std::string_view doing) {
  metrics_.redis_connected.Set(1);
  metrics_.redis_reconnects.Increment();
  resubscribed_at_ = now;
  if (const auto more = may_log("redis: back", now))
    logger_.info("redis: {} again after {}{}", doing, duration_text(outage), *more);
}

void Events::redis_answers_again(std::chrono::milliseconds silence) {
  metrics_.redis_connected.Set(1);
  forget_losses();
  logger_.info("redis: answers again after {}; the subscription was never lost", duration_text(silence));
}

void Events::gap(UtcMillis from, UtcMillis to, std::string_view cause, SteadyTime now) {
  metrics_.subscription_gaps.Increment();
  const auto more = may_log("gap", now);
  if (!more) return;  // it stands in the database all the same
  const std::string length = to < from ? "of unknown length" : duration_text(to - from);
  logger_.warn("gap: nobody was subscribed from {} to {} ({}): {}; what was published then is lost{}", iso_utc(from),
               iso_utc(to), length, printable(cause, kExcerptBytesMax), *more);
}

void Events::reading_paused(std::uint64_t queue_bytes, std::string_view meanwhile, SteadyTime now) {
  if (const auto more = may_log("reading paused", now))
    logger_.warn("reading paused: {} bytes of messages wait, {}{}", queue_bytes, meanwhile, *more);
}

void Events::reading_paused_at_limit(std::string_view meanwhile, SteadyTime now) {
  if (const auto more = may_log("reading paused at the limit", now))
    logger_.warn("reading paused: the outbox is at its limit (--outbox-max-mb), {}{}", meanwhile, *more);
}

void Events::reading_paused_for(SteadyTime::duration more) {
  metrics_.reading_paused_seconds.Increment(std::chrono::duration<double>(more).count());
}

void Events::reading_resumed(std::chrono::milliseconds paused, SteadyTime now) {
  if (const auto more = may_log("reading resumed", now))
    logger_.info("reading resumed after {}{}", duration_text(paused), *more);
}

void Events::unrouted_channel_first_seen(std::string_view channel, SteadyTime now) {
  // Each channel comes here once, so that these are no repetitions; only a flood of channels is summed up.
  constexpr std::uint64_t kNamed = 100;
  if (const auto more = may_log("unrouted channel", now, kNamed)) {
    logger_.info("channel {} has no route: its messages go to channels/ as they are{}",
                 printable(channel, kExcerptBytesMax), *more);
  }
}

namespace {
/// A person edits, looks, and edits again; only a signal that comes in a loop is summed up.
constexpr std::uint64_t kReloadsTold = 20;
}  // namespace

void Events::routes_read(std::string_view what, SteadyTime now) {
  metrics_.config_reloads[Reload::kOk].Increment();
  if (const auto more = may_log("routes", now, kReloadsTold))
    logger_.info("routes: {}{}", printable(what, 2 * kExcerptBytesMax), *more);
}

void Events::routes_refused(const Error& error, SteadyTime now) {
  metrics_.config_reloads[Reload::kRefused].Increment();
  if (const auto more = may_log("routes", now, kReloadsTold))
    logger_.error("routes: refused, those before stay: {}{}{}{}", printable(error.what, 4 * kExcerptBytesMax),
                  error.remedy.empty() ? "" : "; ", error.remedy, *more);
}

void Events::line_not_readable(std::uint64_t line, std::string_view why, SteadyTime now) {
  constexpr std::uint64_t kNamed = 10;
  if (const auto more = may_log("line not readable", now, kNamed))
    logger_.warn("line {}: {}; left out{}", line, why, *more);
}

/// The first few letters are told one by one, so that a person sees what they are; from then on only how many more
/// came.
void Events::dead_letter(const DeadLetter& letter, SteadyTime now) {
  constexpr std::uint64_t kWhole = 3;
  metrics_.dead_letters[letter.reason].Increment();
  const std::string_view reason = name_of(letter.reason);
  std::string key(reason);
  key.append("\n").append(std::string_view(letter.channel).substr(0, kExcerptBytesMax));
  std::optional<std::uint64_t> kept_back;
  {
    const std::lock_guard lock(mutex_);
    kept_back = letters_.admit(key, now, kWhole);
    if (letters_.is_other(key)) key = RateLimit::kOthers;
  }
  if (!kept_back) return;
  if (*kept_back > 0) return more_dead_letters(key, *kept_back + 1);
  const std::string fault = is_json_fault(letter.reason) ? json_fault_text(letter.payload) : "";
  logger_.warn("dead letter: {}{}{}, channel {}, {} bytes: {}", reason, fault.empty() ? "" : " at ", fault,
               printable(letter.channel, kExcerptBytesMax), letter.payload.size(),
               printable(letter.payload, kExcerptBytesMax));
}

void Events::more_dead_letters(std::string_view key, std::uint64_t count) {
  const std::size_t end = key.find('\n');
  if (end == std::string_view::npos) {
    logger_.warn("dead letters: {} more on other channels; the metrics count them, dead-letters list shows them",
                 count);
    return;
  }
  const std::string_view channel = key.substr(end + 1);
  const std::string pattern = pattern_without(channel);
  logger_.warn(
      "dead letters: {} more, {}, channel {}{}", count, key.substr(0, end), printable(channel, kExcerptBytesMax),
      pattern.empty() ? "" : "; if they are not meant for the relay, --channels '" + pattern + "' takes them away");
}

void Events::request_ended(const RequestEnded& ended, SteadyTime now) {
  metrics_.patches[ended.result].Increment();
  if (ended.retry_in) metrics_.retries(ended.reason).Increment();
  if (ended.result == PatchResult::kOk) return;
  const auto more = may_log(std::string("request ").append(ended.reason), now);
  if (!more) return;
  const std::string_view result = kPatchResultNames[static_cast<std::size_t>(ended.result)];
  const std::string next =
      ended.retry_in
          ? (ended.retry_in->count() == 0 ? "; sent again in parts" : "; next try in " + duration_text(*ended.retry_in))
          : "";
  const bool is_said_by_held = ended.result == PatchResult::kHeld || ended.remedy.empty();
  logger_.warn("request {}: {}: {}{}{}{}{}", result, ended.reason, printable(ended.detail, 2 * kExcerptBytesMax),
               is_said_by_held ? "" : "; ", is_said_by_held ? "" : ended.remedy, next, *more);
}

void Events::held(HoldReason reason, std::string_view remedy, std::string_view detail) {
  metrics_.set_held(reason);
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(held_reason_, reason) == reason) return;
  }
  const auto index = static_cast<std::size_t>(reason);
  logger_.error("delivery held, nothing is lost: {}. {} ({})", kHoldReasonNames[index], remedy,
                printable(detail, 2 * kExcerptBytesMax));
}

void Events::unheld() {
  metrics_.set_held(HoldReason::kNone);
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(held_reason_, HoldReason::kNone) == HoldReason::kNone) return;
  }
  logger_.info("delivery goes on: the database takes writes again");
}

void Events::last_heartbeat_not_read(const Error& error, SteadyTime now) {
  metrics_.retries("heartbeat").Increment();
  const auto more = may_log("last heartbeat", now);
  if (!more) return;
  logger_.warn(
      "the last run's heartbeat could not be read: {}{}{}; it is asked for again, until then the gap before "
      "this run is not in the database{}",
      printable(error.what, 2 * kExcerptBytesMax), error.remedy.empty() ? "" : "; ", error.remedy, *more);
}

void Events::token_obtained(std::chrono::seconds life, bool is_news) {
  logger_.log(is_news ? spdlog::level::info : spdlog::level::debug, "credentials: access token obtained, good for {}",
              duration_text(life));
}

void Events::token_failed(const Error& error, std::chrono::milliseconds next_try_in, SteadyTime now) {
  metrics_.retries("token").Increment();
  const auto more = may_log("credentials", now);
  if (!more) return;
  logger_.warn("credentials: {}{}{}; next try in {}{}", printable(error.what, 2 * kExcerptBytesMax),
               error.remedy.empty() ? "" : "; ", error.remedy, duration_text(next_try_in), *more);
}

void Events::invariant_broken(std::string_view what, SteadyTime now) {
  metrics_.invariants_broken.Increment();
  if (const auto more = may_log("invariant", now)) {
    logger_.error("this is a fault of the relay, please report it with the lines before: {}. It goes on{}", what,
                  *more);
  }
}

void Events::quota_exceeded(SteadyTime now) {
  metrics_.quota_exceeded.Increment();
  if (const auto more = may_log("quota exceeded", now)) {
    logger_.warn(
        "quota: live values alone take more than --max-mb-per-minute, of which history keeps a tenth; raise it, or "
        "lengthen --flush-interval-ms{}",
        *more);
  }
}

void Events::clock_compared(std::chrono::seconds skew, SteadyTime now) {
  metrics_.clock_skew_seconds.Set(static_cast<double>(skew.count()));
  const std::chrono::seconds wrong = std::chrono::abs(skew) > kClockSkewMax ? skew : std::chrono::seconds(0);
  {
    const std::lock_guard lock(mutex_);
    if (std::chrono::abs(wrong - said_skew_) <= kClockSkewMax) return;  // that has been said
  }
  constexpr std::uint64_t kChangesTold = 5;
  if (!may_log("clock", now, kChangesTold)) return;
  {
    const std::lock_guard lock(mutex_);
    said_skew_ = wrong;
  }
  if (wrong.count() == 0) return logger_.info("clock: this machine's is right again");
  logger_.warn("clock: this machine's is {} {} the database's, by which messages' own times are judged; set it (NTP)",
               duration_text(std::chrono::abs(wrong)), wrong.count() > 0 ? "ahead of" : "behind");
}

void Events::history_shed(const KindCounts& messages, SteadyTime now) {
  Metrics::add(metrics_.shed, messages);
  const auto count = std::accumulate(messages.begin(), messages.end(), std::uint64_t{0});
  if (count == 0) return;
  if (const auto kept_back = admit("messages shed", now, 1, count)) {
    logger_.warn("history shed: the outbox is at its limit; oldest messages dropped: {}{}", summary_of(messages),
                 *kept_back > 0 ? fmt::format("; and {} since the last such line", *kept_back) : "");
  }
}

void Events::outbox_failed(std::string_view operation, const Error& error, SteadyTime now) {
  metrics_.outbox_writable.Set(0);
  {
    const std::lock_guard lock(mutex_);
    outbox_flaw_ = error.what + (error.remedy.empty() ? "" : "; ") + error.remedy;
  }
  outbox_not_read(operation, error, now);
}

void Events::outbox_written(SteadyTime now) {
  metrics_.outbox_writable.Set(1);
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(outbox_flaw_, std::nullopt)) return;
  }
  if (const auto more = may_log("outbox: written again", now)) logger_.info("outbox: it can be written again{}", *more);
}

std::optional<std::string> Events::outbox_flaw() {
  const std::lock_guard lock(mutex_);
  return outbox_flaw_;
}

void Events::outbox_not_read(std::string_view operation, const Error& error, SteadyTime now) {
  metrics_.outbox_errors.Increment();
  // Lines that repeat are told apart by what is wrong, not by what was tried: one trouble is told once, however many
  // operations meet it.
  if (const auto more = may_log("outbox: " + error.what, now)) {
    logger_.error("outbox: {} failed: {}{}{}{}", operation, error.what, error.remedy.empty() ? "" : "; ", error.remedy,
                  *more);
  }
}

void Events::outbox_set_aside(std::string_view set_aside, std::string_view flaw) {
  metrics_.outbox_errors.Increment();
  logger_.error(
      "outbox: {}; the file is called {} now and a new one begins: what waited in it is not sent. Keep it, and look at "
      "the disk",
      flaw, set_aside);
}

void Events::outbox_is_misplaced(std::string_view file, std::string_view warning) {
  logger_.warn("outbox: {} {}", printable(file), warning);
}

void Events::backfill(std::string_view line) { logger_.info("{}", line); }

void Events::batches_damaged(const KindCounts& messages, SteadyTime now) {
  const auto count = std::accumulate(messages.begin(), messages.end(), std::uint64_t{0});
  if (count == 0) return;
  metrics_.dead_letters[DeadLetterReason::kDamaged].Increment(static_cast<double>(count));
  metrics_.outbox_errors.Increment();
  if (const auto more = may_log("outbox: damaged batch", now)) {
    logger_.error("outbox: a batch does not match its checksum and is set aside in the file: {}; look at the disk{}",
                  summary_of(messages), *more);
  }
}

void Events::dead_letters_evicted(std::uint64_t count, SteadyTime now) {
  metrics_.dead_letters_evicted.Increment(static_cast<double>(count));
  if (const auto kept_back = admit("dead letters dropped at their limit", now, 1, count)) {
    logger_.warn("{} dead letters dropped at their limit (--dead-letters-max)", count + *kept_back);
  }
}

void Events::report_kept_back(SteadyTime now) {
  std::vector<std::pair<std::string, std::uint64_t>> lines;
  std::vector<std::pair<std::string, std::uint64_t>> letters;
  {
    const std::lock_guard lock(mutex_);
    lines = lines_.take_kept_back(now);
    letters = letters_.take_kept_back(now);
  }
  for (const auto& [key, count] : lines) logger_.warn("{}: and {} more", key, count);
  for (const auto& [key, count] : letters) more_dead_letters(key, count);
}

SteadyTime Events::report_due() {
  const std::lock_guard lock(mutex_);
  return std::min(lines_.due(), letters_.due());
}

std::optional<std::uint64_t> Events::admit(std::string_view key, SteadyTime now, std::uint64_t whole,
                                           std::uint64_t amount) {
  const std::lock_guard lock(mutex_);
  return lines_.admit(key, now, whole, amount);
}

std::optional<std::string> Events::may_log(std::string_view key, SteadyTime now, std::uint64_t whole) {
  const auto kept_back = admit(key, now, whole);
  if (!kept_back) return std::nullopt;
  return more_text(*kept_back);
}

void Events::forget(std::string_view key) {
  const std::lock_guard lock(mutex_);
  lines_.forget(key);
}

}  // namespace firebase_relay::observe
