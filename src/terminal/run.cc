#include <signal.h>

#include <cstdio>
#include <thread>

#include "base/wakeup.h"
#include "observe/log.h"
#include "relay/relay.h"
#include "terminal/commands.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {
namespace {

void greet(spdlog::logger& log, const relay::Options& options) {
  log.info("firebase-relay {}: {} -> {}, instance {}, {} workers, flush every {} ms, history {}",
           FIREBASE_RELAY_VERSION, options.redis.masked(), options.database->text(), options.instance, options.workers,
           options.flush_interval.count(), options.history ? "on" : "off");
  log.info(
      "Redis pub/sub cannot be replayed: what is published while the relay is not connected is lost, and reported as a "
      "gap");
  const bool has_credentials = !options.credentials_file.empty() || !options.auth_secret_file.empty();
  if (!has_credentials && !options.database->emulator && !options.database->is_local()) {
    log.warn("no credentials (--credentials): the database will refuse everything unless its rules let everyone write");
  }
  if (has_credentials && options.database->emulator) {
    log.warn("FIREBASE_DATABASE_EMULATOR_HOST: an emulator gets no credentials but its own; those given are not used");
  }
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

  constexpr std::chrono::milliseconds kForEver{-1};
  while (signals.wait(kForEver) == 0) {
  }
  log.logger().info("draining: sending what was received, for at most {} ms; a second signal ends at once",
                    line.options.drain_timeout.count());
  relay::Outcome outcome;
  const Wakeup ended;
  {
    const std::jthread drain([&] {
      outcome = (*relay)->drain();
      ended.signal();
    });
    if (signals.wait(kForEver, ended.fd()) != 0) (*relay)->end_now();
  }
  log.logger().info("stopped: {} messages received, {} delivered", outcome.received, outcome.delivered);
  if (outcome.left == 0) return kExitOk;
  log.logger().error("{} messages were not acknowledged by the database and are lost", outcome.left);
  return kExitFailed;
}

}  // namespace firebase_relay::terminal
