#include "bus/reading_pause.h"

#include <chrono>
#include <utility>

namespace firebase_relay::bus {

void ReadingPause::begin_if_full(SteadyTime now) {
  if (since_) return;
  const bool is_queue_full = budget_.is_full();
  if (!is_queue_full && !is_outbox_full()) return;
  since_ = counted_ = now;
  is_limit_told_ = !is_queue_full;
  // Pairs with ends_now(); the subscriber looks for room again before it waits.
  is_on_.store(true, std::memory_order_seq_cst);
  if (is_queue_full) {
    events_.reading_paused(budget_.bytes(), meanwhile_, now);
  } else {
    events_.reading_paused_at_limit(meanwhile_, now);
  }
}

void ReadingPause::count(SteadyTime now) {
  if (since_) events_.reading_paused_for(now - std::exchange(counted_, now));
}

bool ReadingPause::end_if_room(SteadyTime now) {
  if (!since_) return false;
  // It may have begun at the queue's bound, and go on at the outbox's limit.
  if (is_outbox_full() && budget_.has_room() && !std::exchange(is_limit_told_, true))
    events_.reading_paused_at_limit(meanwhile_, now);
  if (!has_room()) return false;
  const auto paused = now - *std::exchange(since_, std::nullopt);
  is_on_.store(false, std::memory_order_relaxed);
  events_.reading_resumed(std::chrono::duration_cast<std::chrono::milliseconds>(paused), now);
  return true;
}

bool ReadingPause::ends_now() const { return is_on_.load(std::memory_order_seq_cst) && has_room(); }

}  // namespace firebase_relay::bus
