// The judge must be able to say no: each thing that could be wrong with a tree is found.
#include <gtest/gtest.h>

#include "broker_sim/comparison.h"
#include "broker_sim/expectation.h"
#include "broker_sim/ledger.h"
#include "support/temp_dir.h"

namespace broker_sim {
namespace {

using nlohmann::json;

constexpr std::int64_t kNow = 1'778'078'351'786;
constexpr const char* kTime = "2026-05-06T14:39:11.786Z";
constexpr const char* kDay = "2026-05-06";
constexpr const char* kKey = "-P7CPCZbXhYYICIK96M9";

/// The key of `kNow`, with another end.
std::string key(char last) {
  const std::string alphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  std::string text(8, '-');
  std::int64_t ms = kNow;
  for (std::size_t i = 8; i-- > 0; ms /= 64) text[i] = alphabet[static_cast<std::size_t>(ms % 64)];
  return text + std::string(11, 'x') + last;
}

Expectation expected() {
  Expectation all(50);
  const std::string price =
      R"({"type":"price","price":"1.5","volume":null,"symbol":"BRK.B","timestamp":")" + std::string(kTime) + "\"}";
  all.add({"TICKER_UPDATES_BRK.B", price}, kNow);
  all.add({"TICKER_UPDATES_BRK.B", price}, kNow);
  all.add({"NEWS", "{\"a\":[1,2]}"}, kNow);
  all.add({"NEWS", "{"}, kNow);
  all.add({"__keyspace@0__:x", "1"}, kNow);
  return all;
}

struct Tree {
  json services = json::parse(R"({"BRK%2EB":{"price":"1.5","symbol":"BRK.B","timestamp":"2026-05-06T14:39:11.786Z",
                                  "last_updated":"2026-05-06T14:39:12.000Z"}})");
  json channels = json::parse(R"({"NEWS":{"a":[1,2]}})");
  json history = {{"BRK%2EB", {{"prices", {{kDay, {{key('a'), price()}, {key('b'), price()}}}}}}},
                  {"_channels", {{"NEWS", {{kDay, {{key('c'), {{"a", {1, 2}}}}}}}}}}};
  static json price() { return {{"type", "price"}, {"price", "1.5"}, {"symbol", "BRK.B"}, {"timestamp", kTime}}; }
  [[nodiscard]] Difference difference() const { return difference(Live::kAll); }
  [[nodiscard]] Difference difference(Live live) const {
    return compare(expected(), services, channels, history, live);
  }
};

TEST(Judge, TakesTheRightTree) {
  const Difference difference = Tree().difference();
  EXPECT_TRUE(difference.none()) << testing::PrintToString(difference.examples);
}

TEST(Judge, TakesListsAsObjectsAndNumbersByTheirValue) {
  Tree tree;
  tree.channels["NEWS"] = json::parse(R"({"a":{"0":1.0,"1":2}})");
  EXPECT_TRUE(tree.difference().none());
}

TEST(Judge, FindsWhatIsMissing) {
  Tree tree;
  tree.history["BRK%2EB"]["prices"][kDay].erase(key('b'));
  EXPECT_EQ(tree.difference().missing, 1u) << "equal messages stay two";
  tree = {};
  tree.services["BRK%2EB"].erase("price");
  EXPECT_EQ(tree.difference().missing, 1u);
  tree = {};
  tree.channels = nullptr;
  EXPECT_EQ(tree.difference().missing, 1u);
  tree = {};
  tree.services["BRK%2EB"].erase("last_updated");
  EXPECT_FALSE(tree.difference().none());
}

TEST(Judge, FindsWhatNobodyPublished) {
  Tree tree;
  tree.history["BRK%2EB"]["prices"][kDay][key('d')] = Tree::price();
  EXPECT_EQ(tree.difference().unexpected, 1u);
  tree = {};
  tree.history["BRK%2EB"]["orders"][key('d')] = {{"x", 1}};
  EXPECT_EQ(tree.difference().unexpected, 1u);
  tree = {};
  tree.services["BRK%2EB"]["volume"] = 5;
  EXPECT_EQ(tree.difference().unexpected, 1u) << "null clears";
  tree = {};
  tree.services["AAPL"]["price"] = 5;
  EXPECT_EQ(tree.difference().unexpected, 1u);
}

TEST(Judge, LeavesOutLiveOrdersAloneWhereTheyAreNotWanted) {
  Tree tree;
  tree.services["BRK%2EB"]["orders"]["1"] = {{"event", "new"}};
  EXPECT_FALSE(tree.difference().none());
  EXPECT_TRUE(tree.difference(Live::kWithoutOrders).none());
  tree.services["BRK%2EB"]["price"] = "1.50";
  EXPECT_EQ(tree.difference(Live::kWithoutOrders).wrong, 1u) << "prices are compared";
  tree = {};
  tree.history["BRK%2EB"]["orders"][key('d')] = {{"x", 1}};
  EXPECT_EQ(tree.difference(Live::kWithoutOrders).unexpected, 1u) << "so is the orders' history";
}

TEST(Judge, FindsWhatIsWrong) {
  Tree tree;
  tree.services["BRK%2EB"]["price"] = "1.50";
  EXPECT_EQ(tree.difference().wrong, 1u) << "a text keeps its spelling";
  tree = {};
  tree.services["BRK%2EB"]["last_updated"] = "soon";
  EXPECT_EQ(tree.difference().wrong, 1u);
  tree = {};
  tree.history["BRK%2EB"]["prices"][kDay].erase(key('b'));
  tree.history["BRK%2EB"]["prices"]["2025-10-02"]["-OaaaaaaXhYYICIK96M9"] = Tree::price();
  EXPECT_EQ(tree.difference().wrong, 1u) << "the key's time is not the message's";
  tree = {};
  tree.history["BRK%2EB"]["prices"][kDay].erase(key('b'));
  tree.history["BRK%2EB"]["prices"][kDay]["short"] = Tree::price();
  EXPECT_FALSE(tree.difference().none());
}

TEST(Judge, FindsWhatStandsBelowAnotherDayOrWithoutOne) {
  Tree tree;
  tree.history["BRK%2EB"]["prices"]["2026-05-07"][key('b')] = Tree::price();
  tree.history["BRK%2EB"]["prices"][kDay].erase(key('b'));
  EXPECT_EQ(tree.difference().wrong, 1u);
  EXPECT_EQ(tree.difference().missing, 1u);
  tree = {};
  tree.history["BRK%2EB"]["prices"] = {{key('a'), Tree::price()}, {key('b'), Tree::price()}};
  EXPECT_EQ(tree.difference().missing, 2u);
}

TEST(Judge, ArrivalMayBeLaterButNotEarlierThanPublishing) {
  Tree tree;
  tree.history["_channels"]["NEWS"] = {{"2026-11-24", {{kKey, {{"a", {1, 2}}}}}}};
  EXPECT_FALSE(tree.difference().none()) << "half a year later";
}

TEST(Judge, KeepsTheNewestClosedOrders) {
  Expectation all(2);
  for (const char* id : {"1", "2", "3"}) {
    all.add({"X", R"({"type":"order","order_data":{"order":{"symbol":"A","status":"filled","id":")" + std::string(id) +
                      "\"}}}"},
            kNow);
  }
  EXPECT_FALSE(all.live().contains("services/A/orders/1"));
  EXPECT_TRUE(all.live().contains("services/A/orders/2"));
  EXPECT_TRUE(all.live().contains("services/A/orders/3"));
}

TEST(Ledger, BringsEveryByteBack) {
  const test_support::TempDir dir;
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const std::vector<Publication> published = {{all, ""}, {"", all + "x"}, {"c", all + "xy"}};
  LedgerWriter writer(dir.file("ledger"));
  for (const Publication& publication : published) writer.add(publication, 7);
  writer.close();
  std::size_t i = 0;
  read_ledger(dir.file("ledger"), [&](const Publication& publication, std::int64_t at_ms) {
    EXPECT_EQ(publication.channel, published.at(i).channel);
    EXPECT_EQ(publication.payload, published.at(i).payload);
    EXPECT_EQ(at_ms, 7);
    ++i;
  });
  EXPECT_EQ(i, published.size());
  EXPECT_THROW(LedgerWriter("/nowhere/ledger"), std::runtime_error);
}

}  // namespace
}  // namespace broker_sim
