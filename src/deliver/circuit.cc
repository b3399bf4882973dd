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
  backoff_.reset();
}

std::chrono::milliseconds Circuit::failed(SteadyTime now, bool was_probe, HoldReason hold,
                                          std::optional<std::chrono::milliseconds> retry_after) {
  if (was_probe) probing_ = false;
  if (!open_ || was_probe) {
    std::chrono::milliseconds wait = hold == HoldReason::kNone ? backoff_.next() : kHoldProbeEvery;
    if (retry_after) wait = std::max(wait, std::min<std::chrono::milliseconds>(*retry_after, kRetryAfterMax));
    probe_at_ = now + wait;
    hold_ = hold;
    open_ = true;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(SteadyTime::duration::zero(), probe_at_ - now));
}

}  // namespace firebase_relay::deliver
