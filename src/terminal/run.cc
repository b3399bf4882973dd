#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/clock.h"
#include "base/wakeup.h"
#include "observe/log.h"
#include "observe/summary.h"
#include "relay/relay.h"
#include "terminal/banner.h"
#include "terminal/commands.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::chrono::milliseconds kForEver{-1};

void greet(spdlog::logger& log, const relay::Options& options) {
  for (const std::string& text : banner(options)) log.info("{}", text);
  if (!options.database->emulator && !options.database->is_local()) {
    log.warn("no credentials: the database will refuse unless its rules let everyone write");
  }
}

observe::Snapshot look_at(const relay::Relay& relay) {
  return observe::read_snapshot(relay.metrics_text()).value_or(observe::Snapshot{});
}

/// Until a signal, with a line every minute.
void watch_over(const relay::Relay& relay, const Signals& signals, observe::Summary& summary, spdlog::logger& log) {
  for (;;) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= summary.due()) log.info("{}", summary.line(look_at(relay), now));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(summary.due() - now);
    if (signals.wait(std::max(left, std::chrono::milliseconds(0))) != 0) return;
  }
}

relay::Outcome drain(relay::Relay& relay, const Signals& signals) {
  relay::Outcome outcome;
  const Wakeup ended;
  {
    const std::jthread drainer([&] {
      outcome = relay.drain();
      ended.signal();
    });
    if (signals.wait(kForEver, ended.fd()) != 0) relay.end_now();
  }
  return outcome;
}

}  // namespace

int run(const CommandLine& line) {
  const Signals signals;
  observe::Log log({line.options.log_level, line.options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  auto relay = relay::Relay::start(line.options, log);
  if (!relay) {
    log.logger().error("{}; {}", relay.error().what, relay.error().remedy);
    return relay.error().code == ErrorCode::kInvalid ? kExitInvalid : kExitFailed;
  }
  greet(log.logger(), line.options);
  observe::Summary summary(std::chrono::steady_clock::now());
  watch_over(**relay, signals, summary, log.logger());

  log.logger().info("draining: sending what was received, for at most {} ms; a second signal ends at once",
                    line.options.drain_timeout.count());
  const relay::Outcome outcome = drain(**relay, signals);
  log.logger().info("stopped: {}", summary.total(look_at(**relay), std::chrono::steady_clock::now()));
  if (outcome.left == 0) return kExitOk;
  log.logger().error("{} messages were not acknowledged by the database and are lost", outcome.left);
  return kExitFailed;
}

}  // namespace firebase_relay::terminal
