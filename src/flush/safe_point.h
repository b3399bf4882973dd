#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

#include "base/every.h"
#include "deliver/replay_news.h"
#include "firebase_relay/delivery.h"
#include "firebase_relay/outbox.h"
#include "flush/letter_box.h"
#include "observe/events.h"

namespace firebase_relay::flush {

/// The flusher's end of a source that can replay, or of one that cannot: tells it up to which message all is safe, dead
/// letters included, and is told by it when a replay has caught up.
///
/// Threads: the flusher's; get() may be called from any, falls_behind() and caught_up() from the source's.
class SafePoint {
 public:
  /// What it works with; all of it must outlive it.
  struct Wiring {
    const Delivery& delivery;
    Outbox& outbox;
    LetterBox* letters;  ///< null: a dead letter is counted and logged, and needs nothing more
    observe::Events& events;
  };
  /// `is_wanted`: else nothing is ever done here.
  SafePoint(bool is_wanted, const Wiring& wiring) : wiring_(wiring), is_wanted_(is_wanted) {}

  /// Finds out once a second, as long as not all is safe up to `newest`, the last message taken.
  void keep_up(Sequence newest, SteadyTime now);
  /// Finds out now: stored letters are synced first, if that is still to be done.
  void find_out(SteadyTime now);
  /// When keep_up() is due; max(): when messages have come.
  [[nodiscard]] SteadyTime due() const { return every_second_.at(); }
  /// Delivery::safe_upto(), with letters, as of the last time. Never decreases.
  [[nodiscard]] Sequence get() const noexcept { return safe_upto_.load(std::memory_order_relaxed); }

  /// As deliver::ReplayNews has them: what the source says of its replay, and what Delivery is to be told of it next.
  void falls_behind();
  void caught_up(Sequence upto);
  [[nodiscard]] std::optional<Event> news(Sequence newest);

 private:
  Wiring wiring_;
  bool is_wanted_;
  Every every_second_{std::chrono::seconds(1)};
  std::atomic<Sequence> safe_upto_{0};
  std::mutex news_mutex_;  ///< for a moment, once a block
  deliver::ReplayNews news_;
};

}  // namespace firebase_relay::flush
