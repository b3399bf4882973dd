#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "firebase_relay/time.h"
#include "observe/metrics.h"
#include "observe/snapshot.h"

namespace firebase_relay::observe {

/// Counts what the database's answers come to, which the plan takes for download, and shows it as a rate: that of the
/// last 24 hours, hour by hour, or of the time since it began. What TLS and the connections take is not known here.
///
/// Threads: one. Reads no clock.
class Download {
 public:
  /// `metrics` must outlive it.
  Download(Metrics& metrics, SteadyTime begin) : metrics_(metrics), begin_(begin) {}

  /// An answer of `bytes`, its head and body together.
  void answered(std::uint64_t bytes, SteadyTime now);

 private:
  static constexpr std::size_t kHours = 24;

  void turn_to(std::int64_t hour);
  [[nodiscard]] double bytes_a_day(SteadyTime now) const;

  Metrics& metrics_;
  SteadyTime begin_;
  std::int64_t hour_ = 0;                 ///< since it began; it stands at hour_ % kHours of the next
  std::array<double, kHours> by_hour_{};  ///< bytes
};

/// What a free plan lets clients download in a month, as known in late 2026 (docs/tuning.md).
inline constexpr double kPlanDownloadBytes = 10e9;

/// What a month's answers come to at the rate of the last day, in bytes; 0: that is not known yet.
double download_a_month(const Snapshot& snapshot);

/// `4.1 GB a month by answers, of the plan's 10`
std::string download_text(const Snapshot& snapshot);

}  // namespace firebase_relay::observe
