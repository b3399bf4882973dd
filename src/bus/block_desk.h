#pragma once

#include <cstdint>
#include <memory>

#include "base/queue.h"
#include "firebase_relay/message.h"
#include "firebase_relay/time.h"
#include "observe/metrics.h"

namespace firebase_relay::bus {

/// Where a source's blocks come from and go to: numbers them and their messages without holes, and counts them.
///
/// Threads: the subscriber's.
class BlockDesk {
 public:
  /// All of it must outlive the desk.
  struct Wiring {
    Queue<MessageBlock>& messages;
    Queue<MessageBlock>& emptied;  ///< blocks to use again
    ByteBudget& budget;
    observe::Metrics& metrics;
  };
  /// Messages are numbered behind `last_sequence`.
  BlockDesk(const Wiring& wiring, Sequence last_sequence) : wiring_(wiring), last_sequence_(last_sequence) {}

  std::unique_ptr<MessageBlock> fresh();
  /// Takes `block`, unless it is empty or null.
  void hand_over(std::unique_ptr<MessageBlock>& block, const Now& arrived);
  /// Of the last message that was handed over.
  [[nodiscard]] Sequence last_sequence() const { return last_sequence_; }

 private:
  Wiring wiring_;
  Sequence last_sequence_;
  std::uint64_t last_block_ = 0;
};

}  // namespace firebase_relay::bus
