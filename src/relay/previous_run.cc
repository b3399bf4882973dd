#include "relay/previous_run.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/backoff.h"
#include "base/thread.h"
#include "classify/timestamp.h"

namespace firebase_relay::relay {
namespace {

bool was_killed(const std::optional<outbox::LastRun>& last_run) { return last_run && !last_run->stopped_at; }

}  // namespace

PreviousRun::PreviousRun(std::optional<outbox::LastRun> last_run, Wiring wiring)
    : last_run_(last_run), wiring_(std::move(wiring)) {
  if (!last_run_) wiring_.gaps_are_known();
  if (!was_killed(last_run_)) wiring_.heartbeat_is_free();
  thread_ = start_thread("previous run's", [this](const std::stop_token& stop) { run(stop); });
}

void PreviousRun::subscribed(UtcMillis at) {
  std::optional<UtcMillis> from;
  {
    const std::lock_guard lock(mutex_);
    subscribed_at_ = at;
    from = was_killed(last_run_) ? ended_at_ : last_run_ ? last_run_->stopped_at : std::nullopt;
    is_reported_ = from || !last_run_;
  }
  changed_.notify_all();
  if (!from) return;
  wiring_.gap({*from, at, was_killed(last_run_) ? "the relay was killed" : "the relay was stopped"});
  wiring_.gaps_are_known();
}

void PreviousRun::finish() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (!subscribed_at_) return;
  if (!is_noted_) note_start();
  if (std::exchange(is_reported_, true)) return;
  wiring_.gap({last_run_->started_at, *subscribed_at_, "the relay was killed, when is not known"});
  wiring_.gaps_are_known();
}

void PreviousRun::run(const std::stop_token& stop) {
  constexpr Backoff::Options kBackoff{std::chrono::seconds(1), std::chrono::seconds(30)};
  Backoff backoff(kBackoff, was_killed(last_run_)
                                ? static_cast<std::uint64_t>(last_run_->started_at.time_since_epoch().count())
                                : 0);
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto has_subscribed = [this] { return subscribed_at_ && !is_noted_; };
    if (has_subscribed()) {
      lock.unlock();
      note_start();
      lock.lock();
    }
    const bool has_to_ask = was_killed(last_run_) && !ended_at_;
    if (!has_to_ask && is_noted_) return;
    if (!has_to_ask) {
      changed_.wait(lock, stop, has_subscribed);
      continue;
    }
    lock.unlock();
    ask(stop);
    lock.lock();
    if (!ended_at_) changed_.wait_for(lock, stop, backoff.next(), has_subscribed);
  }
}

/// Notes that this run is the last one from now on. Not before the gap in front of it is told: if it were killed in
/// between, the next run would not know since when nobody listened.
void PreviousRun::note_start() {
  is_noted_ = true;
  wiring_.note_started(*subscribed_at_);
}

void PreviousRun::ask(const std::stop_token& stop) {
  const Result<std::optional<UtcMillis>> heartbeat = wiring_.read_heartbeat(stop);
  if (!heartbeat && stop.stop_requested()) return;
  if (!heartbeat) return wiring_.not_read(heartbeat.error());
  // Without a heartbeat of that run nothing is known but when it began.
  const UtcMillis ended_at = std::max(last_run_->started_at, heartbeat->value_or(last_run_->started_at));
  std::optional<UtcMillis> to;
  {
    const std::lock_guard lock(mutex_);
    ended_at_ = ended_at;
    if (subscribed_at_ && !std::exchange(is_reported_, true)) to = subscribed_at_;
  }
  if (to) {
    wiring_.gap({ended_at, *to, "the relay was killed"});
    wiring_.gaps_are_known();
  } else {
    wiring_.note_last_stop(ended_at);
  }
  wiring_.heartbeat_is_free();
}

HeartbeatQuestion heartbeat_question(flush::HttpRequest request, std::shared_ptr<flush::CredentialSource> credentials) {
  return [request, credentials](const std::stop_token& stop) -> Result<std::optional<UtcMillis>> {
    flush::HttpRequest question = request;
    question.stop = stop;
    if (credentials) {
      const auto credential = credentials->current();
      if (!credential) return error_of(credential);
      if (!*credential) return fail(ErrorCode::kUnavailable, "there is no access token yet");
      question.credential = **credential;
    }
    const auto answer = flush::http_request(question);
    if (!answer) return error_of(answer);
    return heartbeat_of(answer->status, answer->body);
  };
}

Result<std::optional<UtcMillis>> heartbeat_of(int status, std::string_view body) {
  constexpr std::string_view kBlanks = " \r\n\t";
  body.remove_prefix(std::min(body.size(), body.find_first_not_of(kBlanks)));
  body = body.substr(0, body.find_last_not_of(kBlanks) + 1);
  if (status == 200 && body == "null") return std::optional<UtcMillis>();
  const bool is_text = body.size() >= 2 && body.front() == '"' && body.back() == '"';
  if (status == 200 && is_text) return classify::parse_timestamp(body.substr(1, body.size() - 2));
  return fail(ErrorCode::kRefused, "heartbeat: no database answers so (" + std::to_string(status) + ")");
}

}  // namespace firebase_relay::relay
