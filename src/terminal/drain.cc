#include "terminal/drain.h"

#include <signal.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "base/thread.h"
#include "base/wakeup.h"

namespace firebase_relay::terminal {

relay::Outcome drain(relay::Relay& relay, const Signals& signals) {
  relay::Outcome outcome;
  const Wakeup ended;
  std::jthread drainer;
  try {
    drainer = start_thread("drain", [&] {
      outcome = relay.drain();
      ended.signal();
    });
  } catch (const std::system_error&) {
    return relay.drain();  // no thread is to be had: then a second signal finds nobody, and the drain's time ends it
  }
  int number = 0;
  // A terminal that goes meanwhile is no wish to lose what is left.
  while ((number = signals.wait(std::chrono::milliseconds(-1), ended.fd())) == SIGHUP) {
  }
  if (number != 0) relay.end_now();
  drainer.join();
  return outcome;
}

}  // namespace firebase_relay::terminal
