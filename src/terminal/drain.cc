#include "terminal/drain.h"

#include <chrono>
#include <thread>

#include "base/wakeup.h"

namespace firebase_relay::terminal {

relay::Outcome drain(relay::Relay& relay, const Signals& signals) {
  relay::Outcome outcome;
  const Wakeup ended;
  {
    const std::jthread drainer([&] {
      outcome = relay.drain();
      ended.signal();
    });
    if (signals.wait(std::chrono::milliseconds(-1), ended.fd()) != 0) relay.end_now();
  }
  return outcome;
}

}  // namespace firebase_relay::terminal
