#include "base/backoff.h"

#include <algorithm>

namespace firebase_relay {

std::chrono::milliseconds Backoff::next() {
  constexpr unsigned kDoublingsMax = 20;  // 2^20 times any base is beyond every cap; more would overflow
  const auto range = std::min(options_.cap, options_.base * (1 << std::min(attempts_, kDoublingsMax)));
  ++attempts_;
  const auto least = std::min(options_.base / 4, range);
  // Not std::uniform_int_distribution: its draws differ between standard libraries, and a seed has to replay anywhere.
  const auto width = static_cast<std::uint64_t>((range - least).count()) + 1;
  return least + std::chrono::milliseconds(static_cast<std::int64_t>(random_() % width));
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace firebase_relay
