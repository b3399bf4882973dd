#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/clock.h"
#include "observe/log.h"
#include "observe/summary.h"
#include "relay/relay.h"
#include "terminal/banner.h"
#include "terminal/commands.h"
#include "terminal/drain.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {
namespace {

void greet(spdlog::logger& log, const relay::Options& options) {
  for (const std::string& text : banner(options)) log.info("{}", text);
  const bool has_credentials = !options.credentials_file.empty() || !options.auth_secret_file.empty();
  if (!has_credentials && !options.database->emulator && !options.database->is_local()) {
    log.warn("no credentials (--credentials): the database will refuse everything unless its rules let everyone write");
  }
  if (has_credentials && options.database->emulator) {
    log.warn("FIREBASE_DATABASE_EMULATOR_HOST: an emulator gets no credentials but its own; those given are not used");
  }
}

observe::Snapshot look_at(const relay::Relay& relay) {
  return observe::read_snapshot(relay.metrics_text()).value_or(observe::Snapshot{});
}

/// Until SIGTERM or SIGINT, with a line every minute.
void watch_over(relay::Relay& relay, const relay::Options& options, const Signals& signals, observe::Summary& summary,
                spdlog::logger& log) {
  for (;;) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= summary.due()) log.info("{}", summary.line(look_at(relay), now));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(summary.due() - now);
    const int number = signals.wait(std::max(left, std::chrono::milliseconds(0)));
    if (number == SIGHUP) {
      relay.read_routes_again(options);
    } else if (number != 0) {
      return;
    }
  }
}

}  // namespace

int run(const CommandLine& line) {
  const Signals signals(HangUp::kReadsAgain);
  observe::Log log({line.options.log_level, line.options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  auto relay = relay::Relay::start(line.options, log, relay::FromRedis{});
  if (!relay) {
    log.logger().error("{}; {}", relay.error().what, relay.error().remedy);
    return relay.error().code == ErrorCode::kInvalid ? kExitInvalid : kExitFailed;
  }
  greet(log.logger(), line.options);
  observe::Summary summary(std::chrono::steady_clock::now());
  watch_over(**relay, line.options, signals, summary, log.logger());

  log.logger().info("draining: sending what was received, for at most {} ms; a second signal ends at once",
                    line.options.drain_timeout.count());
  const relay::Outcome outcome = drain(**relay, signals);
  log.logger().info("stopped: {}", summary.total(look_at(**relay), std::chrono::steady_clock::now()));
  if (outcome.left == 0) return kExitOk;
  if (outcome.left_is_safe) {
    log.logger().warn("{} messages wait in the outbox {}: the next start sends them", outcome.left,
                      line.options.outbox_file);
    return kExitOk;
  }
  log.logger().error("{} messages were neither acknowledged by the database nor stored, and are lost", outcome.left);
  return kExitFailed;
}

}  // namespace firebase_relay::terminal
