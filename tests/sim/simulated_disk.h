#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "firebase_relay/delivery.h"
#include "outbox/memory_outbox.h"
#include "sim/random.h"

namespace firebase_relay::sim {

/// The outbox behind a disk that takes its time, fails, and keeps what was done when the relay is killed: operations
/// are done one after the other, each wholly or not at all.
class SimulatedDisk {
 public:
  void submit(const Persist& action, const Now& now, Random& random);
  void submit(const Acknowledge& action, const Now& now, Random& random);
  void submit(const Load& action, const Now& now, Random& random);
  void submit(const ShedBytes& action, const Now& now, Random& random);

  /// What is done by now, as events in their order.
  std::vector<Event> proceed(const Now& now);
  [[nodiscard]] SteadyTime next() const { return queue_.empty() ? SteadyTime::max() : queue_.front().at; }
  /// The relay was killed: of what is under way the first operations are done, the others never.
  void relay_killed(Random& random);
  [[nodiscard]] Restored restored() const { return outbox_.restored(); }

  unsigned failing_percent = 0;
  std::uint64_t slowest_ms = 20;

 private:
  struct Operation {
    SteadyTime at;
    Action action;
    bool fails;
    std::vector<Batch> copies;  ///< of a Persist: what it points to may be gone when a killed relay's write gets done
  };
  void submit(Action action, std::vector<Batch> copies, const Now& now, Random& random);
  Event perform(Operation& operation);

  outbox::MemoryOutbox outbox_;
  std::deque<Operation> queue_;
};

}  // namespace firebase_relay::sim
