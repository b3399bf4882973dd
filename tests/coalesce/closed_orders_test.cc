#include "coalesce/closed_orders.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace firebase_relay::coalesce {
namespace {

/// One message about an order; gives back the paths that have to leave with it.
class Orders {
 public:
  explicit Orders(std::size_t closed_max) : orders_(closed_max) {}
  std::set<std::string> message(const std::string& ticker, const std::string& id, bool closed) {
    FragmentBlock block;
    const std::string prefix = "services/" + ticker + "/orders";
    block.text = prefix + "/" + id;
    block.orders.push_back({++sequence_, 0, static_cast<std::uint32_t>(block.text.size()),
                            static_cast<std::uint32_t>(prefix.size()), closed});
    orders_.apply(block);
    std::set<std::string> removed;
    for (const LiveUpdate& update : block.live) {
      EXPECT_EQ(block.value_of(update), "null");
      EXPECT_EQ(update.sequence, sequence_);
      removed.emplace(block.path_of(update));
    }
    return removed;
  }

 private:
  ClosedOrders orders_;
  Sequence sequence_ = 0;
};

using Paths = std::set<std::string>;

TEST(ClosedOrders, OldestLeavesWithTheOneThatIsTooMany) {
  Orders orders(2);
  EXPECT_EQ(orders.message("A", "1", true), Paths{});
  EXPECT_EQ(orders.message("A", "2", true), Paths{});
  EXPECT_EQ(orders.message("A", "3", true), Paths{"services/A/orders/1"});
  EXPECT_EQ(orders.message("A", "4", true), Paths{"services/A/orders/2"});
}

TEST(ClosedOrders, OldestIsTheOneThatChangedLongestAgo) {
  Orders orders(2);
  orders.message("A", "1", true);
  orders.message("A", "2", true);
  orders.message("A", "1", true);
  EXPECT_EQ(orders.message("A", "3", true), Paths{"services/A/orders/2"});
}

TEST(ClosedOrders, OpenOnesDoNotCountAndComeBackWhenTheyCloseAgain) {
  Orders orders(1);
  orders.message("A", "1", true);
  orders.message("A", "1", false);
  EXPECT_EQ(orders.message("A", "2", true), Paths{}) << "1 is open again";
  EXPECT_EQ(orders.message("A", "1", true), Paths{"services/A/orders/2"});
}

TEST(ClosedOrders, TickersDoNotCompete) {
  Orders orders(1);
  orders.message("A", "1", true);
  EXPECT_EQ(orders.message("B", "1", true), Paths{});
  EXPECT_EQ(orders.message("A", "2", true), Paths{"services/A/orders/1"});
}

TEST(ClosedOrders, ZeroKeepsAll) {
  Orders orders(0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(orders.message("A", std::to_string(i), true), Paths{});
}

TEST(ClosedOrders, OfOpenOnesTheNewest500Stay) {
  Orders orders(50);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(orders.message("A", std::to_string(i), false), Paths{});
  EXPECT_EQ(orders.message("A", "500", false), Paths{"services/A/orders/0"});
}

}  // namespace
}  // namespace firebase_relay::coalesce
