#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "firebase_relay/time.h"
#include "observe/snapshot.h"

namespace firebase_relay::terminal {

/// An earlier look at the same relay, and how long ago it was.
struct EarlierSnapshot {
  observe::Snapshot snapshot;
  std::chrono::duration<double> ago;
};

/// What `status` prints: lines of at most 70 columns, most of them 45, which a phone's terminal shows. Rates and the
/// second line of lag are those since `earlier`; without one the rates are those of the relay's life. With `colour`
/// what is wrong is red.
std::string status_text(const observe::Snapshot& now, const std::optional<EarlierSnapshot>& earlier, UtcMillis at,
                        bool colour);

}  // namespace firebase_relay::terminal
