#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "bus/gap.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"
#include "flush/flusher.h"

namespace firebase_relay::relay {

/// The relay's own state at relay/{instance}/…, each value at a path of its own, so that a phone can tell "no trades"
/// from "the PC is off". Ordinary fragments, which go the way of all others; no message, so nothing counts them.
///
/// Threads: the flusher's, but gap_block(), hold() and gaps_are_known(), which any may call.
class StateWriter final : public flush::Heartbeat {
 public:
  /// `every` 0: no heartbeat; gaps are written all the same.
  StateWriter(std::string_view instance, std::chrono::seconds every, const Now& started);

  [[nodiscard]] SteadyTime due() const override {
    if (is_held_.load(std::memory_order_relaxed) || every_.count() == 0) return SteadyTime::max();
    return has_news_.load(std::memory_order_relaxed) ? SteadyTime::min() : due_;
  }
  /// To be called for each live value of an earlier run that was restored: what this run says of the same path gets a
  /// higher sequence, even if the clock was set back in between.
  void rise_above(const LiveRow& row) {
    if (row.path.starts_with(prefix_)) sequence_ = std::max(sequence_, row.sequence);
  }
  /// While held no heartbeat is due, and none is part of a beat: the one in the database is still needed
  /// (relay/previous_run.h).
  void hold(bool held) { is_held_.store(held, std::memory_order_relaxed); }
  /// From now on the count of gaps is right: the one before this run's first subscription is in it, or there was none.
  /// Until then a beat takes away the count of the run before instead of writing one.
  void gaps_are_known();
  std::unique_ptr<FragmentBlock> beat(const flush::FlushState& state, const Now& now,
                                      flush::RunState run_state) override;

  /// The path of one of its values, as routes write paths.
  [[nodiscard]] std::string path_of(std::string_view name) const { return prefix_ + std::string(name); }
  /// One gap as an entry of relay/{instance}/gaps, for good. A beat with the new count is due at once.
  std::unique_ptr<FragmentBlock> gap_block(const bus::Gap& gap);

 private:
  void add(FragmentBlock& block, std::string_view name, std::string_view json);

  std::string prefix_;  ///< `relay/{instance}/`, as it stands between quotes
  std::chrono::seconds every_;
  UtcMillis started_at_;
  SteadyTime due_;
  Sequence sequence_ = 0;
  std::atomic<std::uint64_t> gaps_{0};
  std::atomic<bool> is_held_{false};
  std::atomic<bool> are_gaps_known_{false};
  std::atomic<bool> has_news_{false};  ///< the count has changed since the last beat
};

}  // namespace firebase_relay::relay
