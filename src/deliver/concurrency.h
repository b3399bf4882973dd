#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace firebase_relay::deliver {

/// How many history requests may be under way: one more after every acknowledged one while round trips stay flat, half
/// when they grow or the database says that it is too much. Additive increase, multiplicative decrease (RFC 5681 §3.1).
///
/// Pure; one thread.
class Concurrency {
 public:
  explicit Concurrency(std::uint32_t max) : max_(max) {}

  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  void acknowledged(std::chrono::nanoseconds round_trip) {
    // The quickest answer lately is what the network alone costs; it drifts up, so that a slower network is learnt.
    quickest_ = quickest_.count() == 0 ? round_trip : std::min(quickest_ + quickest_ / 64, round_trip);
    constexpr int kSlowFactor =
        4;  // a full request beside others takes longer than a small one alone; four times is a queue
    if (round_trip > quickest_ * kSlowFactor + std::chrono::milliseconds(50)) {
      slow_down();
    } else {
      limit_ = std::min(limit_ + 1, max_);
    }
  }
  void slow_down() { limit_ = std::max<std::uint32_t>(1, limit_ / 2); }

 private:
  std::uint32_t max_;
  std::uint32_t limit_ = 1;
  std::chrono::nanoseconds quickest_{0};
};

}  // namespace firebase_relay::deliver
