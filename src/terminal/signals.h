#pragma once

#include <chrono>
#include <cstdint>

namespace firebase_relay::terminal {

/// What SIGHUP asks for: whoever was started at a terminal ends with it, as other programs do; a service reads its
/// files again and goes on, since nobody sits at its terminal.
enum class HangUp : std::uint8_t { kEnds, kReadsAgain };

/// SIGTERM, SIGINT and SIGHUP as something to wait for. Make it before the first thread: threads inherit that these are
/// blocked. Threads: the main one.
class Signals {
 public:
  /// With HangUp::kEnds a SIGHUP that is ignored from the start (nohup) stays so.
  explicit Signals(HangUp hang_up = HangUp::kEnds);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The next signal's number, or 0 after `timeout` (negative: none) or when `other_fd`, if not -1, becomes readable.
  int wait(std::chrono::milliseconds timeout, int other_fd = -1) const;

 private:
  int fd_;
};

}  // namespace firebase_relay::terminal
