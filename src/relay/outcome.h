#pragma once

#include <cstdint>

#include "observe/metrics.h"

namespace firebase_relay::relay {

/// How a run ended.
struct Outcome {
  std::uint64_t received = 0;
  std::uint64_t delivered = 0;
  std::uint64_t left = 0;     ///< messages that were neither acknowledged nor otherwise ended
  bool left_is_safe = false;  ///< those are in the outbox, and the next start sends them
  std::uint64_t dead = 0;     ///< messages set aside
  std::uint64_t unread = 0;   ///< FromLines: lines that are no message
};

/// As far as `metrics` tell it: what was received, delivered and set aside.
Outcome outcome_of(const observe::Metrics& metrics);

}  // namespace firebase_relay::relay
