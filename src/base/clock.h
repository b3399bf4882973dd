#pragma once

#include <chrono>

#include "firebase_relay/time.h"

namespace firebase_relay {

/// The system's clock, which may jump. For the shells, as read_clocks().
inline UtcMillis utc_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Both clocks, for the shells. Whoever decides takes a Now instead.
inline Now read_clocks() { return {std::chrono::steady_clock::now(), utc_now()}; }

}  // namespace firebase_relay
