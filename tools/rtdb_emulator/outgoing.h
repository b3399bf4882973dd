#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

namespace rtdb_emulator {

/// What a client has not been sent yet. Bounded: one that reads too slowly is cut off, and holds up no writer.
/// Threads: any.
class Outgoing {
 public:
  static constexpr std::size_t kMessagesMax = 100'000;

  void push(std::string message);
  /// Waits until there is something, the end, or `time` is over; gives all that there is.
  std::deque<std::string> take(std::chrono::milliseconds time);
  /// Lets take() come back at once from now on.
  void end();
  [[nodiscard]] bool has_ended() const;
  /// A message found no room: what the client gets is no longer all.
  [[nodiscard]] bool overflowed() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::string> messages_;  ///< guarded by mutex_
  bool overflowed_ = false;           ///< guarded by mutex_
  bool has_ended_ = false;            ///< guarded by mutex_
};

}  // namespace rtdb_emulator
