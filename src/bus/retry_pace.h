#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "base/backoff.h"
#include "firebase_relay/time.h"

namespace firebase_relay::bus {

/// How long to wait between two tries to subscribe. What is published while Redis is back and nobody has subscribed
/// again is lost, so the wait is what a restart costs:
///
/// - While the peer refuses at once, a fortieth of the time that it has been away, from 20 ms up to 450 ms, and a fifth
///   less at most by jitter. So a restart costs about an eightieth of its length (5 s: 60 ms), and a refusal nothing:
///   forty tries in the first second, two a second in the long run.
/// - After an attempt that hung, 125 ms to 2 s with full jitter, beside the seconds that it hung for.
///
/// Threads: one. Reads no clock.
class RetryPace {
 public:
  /// `seed`: of the jitter, other for each relay.
  explicit RetryPace(std::uint64_t seed);

  /// The subscription stands.
  void subscribed(SteadyTime now);
  /// It is lost, or there never was one. A subscription that did not last five seconds has not ended the time away:
  /// whoever is thrown out at once each time does not come back forty times a second.
  void lost(SteadyTime now);
  /// The wait before the next try. `took`: the last attempt, from its begin to its failure; zero: there was none.
  std::chrono::milliseconds next(SteadyTime now, SteadyTime::duration took);

 private:
  std::mt19937_64 random_;
  Backoff hung_;
  std::optional<SteadyTime> away_since_;
  std::optional<SteadyTime> subscribed_at_;
};

}  // namespace firebase_relay::bus
