#include "coalesce/block_order.h"

#include <utility>

#include "base/invariant.h"

namespace firebase_relay::coalesce {

void BlockOrder::put(std::unique_ptr<FragmentBlock> block) {
  const std::uint64_t number = block->number;
  invariant(number >= next_number_, "a block comes that has its turn behind it");
  waiting_.emplace(number, std::move(block));
}

const FragmentBlock* BlockOrder::front() const {
  const auto first = waiting_.begin();
  return first != waiting_.end() && first->first == next_number_ ? first->second.get() : nullptr;
}

std::unique_ptr<FragmentBlock> BlockOrder::next() {
  if (!front()) return nullptr;
  const auto first = waiting_.begin();
  ++next_number_;
  std::unique_ptr<FragmentBlock> block = std::move(first->second);
  waiting_.erase(first);
  return block;
}

}  // namespace firebase_relay::coalesce
