#include <cstdio>
#include <fstream>
#include <iostream>

#include "observe/log.h"
#include "relay/relay.h"
#include "terminal/commands.h"
#include "terminal/drain.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {
namespace {

/// Whoever replays waits for the last answer; a signal ends it sooner.
constexpr std::chrono::hours kNoHurry{24 * 365};

int report(const relay::Outcome& outcome) {
  std::printf("replayed %llu messages: %llu delivered, %llu set aside, %llu not delivered\n",
              static_cast<unsigned long long>(outcome.received), static_cast<unsigned long long>(outcome.delivered),
              static_cast<unsigned long long>(outcome.dead), static_cast<unsigned long long>(outcome.left));
  return outcome.left == 0 ? kExitOk : kExitFailed;
}

}  // namespace

int replay(const CommandLine& line) {
  const Signals signals;
  observe::Log log({line.options.log_level, line.options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  const std::string& name = line.arguments.front();
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  if (name != "-" && !file) {
    std::fprintf(stderr, "firebase-relay: replay %s: cannot be read\n", name.c_str());
    return kExitInvalid;
  }
  relay::Options options = line.options;
  options.drain_timeout = kNoHurry;
  auto relay = relay::Relay::start(options, log, relay::Role::kReplay, name == "-" ? &std::cin : &file, line.live);
  if (!relay) {
    log.logger().error("{}; {}", relay.error().what, relay.error().remedy);
    return relay.error().code == ErrorCode::kInvalid ? kExitInvalid : kExitFailed;
  }
  const int source_ended = (*relay)->source_ended_fd();
  if (signals.wait(std::chrono::milliseconds(-1), source_ended) != 0) (*relay)->end_now();
  return report(drain(**relay, signals));
}

}  // namespace firebase_relay::terminal
