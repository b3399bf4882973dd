#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "firebase_relay/time.h"

namespace firebase_relay::bus {

/// When to read again. At a few hundred messages a second nearly all that a message costs is waking one thread after
/// the other for it; so after a read that brought little the next one waits a moment, and brings several at once.
/// Nothing comes later by that: what is read before the next flush goes with it, and a rest ends ahead of the flush.
/// Only the console sees it.
///
/// Threads: one. Reads no clock.
class ReadingPace {
 public:
  static constexpr std::chrono::milliseconds kRestMax{50};      ///< for those who look at the console
  static constexpr std::chrono::milliseconds kAheadOfFlush{3};  ///< enough to read, to classify and to hand over
  static constexpr std::chrono::milliseconds kSlowGap{1};       ///< from message to message: faster is not slow
  static constexpr std::size_t kLittleBytes = 16 * 1024;        ///< far less than a socket holds

  /// A read at `now` brought this. Until when the next one shall wait; no later than `now`: it need not.
  SteadyTime after_read(SteadyTime now, std::size_t messages, std::size_t bytes, SteadyTime next_flush) {
    constexpr std::chrono::milliseconds kWorthIt{2};
    const SteadyTime::duration took = now - std::exchange(last_read_, now);
    const bool is_slow = messages > 0 && bytes <= kLittleBytes && messages * SteadyTime::duration(kSlowGap) <= took;
    const SteadyTime until = std::min(now + kRestMax, next_flush - kAheadOfFlush);
    return is_slow && until >= now + kWorthIt ? until : now;
  }

 private:
  SteadyTime last_read_{};
};

}  // namespace firebase_relay::bus
