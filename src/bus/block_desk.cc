#include "bus/block_desk.h"

#include <utility>

namespace firebase_relay::bus {

std::unique_ptr<MessageBlock> BlockDesk::fresh() {
  std::unique_ptr<MessageBlock> block = wiring_.emptied.try_pop();
  return block ? std::move(block) : std::make_unique<MessageBlock>();
}

void BlockDesk::hand_over(std::unique_ptr<MessageBlock>& block, const Now& arrived) {
  if (!block || block->empty()) return;
  block->number = ++last_block_;
  block->first_sequence = last_sequence_ + 1;
  block->arrived = arrived.steady;
  block->arrived_at = arrived.utc;
  last_sequence_ += block->size();
  wiring_.metrics.received.Increment(static_cast<double>(block->size()));
  wiring_.budget.add(block->bytes(), block->size());
  wiring_.messages.push(std::move(block));
}

}  // namespace firebase_relay::bus
