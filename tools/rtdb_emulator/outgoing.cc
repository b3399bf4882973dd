#include "rtdb_emulator/outgoing.h"

#include <utility>

namespace rtdb_emulator {

void Outgoing::push(std::string message) {
  const std::lock_guard lock(mutex_);
  if (messages_.size() >= kMessagesMax) {
    overflowed_ = true;
  } else {
    messages_.push_back(std::move(message));
  }
  came_.notify_one();
}

std::deque<std::string> Outgoing::take(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, time, [this] { return !messages_.empty() || overflowed_ || has_ended_; });
  return std::exchange(messages_, {});
}

void Outgoing::end() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  came_.notify_all();
}

bool Outgoing::has_ended() const {
  const std::lock_guard lock(mutex_);
  return has_ended_;
}

bool Outgoing::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_;
}

}  // namespace rtdb_emulator
