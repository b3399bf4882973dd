#include "deliver/circuit.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {

bool Circuit::sent() {
  invariant(!open_ || !probing_, "two probes are under way");
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
  invariant(!was_probe || probing_ || !open_, "a probe failed that nobody sent");
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
  invariant(open_, "a failure leaves the circuit closed");
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(SteadyTime::duration::zero(), probe_at_ - now));
}

}  // namespace firebase_relay::deliver
