#include "coalesce/block_order.h"

#include <utility>

namespace firebase_relay::coalesce {

void BlockOrder::put(std::unique_ptr<FragmentBlock> block) {
  const std::uint64_t number = block->number;
  waiting_.emplace(number, std::move(block));
}

std::unique_ptr<FragmentBlock> BlockOrder::next() {
  const auto first = waiting_.begin();
  if (first == waiting_.end() || first->first != next_number_) return nullptr;
  ++next_number_;
  std::unique_ptr<FragmentBlock> block = std::move(first->second);
  waiting_.erase(first);
  return block;
}

}  // namespace firebase_relay::coalesce
