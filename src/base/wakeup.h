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

  /// Ends wait(), or the next one; also a poll() of fd(). Many signals before it are one.
  void signal() const noexcept;
  /// Takes a signal back that poll() has shown: the next wait() lasts until another comes.
  void clear() const noexcept;
  /// Waits until signal() is called, for `timeout` at most, or without end when that is negative. True: it was called,
  /// and has been cleared.
  bool wait(std::chrono::milliseconds timeout) const noexcept;
  /// To be polled for POLLIN beside other descriptors; this object keeps it and closes it.
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace firebase_relay
