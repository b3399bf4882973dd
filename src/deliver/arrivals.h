#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/time.h"

namespace firebase_relay::deliver {

/// History that has arrived since the last flush, until it becomes batches.
///
/// Pure; one thread.
class Arrivals {
 public:
  explicit Arrivals(BatchId last_batch) : last_batch_(last_batch) {}

  /// `since`: when its block came.
  void add(ShedClass shed_class, HistoryRun run, SteadyTime since) {
    if (!oldest_) oldest_ = since;
    bytes_ += run.text.size();
    runs_[static_cast<std::size_t>(shed_class)].push_back(std::move(run));
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// When the oldest of it came; none: there is nothing.
  [[nodiscard]] std::optional<SteadyTime> oldest() const { return oldest_; }
  [[nodiscard]] BatchId last_batch() const { return last_batch_; }

  /// All of it as batches of one shedding class each, no larger than `bytes_max` where a run is not.
  std::vector<Batch> take(std::uint64_t bytes_max);

 private:
  std::array<std::vector<HistoryRun>, kShedClassCount> runs_;
  std::uint64_t bytes_ = 0;
  std::optional<SteadyTime> oldest_;
  BatchId last_batch_;
};

}  // namespace firebase_relay::deliver
