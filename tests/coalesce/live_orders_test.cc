#include "coalesce/live_orders.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace firebase_relay::coalesce {
namespace {

/// One message about an order; gives back the paths that have to leave with it.
class Orders {
 public:
  explicit Orders(std::size_t closed_max, const std::vector<LiveOrder>& restored = {})
      : orders_(closed_max, restored), sequence_(restored.empty() ? 0 : restored.back().sequence) {}
  std::set<std::string> message(const std::string& ticker, const std::string& id, bool closed) {
    FragmentBlock block;
    const std::string prefix = "services/" + ticker + "/orders";
    block.text = prefix + "/" + id;
    block.orders.push_back({++sequence_, hash_of_path(block.text), 0, static_cast<std::uint32_t>(block.text.size()),
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

  LiveOrders& list() { return orders_; }

 private:
  LiveOrders orders_;
  Sequence sequence_ = 0;
};

/// As the list asks delivery: all is done …
bool nothing(std::string_view) { return false; }
/// … or nothing is.
bool anything(std::string_view) { return true; }

const SteadyTime kToday(std::chrono::seconds(100));
using Paths = std::set<std::string>;

TEST(LiveOrders, OldestLeavesWithTheOneThatIsTooMany) {
  Orders orders(2);
  EXPECT_EQ(orders.message("A", "1", true), Paths{});
  EXPECT_EQ(orders.message("A", "2", true), Paths{});
  EXPECT_EQ(orders.message("A", "3", true), Paths{"services/A/orders/1"});
  EXPECT_EQ(orders.message("A", "4", true), Paths{"services/A/orders/2"});
}

TEST(LiveOrders, OldestIsTheOneThatChangedLongestAgo) {
  Orders orders(2);
  orders.message("A", "1", true);
  orders.message("A", "2", true);
  orders.message("A", "1", true);
  EXPECT_EQ(orders.message("A", "3", true), Paths{"services/A/orders/2"});
}

TEST(LiveOrders, OpenOnesDoNotCountAndComeBackWhenTheyCloseAgain) {
  Orders orders(1);
  orders.message("A", "1", true);
  orders.message("A", "1", false);
  EXPECT_EQ(orders.message("A", "2", true), Paths{}) << "1 is open again";
  EXPECT_EQ(orders.message("A", "1", true), Paths{"services/A/orders/2"});
}

TEST(LiveOrders, TickersDoNotCompete) {
  Orders orders(1);
  orders.message("A", "1", true);
  EXPECT_EQ(orders.message("B", "1", true), Paths{});
  EXPECT_EQ(orders.message("A", "2", true), Paths{"services/A/orders/1"});
}

TEST(LiveOrders, ZeroKeepsAll) {
  Orders orders(0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(orders.message("A", std::to_string(i), true), Paths{});
}

TEST(LiveOrders, OfOpenOnesTheNewest500Stay) {
  Orders orders(50);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(orders.message("A", std::to_string(i), false), Paths{});
  EXPECT_EQ(orders.message("A", "500", false), Paths{"services/A/orders/0"});
}

LiveOrder live_order(const std::string& id, Sequence sequence, bool closed) {
  return {"services/A/orders/" + id, static_cast<std::uint32_t>(std::string("services/A/orders").size()), sequence,
          closed};
}

std::set<std::string> paths_of(const std::vector<LiveOrder>& orders) {
  std::set<std::string> paths;
  for (const LiveOrder& order : orders) paths.insert(order.path);
  return paths;
}

TEST(LiveOrders, RestoredOnesCountAndTheOldestOfThemLeaves) {
  Orders orders(2, {live_order("1", 5, true), live_order("2", 6, true)});
  EXPECT_FALSE(orders.list().has_changes());
  EXPECT_EQ(orders.message("A", "3", true), Paths{"services/A/orders/1"});
}

TEST(LiveOrders, RestoredOpenOneThatClosesPushesAClosedOneOut) {
  Orders orders(1, {live_order("1", 5, true), live_order("2", 6, false)});
  EXPECT_EQ(orders.message("A", "2", true), Paths{"services/A/orders/1"});
}

TEST(LiveOrders, HaveToBeSavedOnlyWhenOneComesClosesOrLeaves) {
  Orders orders(2);
  orders.message("A", "1", false);
  EXPECT_TRUE(orders.list().has_changes());
  EXPECT_EQ(paths_of(orders.list().take_changes(nothing).put), Paths{"services/A/orders/1"});
  EXPECT_FALSE(orders.list().has_changes());
  orders.message("A", "1", false);
  EXPECT_FALSE(orders.list().has_changes()) << "a fill of an open order is none";
  orders.message("A", "1", true);
  EXPECT_TRUE(orders.list().has_changes());
  EXPECT_TRUE(orders.list().take_changes(nothing).put.at(0).closed);
}

TEST(LiveOrders, ThatComeAgainInAReplayAreSavedInTheirOrder) {
  Orders replay(2, {live_order("1", 5, true), live_order("2", 6, true)});
  replay.message("A", "1", false);
  replay.message("A", "1", true);
  replay.message("A", "2", true);  // it was open, too, in the same block
  std::vector<LiveOrder> rows = replay.list().take_changes(nothing).put;
  ASSERT_EQ(rows.size(), 3u);
  rows.erase(rows.begin());  // the next one stands in its place
  Orders orders(2, rows);
  EXPECT_EQ(orders.message("A", "3", true), Paths{"services/A/orders/1"});
}

TEST(LiveOrders, RemovalIsNotSavedBeforeItIsDone) {
  Orders orders(1, {live_order("1", 5, true)});
  orders.message("A", "2", true);
  const LiveOrdersChange first = orders.list().take_changes(anything);
  EXPECT_EQ(paths_of(first.put), Paths{"services/A/orders/2"});
  EXPECT_TRUE(first.removed.empty()) << "the database does not know of it yet";
  EXPECT_TRUE(orders.list().take_changes(anything).removed.empty()) << "nor does it after any time";
  EXPECT_EQ(orders.list().take_changes(nothing).removed, (std::vector<std::string>{"services/A/orders/1"}));
  EXPECT_TRUE(orders.list().take_changes(nothing).removed.empty());
}

TEST(LiveOrders, RemovalWaitsForThoseBeforeIt) {
  Orders orders(1, {live_order("1", 5, true)});
  for (const char* id : {"2", "3"}) orders.message("A", id, true);
  const auto second = [](std::string_view path) { return path == "services/A/orders/2"; };
  EXPECT_EQ(orders.list().take_changes(second).removed, (std::vector<std::string>{"services/A/orders/1"}));
  EXPECT_TRUE(orders.list().take_changes(second).removed.empty());
  EXPECT_EQ(orders.list().take_changes(nothing).removed, (std::vector<std::string>{"services/A/orders/2"}));
}

TEST(LiveOrders, OneThatStaysForGoodLeavesTheListOnceItIsDone) {
  Orders orders(0, {live_order("1", 5, false)});
  orders.message("A", "1", true);
  orders.message("A", "1", true);
  EXPECT_TRUE(orders.list().take_changes(anything).removed.empty());
  EXPECT_EQ(orders.list().take_changes(nothing).removed, (std::vector<std::string>{"services/A/orders/1"}));
}

TEST(LiveOrders, ThatComesBackKeepsItsRow) {
  Orders orders(1, {live_order("1", 5, true)});
  orders.message("A", "2", true);
  orders.message("A", "1", true);  // and pushes the other out
  EXPECT_EQ(paths_of(orders.list().take_changes(anything).put), (Paths{"services/A/orders/1", "services/A/orders/2"}));
  EXPECT_EQ(orders.list().take_changes(nothing).removed, (std::vector<std::string>{"services/A/orders/2"}));
}

TEST(LiveOrders, RemovalThatCouldNotBeSavedIsSavedLater) {
  Orders orders(1, {live_order("1", 5, true)});
  orders.message("A", "2", true);
  orders.list().take_changes(anything);
  orders.list().not_saved(orders.list().take_changes(nothing), kToday);
  EXPECT_EQ(orders.list().take_changes(nothing).removed, (std::vector<std::string>{"services/A/orders/1"}));
}

TEST(LiveOrders, TwoPathsMayHaveOneHash) {
  LiveOrders orders(1);
  const auto apply = [&orders](const std::string& path, Sequence sequence) {
    FragmentBlock block;
    block.text = path;
    block.orders.push_back({sequence, 42, 0, static_cast<std::uint32_t>(path.size()), 10, true});
    orders.apply(block);
    return block.live.empty() ? "" : std::string(block.path_of(block.live.at(0)));
  };
  EXPECT_EQ(apply("services/A/1", 1), "");
  EXPECT_EQ(apply("services/A/2", 2), "services/A/1");
  EXPECT_EQ(apply("services/A/2", 3), "") << "it is known";
  EXPECT_EQ(apply("services/A/1", 4), "services/A/2");
}

TEST(LiveOrders, ThatCouldNotBeSavedAreAllSavedAgain) {
  Orders orders(5, {live_order("1", 5, true)});
  orders.message("A", "2", true);
  orders.list().not_saved(orders.list().take_changes(nothing), kToday);
  EXPECT_FALSE(orders.list().is_to_be_saved(kToday + std::chrono::milliseconds(4999)));
  EXPECT_TRUE(orders.list().is_to_be_saved(kToday + std::chrono::seconds(5)));
  EXPECT_TRUE(orders.list().has_changes());
  EXPECT_EQ(paths_of(orders.list().take_changes(nothing).put), (Paths{"services/A/orders/1", "services/A/orders/2"}));
  EXPECT_FALSE(orders.list().has_changes());
}

}  // namespace
}  // namespace firebase_relay::coalesce
