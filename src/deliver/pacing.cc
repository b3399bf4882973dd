#include "deliver/pacing.h"

#include <algorithm>

namespace firebase_relay::deliver {
namespace {

std::int64_t second_of(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

void Pacing::advance(SteadyTime now) {
  const std::int64_t second = second_of(now);
  const std::int64_t passed = std::min(second - newest_, kSeconds);
  for (std::int64_t i = 1; i <= passed; ++i) {
    std::uint64_t& bucket = seconds_[static_cast<std::size_t>((second - passed + i) % kSeconds)];
    total_ -= bucket;
    bucket = 0;
  }
  newest_ = std::max(newest_, second);
}

void Pacing::sent(std::uint64_t bytes, SteadyTime now) {
  advance(now);
  seconds_[static_cast<std::size_t>(newest_ % kSeconds)] += bytes;
  total_ += bytes;
}

bool Pacing::allows(std::uint64_t bytes, SteadyTime now) {
  if (limit_ == 0) return true;
  advance(now);
  return total_ == 0 || total_ + bytes <= limit_;
}

SteadyTime Pacing::next_release(SteadyTime now) {
  advance(now);
  for (std::int64_t i = 1; i <= kSeconds; ++i) {
    const std::int64_t second = newest_ - kSeconds + i;
    if (second >= 0 && seconds_[static_cast<std::size_t>(second % kSeconds)] > 0) {
      return SteadyTime(std::chrono::seconds(second + kSeconds));
    }
  }
  return now;
}

std::uint64_t Pacing::bytes_in_window(SteadyTime now) {
  advance(now);
  return total_;
}

}  // namespace firebase_relay::deliver
