#include "deliver/circuit.h"

#include <algorithm>

namespace firebase_relay::deliver {

bool Circuit::sent() {
  probing_ = open_;
  return probing_;
}

void Circuit::succeeded() {
  open_ = false;
  probing_ = false;
  hold_ = HoldReason::kNone;
  answered_.reset();
  unanswered_.reset();
}

std::chrono::milliseconds Circuit::failed(SteadyTime now, bool was_probe, const Failure& failure) {
  if (was_probe) probing_ = false;
  if (!open_ || was_probe) {
    Backoff& backoff = failure.pause == Pause::kLong ? answered_ : unanswered_;
    std::chrono::milliseconds wait = failure.hold == HoldReason::kNone ? backoff.next() : kHoldProbeEvery;
    if (failure.retry_after)
      wait = std::max(wait, std::min<std::chrono::milliseconds>(*failure.retry_after, kRetryAfterMax));
    probe_at_ = now + wait;
    hold_ = failure.hold;
    open_ = true;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(SteadyTime::duration::zero(), probe_at_ - now));
}

}  // namespace firebase_relay::deliver
