#include "coalesce/block_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace firebase_relay::coalesce {
namespace {

TEST(BlockOrder, GivesBlocksBackInOrderHoweverTheyCome) {
  std::vector<std::uint64_t> numbers(500);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i + 1;
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937_64(3));
  BlockOrder order;
  std::vector<std::uint64_t> out;
  for (const std::uint64_t number : numbers) {
    auto block = std::make_unique<FragmentBlock>();
    block->number = number;
    order.put(std::move(block));
    while (auto next = order.next()) out.push_back(next->number);
  }
  EXPECT_EQ(out.size(), numbers.size());
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end()));
  EXPECT_TRUE(order.is_empty());
}

TEST(BlockOrder, WaitsForTheMissingOne) {
  BlockOrder order;
  auto second = std::make_unique<FragmentBlock>();
  second->number = 2;
  order.put(std::move(second));
  EXPECT_EQ(order.next(), nullptr);
  EXPECT_FALSE(order.is_empty());
}

}  // namespace
}  // namespace firebase_relay::coalesce
