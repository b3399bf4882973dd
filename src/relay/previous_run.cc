#include "relay/previous_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/backoff.h"
#include "base/wakeup.h"

namespace firebase_relay::relay {

PreviousRun::PreviousRun(std::optional<outbox::LastRun> last_run, Wiring wiring)
    : last_run_(last_run), wiring_(std::move(wiring)) {
  const bool was_killed = last_run_ && !last_run_->stopped_at;
  if (!was_killed) wiring_.heartbeat_is_free();
}

void PreviousRun::subscribed(UtcMillis at) {
  if (!last_run_) return;
  if (last_run_->stopped_at) return wiring_.gap({std::min(*last_run_->stopped_at, at), at, "the relay was stopped"});
  unreported_ = at;
  asking_ = std::jthread([this, at](const std::stop_token& stop) { ask(stop, at); });
}

void PreviousRun::finish() {
  if (!asking_.joinable()) return;
  asking_.request_stop();
  asking_.join();
  if (!unreported_) return;
  const UtcMillis to = *std::exchange(unreported_, std::nullopt);
  wiring_.gap({std::min(last_run_->started_at, to), to, "the relay was killed, when is not known"});
}

void PreviousRun::ask(const std::stop_token& stop, UtcMillis subscribed_at) {
  constexpr Backoff::Options kBackoff{std::chrono::seconds(1), std::chrono::seconds(30)};
  Wakeup stopped;
  const std::stop_callback wake(stop, [&stopped] { stopped.signal(); });
  Backoff backoff(kBackoff, static_cast<std::uint64_t>(subscribed_at.time_since_epoch().count()));
  while (!stop.stop_requested()) {
    const Result<std::optional<UtcMillis>> heartbeat = wiring_.read_heartbeat();
    if (!heartbeat) {
      stopped.wait(backoff.next());
      continue;
    }
    // Without a heartbeat of that run nothing is known but when it began.
    const UtcMillis from = std::max(last_run_->started_at, heartbeat->value_or(last_run_->started_at));
    unreported_.reset();
    wiring_.heartbeat_is_free();
    return wiring_.gap({std::min(from, subscribed_at), subscribed_at, "the relay was killed"});
  }
}

}  // namespace firebase_relay::relay
