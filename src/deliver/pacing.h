#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "firebase_relay/time.h"

namespace firebase_relay::deliver {

/// Bytes sent in the last minute, so that history can be held under the quota (guarantee 6): a sliding window of
/// seconds, counted one second too long rather than too short.
///
/// Pure; one thread.
class Pacing {
 public:
  /// `bytes_per_minute_max` 0: no limit.
  explicit Pacing(std::uint64_t bytes_per_minute_max) : limit_(bytes_per_minute_max) {}

  void sent(std::uint64_t bytes, SteadyTime now);
  /// Would `bytes` more stay under the limit? A request larger than the limit itself goes when nothing else was sent.
  [[nodiscard]] bool allows(std::uint64_t bytes, SteadyTime now);
  /// When the oldest counted second falls out of the window.
  [[nodiscard]] SteadyTime next_release(SteadyTime now);
  [[nodiscard]] std::uint64_t bytes_in_window(SteadyTime now);

 private:
  static constexpr std::int64_t kSeconds = 61;
  void advance(SteadyTime now);

  std::uint64_t limit_;
  std::array<std::uint64_t, kSeconds> seconds_{};
  std::int64_t newest_ = 0;  ///< second of the steady clock that the newest bucket counts
  std::uint64_t total_ = 0;
};

}  // namespace firebase_relay::deliver
