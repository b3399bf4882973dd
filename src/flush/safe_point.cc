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

void SafePoint::falls_behind() {
  const std::scoped_lock lock(news_mutex_);
  news_.falls_behind();
}

void SafePoint::caught_up(Sequence upto) {
  const std::scoped_lock lock(news_mutex_);
  news_.caught_up(upto);
}

std::optional<Event> SafePoint::news(Sequence newest) {
  const std::scoped_lock lock(news_mutex_);
  return news_.next(newest);
}

}  // namespace firebase_relay::flush
