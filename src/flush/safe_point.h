#pragma once

#include <atomic>
#include <chrono>

#include "base/every.h"
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

  /// What the source hands over from now on it has handed over before, or may have: until caught_up().
  void falls_behind() noexcept;
  /// True once after that: Delivery is to be told, before a message is taken that came later.
  [[nodiscard]] bool has_fallen_behind() noexcept;
  /// All that the source held at the start has been read: the message `upto` is the last of it. Where there was
  /// nothing, it is the last one of the run before, behind which the source numbers: that counts as taken.
  void caught_up(Sequence upto) noexcept { caught_up_with_.store(upto, std::memory_order_seq_cst); }
  /// True once: that message has been taken, so that Delivery is to be told.
  [[nodiscard]] bool has_caught_up(Sequence newest) noexcept;

 private:
  Wiring wiring_;
  bool is_wanted_;
  Every every_second_{std::chrono::seconds(1)};
  std::atomic<Sequence> safe_upto_{0};
  std::atomic<Sequence> caught_up_with_{kNoSequence};
  std::atomic<bool> falls_behind_{false};
};

}  // namespace firebase_relay::flush
