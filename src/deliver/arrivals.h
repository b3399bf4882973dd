#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/invariant.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/time.h"

namespace firebase_relay::deliver {

/// History that has arrived since the last flush, until it becomes batches.
///
/// Pure; one thread.
class Arrivals {
 public:
  /// `last_batch`: the highest id that is taken; batches are numbered from behind it.
  explicit Arrivals(BatchId last_batch) : last_batch_(last_batch) {}

  /// `since`: when its block came, which is where guarantee 2's window begins. `first`: as Safety::came() gave it.
  void add(ShedClass shed_class, HistoryRun run, SteadyTime since, Sequence first) {
    invariant(!run.entries.empty(), "history arrives without entries");
    invariant((bytes_ > 0) == oldest_.has_value(), "history arrived, and nobody knows when");
    oldest_ = std::min(oldest_.value_or(since), since);
    first_ = std::min(first_, first);
    bytes_ += run.text.size();
    runs_[static_cast<std::size_t>(shed_class)].push_back(std::move(run));
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// When the oldest of what is here came; nothing: nothing is here.
  [[nodiscard]] std::optional<SteadyTime> oldest() const { return oldest_; }
  /// The lowest message that is here; kNoSequence: there is none.
  [[nodiscard]] Sequence first() const { return first_; }
  /// The highest id that a batch has been given.
  [[nodiscard]] BatchId last_batch() const { return last_batch_; }

  /// Hands out all of it, as batches of one shedding class each. A batch has `bytes_max` of text at most, unless a
  /// single run has more.
  std::vector<Batch> take(std::uint64_t bytes_max);

 private:
  std::array<std::vector<HistoryRun>, kShedClassCount> runs_;
  std::uint64_t bytes_ = 0;
  std::optional<SteadyTime> oldest_;
  Sequence first_ = kNoSequence;
  BatchId last_batch_;
};

}  // namespace firebase_relay::deliver
