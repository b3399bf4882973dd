#pragma once

#include <atomic>

#include "firebase_relay/time.h"

namespace firebase_relay {

/// A time that one thread sets and others read. It says nothing about what else that thread has done by then.
///
/// Threads: any, for both.
class SharedTime {
 public:
  /// `time`: what get() gives until set() is called.
  explicit SharedTime(SteadyTime time) : since_epoch_(time.time_since_epoch().count()) {}

  void set(SteadyTime time) noexcept { since_epoch_.store(time.time_since_epoch().count(), std::memory_order_relaxed); }
  /// What was set last, as far as this thread sees it.
  [[nodiscard]] SteadyTime get() const noexcept {
    return SteadyTime(SteadyTime::duration(since_epoch_.load(std::memory_order_relaxed)));
  }

 private:
  std::atomic<SteadyTime::rep> since_epoch_;
};

}  // namespace firebase_relay
