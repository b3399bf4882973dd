#pragma once

#include <chrono>

namespace firebase_relay::terminal {

/// SIGTERM and SIGINT as something to wait for. Make it before the first thread: threads inherit that these are
/// blocked. Threads: the main one.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The next signal's number, or 0 after `timeout` (negative: none) or when `other_fd`, if not -1, becomes readable.
  int wait(std::chrono::milliseconds timeout, int other_fd = -1) const;

 private:
  int fd_;
};

}  // namespace firebase_relay::terminal
