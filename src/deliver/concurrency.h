#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/invariant.h"

namespace firebase_relay::deliver {

/// How many history requests may be under way: one more after every acknowledged one while round trips stay flat, half
/// when they grow or the database says that it is too much. Additive increase, multiplicative decrease (RFC 5681 §3.1).
///
/// Pure; one thread.
class Concurrency {
 public:
  /// `max`: the setting that limit() never exceeds.
  explicit Concurrency(std::uint32_t max) : max_(max) {}

  /// How many history requests may be under way now; at least 1.
  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  /// A history request was acknowledged after `round_trip`.
  void acknowledged(std::chrono::nanoseconds round_trip) {
    // The quickest answer lately is what the network alone costs; it drifts up, so that a slower network is learnt.
    quickest_ = quickest_.count() == 0 ? round_trip : std::min(quickest_ + quickest_ / 64, round_trip);
    // A full request beside others takes longer than a small one alone; four times as long means that they queue up.
    constexpr int kSlowFactor = 4;
    if (round_trip > quickest_ * kSlowFactor + std::chrono::milliseconds(50)) {
      slow_down();
    } else {
      limit_ = std::min(limit_ + 1, max_);
    }
    invariant(limit_ > 0 && limit_ <= max_, "more history requests may go than ever");
  }
  /// A request failed, or took too long: half as many from now on.
  void slow_down() { limit_ = std::max<std::uint32_t>(1, limit_ / 2); }

 private:
  std::uint32_t max_;
  std::uint32_t limit_ = 1;
  std::chrono::nanoseconds quickest_{0};
};

}  // namespace firebase_relay::deliver
