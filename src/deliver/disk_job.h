#pragma once

#include <optional>

#include "base/invariant.h"
#include "firebase_relay/time.h"

namespace firebase_relay::deliver {

/// One of the things that the outbox is asked to do: idle, running, or failed until a time. One of a kind runs at a
/// time. What failed has failed until it succeeds, also while it is tried again.
class DiskJob {
 public:
  /// In which state it is. It may run and have failed: then it is being tried again.
  [[nodiscard]] bool is_running() const { return running_; }
  [[nodiscard]] bool has_failed() const { return failed_until_.has_value(); }
  [[nodiscard]] bool may_start(SteadyTime now) const { return !running_ && (!failed_until_ || now >= *failed_until_); }
  /// When may_start() becomes true because time passes. While it waits for something else, a time in the past.
  [[nodiscard]] SteadyTime try_again_at() const {
    return running_ ? SteadyTime{} : failed_until_.value_or(SteadyTime{});
  }

  /// Asked for; and then answered, by success or by a failure after which it may be tried again at `until`.
  void start() {
    invariant(!running_, "the outbox is asked twice at a time");
    running_ = true;
  }
  void succeed() {
    running_ = false;
    failed_until_.reset();
  }
  void fail(SteadyTime until) {
    running_ = false;
    failed_until_ = until;
  }
  /// What made it fail has changed: it need not wait.
  void may_try_again() { failed_until_.reset(); }

 private:
  bool running_ = false;
  std::optional<SteadyTime> failed_until_;
};

}  // namespace firebase_relay::deliver
