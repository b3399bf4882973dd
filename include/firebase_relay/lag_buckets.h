#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace firebase_relay {

/// Counts of durations in the buckets 1-2-5 from 1 ms to 60 s: what a Prometheus histogram is fed from, many values at
/// once and without its lock (observe/metrics.h), filled by code that knows no Prometheus.
///
/// A value falls into the first bucket whose boundary is not below it, as Prometheus' `le` says; what is over 60 s into
/// the last one. A negative value (a publisher's clock is ahead of ours) counts as 0, so that the sum never falls.
/// Threads: one at a time; merge what several have filled.
class LagBuckets {
 public:
  /// The upper ends of all buckets but the last, which has none.
  static constexpr std::array<std::chrono::nanoseconds, 16> kBoundaries = [] {
    constexpr std::array<std::int64_t, 16> kMilliseconds = {1,   2,    5,    10,   20,    50,    100,   200,
                                                            500, 1000, 2000, 5000, 10000, 20000, 50000, 60000};
    std::array<std::chrono::nanoseconds, 16> boundaries{};
    for (std::size_t i = 0; i < boundaries.size(); ++i) boundaries[i] = std::chrono::milliseconds(kMilliseconds[i]);
    return boundaries;
  }();
  /// One more than there are boundaries: the last is +Inf.
  static constexpr std::size_t kCount = kBoundaries.size() + 1;

  /// A few ns: no search, no branch that depends on the value.
  void add(std::chrono::nanoseconds value, std::uint64_t count = 1) noexcept {
    value = std::max(value, std::chrono::nanoseconds::zero());
    counts_[bucket_of(value)] += count;
    sum_seconds_ += static_cast<double>(value.count()) * 1e-9 * static_cast<double>(count);
  }
  void merge(const LagBuckets& other) noexcept {
    for (std::size_t i = 0; i < kCount; ++i) counts_[i] += other.counts_[i];
    sum_seconds_ += other.sum_seconds_;
  }
  [[nodiscard]] bool empty() const noexcept {
    return std::all_of(counts_.begin(), counts_.end(), [](std::uint64_t count) { return count == 0; });
  }
  /// Each bucket's own count, not cumulated.
  [[nodiscard]] const std::array<std::uint64_t, kCount>& counts() const noexcept { return counts_; }
  [[nodiscard]] double sum_seconds() const noexcept { return sum_seconds_; }

  /// Index into counts(). `value` is not negative.
  [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds value) noexcept {
    const auto ns = static_cast<std::uint64_t>(value.count());
    const std::size_t first = kFirstByWidth[static_cast<std::size_t>(std::bit_width(ns))];
    return first + (ns > kEnds[first] ? 1u : 0u) + (ns > kEnds[first + 1] ? 1u : 0u);
  }

 private:
  /// The boundaries in ns, and two that nothing exceeds behind them.
  static constexpr std::array<std::uint64_t, kCount + 1> kEnds = [] {
    std::array<std::uint64_t, kCount + 1> ends{};
    ends.fill(UINT64_MAX);
    for (std::size_t i = 0; i < kBoundaries.size(); ++i) ends[i] = static_cast<std::uint64_t>(kBoundaries[i].count());
    return ends;
  }();
  /// For each number of significant bits the lowest bucket that a value of that width can fall into. Of such values at
  /// most two boundaries (50 s and 60 s) lie in between, so two comparisons settle it.
  static constexpr std::array<std::uint8_t, 65> kFirstByWidth = [] {
    std::array<std::uint8_t, 65> first{};
    for (std::size_t width = 1; width < first.size(); ++width) {
      const std::uint64_t least = std::uint64_t{1} << (width - 1);
      std::uint8_t bucket = 0;
      while (kEnds[bucket] < least) ++bucket;
      first[width] = bucket;
    }
    return first;
  }();

  std::array<std::uint64_t, kCount> counts_{};
  double sum_seconds_ = 0;
};

}  // namespace firebase_relay
