#include "base/queue.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace firebase_relay {
namespace {

TEST(Queue, HandsEveryElementOverOnceWhoeverTakesIt) {
  constexpr int kElements = 20'000;
  Queue<int> queue;
  std::vector<std::vector<int>> taken(3);
  {
    std::vector<std::jthread> consumers;
    for (auto& mine : taken) {
      consumers.emplace_back([&queue, &mine] {
        while (auto element = queue.pop()) mine.push_back(*element);
      });
    }
    for (int i = 0; i < kElements; ++i) queue.push(std::make_unique<int>(i));
    queue.close();
  }

  std::set<int> all;
  for (const auto& mine : taken) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));  // one producer: each consumer sees its order
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kElements));
}

TEST(Queue, GivesWhatIsLeftAfterCloseAndThenNull) {
  Queue<int> queue;
  queue.push(std::make_unique<int>(7));
  queue.close();

  EXPECT_EQ(*queue.pop(), 7);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(ByteBudget, IsFullAtItsBoundAndHasRoomAgainAtHalf) {
  ByteBudget budget(100);
  budget.add(99, 1);
  EXPECT_FALSE(budget.is_full());
  budget.add(1, 1);
  EXPECT_TRUE(budget.is_full());

  budget.release(49, 1);
  EXPECT_FALSE(budget.has_room());
  budget.release(1, 1);
  EXPECT_TRUE(budget.has_room());
  EXPECT_EQ(budget.messages(), 0u);
}

}  // namespace
}  // namespace firebase_relay
