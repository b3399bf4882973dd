#pragma once

#include <atomic>

namespace firebase_relay {

/// Between one who sleeps until there is work and those who bring it: says whether bringing it has to wake anybody, so
/// that the call of the system that wakes is left out where nobody sleeps. The sleeper calls ask(), looks for work once
/// more, and sleeps; the others make the work visible, with whatever order of memory, and call take().
///
/// Whichever comes first, nothing is missed. Every change of the flag is an exchange that acquires and releases, so all
/// of them stand in one order, and behind each is seen what was done before any in front of it. If a take() comes
/// before ask(), the look behind ask() finds what it brought; if it comes behind, it finds the flag set. With a store
/// in place of ask()'s or take_back()'s exchange that would not hold: the look's loads are relaxed in our queue, and an
/// arm64 lets these pass a store in front of them, sequentially consistent or not. A fence would do as well, but
/// ThreadSanitizer does not know fences, and on x86 such a store is the same xchg.
///
/// Threads: ask() and take_back() by the one who sleeps, take() by any.
class WakeCall {
 public:
  /// The next take() has to wake; look once more now.
  void ask() noexcept { is_wanted_.exchange(true, std::memory_order_acq_rel); }
  /// Nobody sleeps, or what comes need not end the sleep.
  void take_back() noexcept { is_wanted_.exchange(false, std::memory_order_acq_rel); }
  /// Work was brought. True, once for each ask(): the caller has to wake who asked.
  [[nodiscard]] bool take() noexcept { return is_wanted_.exchange(false, std::memory_order_acq_rel); }

 private:
  std::atomic<bool> is_wanted_{false};
};

}  // namespace firebase_relay
