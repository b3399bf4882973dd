#pragma once

#include <chrono>

namespace firebase_relay {

/// An eventfd that ends a poll() from another thread.
/// Threads: signal() from any, also from a stop callback; wait() and clear() from its one waiter.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void signal() const noexcept;
  void clear() const noexcept;
  /// Until signal(), or for `timeout`; negative: for ever. Clears what woke it. True if it was signalled.
  bool wait(std::chrono::milliseconds timeout) const noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace firebase_relay
