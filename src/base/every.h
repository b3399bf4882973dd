#pragma once

#include "firebase_relay/time.h"

namespace firebase_relay {

/// A chore that is due now and then, as long as there is a reason for it: the first time one interval after the reason
/// came up.
///
/// Threads: one.
class Every {
 public:
  /// Nothing is due before there is a reason.
  explicit Every(SteadyTime::duration interval) : interval_(interval) {}

  /// Is it to be done now? With a reason that lasts, once an interval.
  [[nodiscard]] bool is_due(bool has_reason, SteadyTime now) {
    const bool due = has_reason && now >= at_;
    if (!has_reason) at_ = SteadyTime::max();
    if (due || (has_reason && at_ == SteadyTime::max())) at_ = now + interval_;
    return due;
  }
  /// When it is due next; max(): there is no reason for it.
  [[nodiscard]] SteadyTime at() const { return at_; }

 private:
  SteadyTime::duration interval_;
  SteadyTime at_ = SteadyTime::max();
};

}  // namespace firebase_relay
