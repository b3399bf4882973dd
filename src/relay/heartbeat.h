#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "bus/redis_source.h"
#include "firebase_relay/fragment.h"
#include "flush/flusher.h"

namespace firebase_relay::relay {

/// The relay's own state at relay/{instance}/…, each value at a path of its own, so that a phone can tell "no trades"
/// from "the PC is off". Ordinary fragments, which go the way of all others; no message, so nothing counts them.
///
/// Threads: the flusher's, but gap_block(), which the subscriber calls.
class StateWriter final : public flush::Heartbeat {
 public:
  /// `every` 0: no heartbeat; gaps are written all the same.
  StateWriter(std::string_view instance, std::chrono::seconds every, const Now& started);

  [[nodiscard]] SteadyTime due() const override { return due_; }
  std::unique_ptr<FragmentBlock> beat(const flush::FlushState& state, const Now& now, flush::RunState run_state) override;

  /// One gap as an entry of relay/{instance}/gaps, for good; the heartbeat counts it from now on.
  std::unique_ptr<FragmentBlock> gap_block(const bus::Gap& gap);

 private:
  void add(FragmentBlock& block, std::string_view name, std::string_view json);

  std::string prefix_;  ///< `relay/{instance}/`, as it stands between quotes
  std::chrono::seconds every_;
  UtcMillis started_at_;
  SteadyTime due_;
  Sequence sequence_ = 0;
  std::atomic<std::uint64_t> gaps_{0};
};

}  // namespace firebase_relay::relay
