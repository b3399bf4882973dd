#pragma once

#include <chrono>

namespace firebase_relay {

/// For deadlines, backoff and lag: never jumps.
using SteadyTime = std::chrono::steady_clock::time_point;
/// For what the database and people see: may jump.
using UtcMillis = std::chrono::sys_time<std::chrono::milliseconds>;

/// Up to here a clock counts as right: answers take time, and their Date has whole seconds.
inline constexpr std::chrono::seconds kClockSkewMax{60};

/// One reading of both clocks. Whoever decides takes it as an argument and reads no clock of its own.
struct Now {
  SteadyTime steady;
  UtcMillis utc;
};

}  // namespace firebase_relay
