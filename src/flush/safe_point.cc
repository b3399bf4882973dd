#include "flush/safe_point.h"

#include <algorithm>

namespace firebase_relay::flush {

void SafePoint::keep_up(Sequence newest, SteadyTime now) {
  if (every_second_.is_due(is_wanted_ && get() < newest, now)) find_out(now);
}

void SafePoint::find_out(SteadyTime now) {
  if (!is_wanted_) return;
  LetterBox* const letters = wiring_.letters;
  if (letters != nullptr && letters->unsafe().await_sync()) {
    if (const Result<void> synced = wiring_.outbox.sync()) {
      letters->synced();
    } else {
      wiring_.events.outbox_failed("sync dead letters", synced.error(), now);
    }
  }
  const Sequence upto = wiring_.delivery.safe_upto();
  // A letter that came back by a retry, and is set aside once more, has its message's number no longer: it may seem to
  // lie behind what was safe already.
  const Sequence with_letters = letters == nullptr ? upto : letters->unsafe().safe_of(upto);
  safe_upto_.store(std::max(get(), with_letters), std::memory_order_relaxed);
}

/// It had caught up before, and now has not: whoever has not heard of the one must not hear of it behind the other.
void SafePoint::falls_behind() noexcept {
  caught_up_with_.store(kNoSequence, std::memory_order_seq_cst);
  falls_behind_.store(true, std::memory_order_seq_cst);
}

bool SafePoint::has_fallen_behind() noexcept {
  return falls_behind_.load(std::memory_order_relaxed) && falls_behind_.exchange(false, std::memory_order_seq_cst);
}

bool SafePoint::has_caught_up(Sequence newest) noexcept {
  Sequence upto = caught_up_with_.load(std::memory_order_seq_cst);
  if (upto == kNoSequence || newest < upto) return false;
  return caught_up_with_.compare_exchange_strong(upto, kNoSequence, std::memory_order_seq_cst);
}

}  // namespace firebase_relay::flush
