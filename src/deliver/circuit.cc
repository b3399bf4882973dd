#include "deliver/circuit.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::uint64_t Circuit::sent() {
  invariant(!open_ || probe_ == 0, "two probes are under way");
  if (open_) probe_ = ++last_probe_;
  return probe_;
}

void Circuit::succeeded() {
  open_ = false;
  probe_ = 0;
  hold_ = HoldReason::kNone;
  answered_.reset();
  unanswered_.reset();
}

std::chrono::milliseconds Circuit::failed(SteadyTime now, std::uint64_t probe, const Failure& failure) {
  invariant(probe <= last_probe_, "a probe failed that nobody sent");
  const bool was_probe = probe != 0 && probe == probe_;
  if (was_probe) probe_ = 0;
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
