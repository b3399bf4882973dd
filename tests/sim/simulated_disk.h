#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "firebase_relay/delivery.h"
#include "outbox/memory_outbox.h"
#include "sim/random.h"

namespace firebase_relay::sim {

/// The outbox behind a disk that takes its time, fails, damages what it holds, and keeps what was done when the relay
/// is killed: operations are done one after the other, each wholly or not at all. When the power goes, what was not
/// synced may be gone, from some operation on (as a write-ahead log loses it).
class SimulatedDisk {
 public:
  void submit(const Persist& action, const Now& now, Random& random);
  void submit(const Forget& action, const Now& now, Random& random);
  void submit(const Load& action, const Now& now, Random& random);
  void submit(const ShedBytes& action, const Now& now, Random& random);
  void submit(const Sync& action, const Now& now, Random& random);

  /// What is done by now, as events in their order.
  std::vector<Event> proceed(const Now& now);
  [[nodiscard]] SteadyTime next() const { return queue_.empty() ? SteadyTime::max() : queue_.front().at; }
  /// The relay was killed: of what is under way the first operations are done, the others never.
  void relay_killed(Random& random);
  /// What a power cut took.
  struct Lost {
    SteadyTime since;             ///< when the oldest of the lost operations was done
    std::set<std::string> paths;  ///< of live values that had been saved
  };
  /// The power went, too. Nothing: no operation was lost.
  std::optional<Lost> power_cut(Random& random);
  [[nodiscard]] Restored restored() const { return outbox_.restored(); }

  /// What a power cut leaves for certain: in how many batches each history entry stands, and the live values.
  struct Durable {
    struct Live {
      Sequence sequence = 0;
      std::uint64_t number = 0;
    };
    std::unordered_map<std::string, unsigned> history;
    std::unordered_map<std::string, Live> live;
    std::map<BatchId, std::vector<std::string>> paths;  ///< of the entries of each batch
    void add(const Batch& batch);
    void erase(BatchId id);
    void erase(const LiveAcknowledged& acknowledged);
  };
  const Durable& durable();
  /// Entries that were shed, or found damaged, if remembers_gone.
  [[nodiscard]] const std::set<std::string>& gone() const { return gone_; }
  bool remembers_gone = false;

  /// What was shed while nobody was left to count it.
  [[nodiscard]] const KindCounts& shed_unheard() const { return shed_unheard_; }

  void set_bytes_max(std::uint64_t bytes_max) { outbox_ = durable_ = outbox::MemoryOutbox(bytes_max); }
  bool sync_always = false;  ///< --outbox-sync full
  unsigned failing_percent = 0;
  unsigned damaged_percent = 0;  ///< of the batches loaded
  std::uint64_t slowest_ms = 20;

 private:
  struct Operation {
    SteadyTime at;
    Action action;
    bool fails;
    std::uint64_t damage;       ///< draws which of the batches loaded are damaged
    std::vector<Batch> copies;  ///< of a Persist: what it points to may be gone when a killed relay's write gets done
  };
  void submit(Action action, std::vector<Batch> copies, const Now& now, Random& random);
  Event perform(Operation operation);
  Event load(const Operation& operation);
  Event shed(Operation operation);
  void written(Operation operation, bool sync);
  void all_is_synced();
  void follow();
  void follow(const Operation& operation);
  void see_durable();
  void is_gone(const Batch& batch);

  outbox::MemoryOutbox outbox_;
  outbox::MemoryOutbox durable_;   ///< what a power cut leaves for certain, once follow() has done …
  std::vector<Operation> synced_;  ///< … what was synced since
  std::vector<Operation> unsynced_;
  std::deque<Operation> queue_;
  KindCounts shed_unheard_{};
  std::optional<Durable> seen_durable_;  ///< of durable_; none: nobody has asked, or a whole look is due
  std::set<std::string> gone_;
};

}  // namespace firebase_relay::sim
