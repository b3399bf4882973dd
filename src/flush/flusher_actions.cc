// What the flusher does of what delivery has decided, and tells of what it has reported.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "flush/flusher.h"

namespace firebase_relay::flush {

void Flusher::perform(const Send& action) { wiring_.sender.send(action); }

/// Counts a request when it goes out, and not when it is handed to the sender: there it may wait for an access token,
/// and end without having been sent.
void Flusher::count_sent(const Send& sent) {
  wiring_.metrics.patch_bytes.Increment(static_cast<double>(sent.bytes));
  wiring_.metrics.patch_paths.Increment(sent.paths);
  wiring_.metrics.flush_bytes.Observe(static_cast<double>(sent.bytes));
  wiring_.metrics.flush_paths.Observe(sent.paths);
  if (sent.exceeds_quota) wiring_.events.quota_exceeded(std::chrono::steady_clock::now());
}

void Flusher::perform(const Persist& action) {
  Result<OutboxLevel> level = wiring_.outbox.append(action.batches, action.live);
  saved_ = level.has_value();
  const SteadyTime now = std::chrono::steady_clock::now();
  if (level) {
    outbox_written(now);
  } else {
    wiring_.events.outbox_failed("append", level.error(), now);
  }
  events_.emplace_back(Persisted{std::move(level)});
}

void Flusher::perform(const Forget& action) {
  Result<OutboxLevel> level = wiring_.outbox.acknowledge(action.batches, action.live, action.sync);
  if (!level) wiring_.events.outbox_failed("acknowledge", level.error(), std::chrono::steady_clock::now());
  events_.emplace_back(Forgotten{std::move(level)});
}

void Flusher::perform(const Load& action) {
  Result<LoadedBatches> loaded = wiring_.outbox.load(action.after, action.bytes_max);
  if (!loaded) wiring_.events.outbox_not_read("load", loaded.error(), std::chrono::steady_clock::now());
  events_.emplace_back(Loaded{std::move(loaded)});
}

void Flusher::perform(const ShedBytes& action) {
  Result<ShedResult> shed = wiring_.outbox.shed(action.after, action.bytes, action.kept);
  if (!shed) wiring_.events.outbox_failed("shed", shed.error(), std::chrono::steady_clock::now());
  events_.emplace_back(WasShed{std::move(shed)});
}

void Flusher::perform(const SetAside& action) { set_aside(action.letter); }

void Flusher::perform(const Sync&) {
  Result<void> synced = wiring_.outbox.sync();
  if (!synced) {
    wiring_.events.outbox_failed("sync", synced.error(), std::chrono::steady_clock::now());
  } else if (wiring_.letters) {
    wiring_.letters->synced();
  }
  events_.emplace_back(Synced{std::move(synced)});
}

void Flusher::perform(const RefreshCredentials&) { wiring_.sender.refresh_credentials(); }

void Flusher::tell(const Account& report) {
  observe::Metrics& metrics = wiring_.metrics;
  observe::Metrics::add(metrics.delivered, report.delivered);
  observe::Metrics::add(metrics.coalesced, report.coalesced);
  metrics.updates_coalesced.Increment(static_cast<double>(report.updates_coalesced));
  lag_since_beat_.merge(report.relay_lag);
  observe::Metrics::observe(metrics.relay_lag_seconds, report.relay_lag);
  observe::Metrics::observe(metrics.event_lag_seconds, report.event_lag);
  wiring_.events.batches_damaged(report.damaged, std::chrono::steady_clock::now());
  if (std::any_of(report.shed.begin(), report.shed.end(), [](std::uint64_t count) { return count > 0; })) {
    wiring_.events.history_shed(report.shed, std::chrono::steady_clock::now());
  }
}

void Flusher::tell(const RequestEnded& report) {
  wiring_.events.request_ended(report, std::chrono::steady_clock::now());
  if (report.result == RequestEnded::Result::kHeld) wiring_.events.held(report.hold, report.remedy, report.detail);
  if (report.result == RequestEnded::Result::kOk) {
    wiring_.events.unheld();
    state_.last_flush_at = utc_now();
  }
  wiring_.metrics.set_held(delivery_.hold());
}

/// A release goes on: a restart would not help, and order and history are safe without it. A build that is tested ends.
void Flusher::tell(const InvariantBroken& report) {
  wiring_.events.invariant_broken(report.what, std::chrono::steady_clock::now());
#ifdef RELAY_CHECKED
  std::abort();
#endif
}

}  // namespace firebase_relay::flush
