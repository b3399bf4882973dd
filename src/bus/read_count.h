#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace firebase_relay::bus {

/// How many entries to ask for at once: many small ones, since each question costs, and few large ones, since Redis
/// and we hold the whole answer. Goes by the last answer, and at most doubles with each.
///
/// Threads: one.
class ReadCount {
 public:
  static constexpr std::uint64_t kMost = 1000;
  static constexpr std::uint64_t kBytesWanted = 1 << 20;  ///< of one answer

  /// Of each stream, of `streams` that are read together.
  [[nodiscard]] std::uint64_t of_each(std::size_t streams) const {
    return std::max<std::uint64_t>(1, count_ / std::max<std::size_t>(1, streams));
  }
  /// An answer brought so much.
  void after_read(std::uint64_t entries, std::uint64_t bytes) {
    if (entries == 0) return;
    const std::uint64_t mean = std::max<std::uint64_t>(1, bytes / entries);
    count_ = std::clamp<std::uint64_t>(kBytesWanted / mean, 1, std::min(kMost, 2 * count_));
  }

 private:
  std::uint64_t count_ = 16;
};

}  // namespace firebase_relay::bus
