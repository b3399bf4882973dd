#pragma once

#include <chrono>
#include <string>

#include "firebase_relay/time.h"
#include "observe/snapshot.h"

namespace firebase_relay::observe {

/// The line that a relay says of itself every minute, and at its end. Pure: numbers and the time go in, text comes out.
/// Threads: one at a time.
class Summary {
 public:
  /// From one line to the next.
  static constexpr std::chrono::seconds kEvery{60};

  /// `started`: when the relay did; the first line is due kEvery later.
  explicit Summary(SteadyTime started) : started_(started), last_at_(started) {}

  /// When the next line is due.
  [[nodiscard]] SteadyTime due() const { return last_at_ + kEvery; }
  /// What happened since the last line, or since the start:
  /// `last 60.0 s: 1200 messages received, 1198 delivered, lag p99 <= 500 ms, outbox empty`; losses and what is in the
  /// way stand in it only when there are any.
  std::string line(const Snapshot& now, SteadyTime at);
  /// The same of the whole run.
  [[nodiscard]] std::string total(const Snapshot& now, SteadyTime at) const;

 private:
  SteadyTime started_;
  SteadyTime last_at_;
  Snapshot last_;
};

}  // namespace firebase_relay::observe
