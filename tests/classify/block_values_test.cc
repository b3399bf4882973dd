#include "classify/block_values.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace firebase_relay::classify {
namespace {

class BlockValuesTest : public testing::Test {
 protected:
  BlockValuesTest() {
    block_.number = 1;
    place_.text =
        "services/A/price"
        "services/A/orders/";
    place_.paths.resize(2);
    place_.paths[0].whole = {0, 16};
    place_.paths[0].hash = hash_of_path(place_[place_.paths[0].whole]);
    place_.paths[1].whole = {16, 18};
    place_.paths[1].has_id = true;
  }
  BlockValues::Origin origin(Sequence sequence, std::uint32_t ticket = LiveUpdate::kNoTicket) {
    return {.sequence = sequence, .ticket = ticket, .order = OrderMark::kNone};
  }
  /// For a message without history.
  std::uint32_t ticket() {
    block_.tickets.push_back({Kind::kPrice, 0, HistoryEntry::kNoEventTime});
    return static_cast<std::uint32_t>(block_.tickets.size() - 1);
  }
  /// What the block has once it is done.
  std::map<std::string, std::string> finish() {
    values_.finish(block_);
    std::map<std::string, std::string> live;
    for (const LiveUpdate& update : block_.live) live.emplace(block_.path_of(update), block_.value_of(update));
    return live;
  }

  using Live = std::map<std::string, std::string>;
  BlockValues values_;
  FragmentBlock block_;
  Place place_;
};

TEST_F(BlockValuesTest, NewestOfEachPathIsLeft) {
  values_.put(values_.slots_of(place_, block_), "1", origin(1), block_);
  values_.put(values_.slot_of(place_, place_.paths[1], "x"), "{\"a\":1}", origin(2), block_);
  values_.put(values_.slots_of(place_, block_), "2", origin(3), block_);
  values_.put(values_.slot_of(place_, place_.paths[1], "y"), "{\"a\":2}", origin(4), block_);
  values_.put(values_.slot_of(place_, place_.paths[1], "x"), "{\"a\":3}", origin(5), block_);
  EXPECT_EQ(
      finish(),
      (Live{{"services/A/price", "2"}, {"services/A/orders/x", "{\"a\":3}"}, {"services/A/orders/y", "{\"a\":2}"}}));
  EXPECT_EQ(block_.updates_coalesced, 2u);
  for (const LiveUpdate& update : block_.live) {
    EXPECT_EQ(update.path_hash, hash_of_path(block_.path_of(update)));
    EXPECT_EQ(update.is_order, block_.path_of(update) != "services/A/price");
  }
}

TEST_F(BlockValuesTest, MessageWhoseLastValueIsOvertakenIsCoalesced) {
  const std::uint32_t first = ticket();
  values_.put(values_.slots_of(place_, block_), "1", origin(1, first), block_);
  values_.put(values_.slot_of(place_, place_.paths[1], "x"), "1", origin(1, first), block_);
  const std::uint32_t second = ticket();
  values_.put(values_.slots_of(place_, block_), "2", origin(2, second), block_);
  EXPECT_EQ(block_.coalesced, KindCounts{}) << "one of its two is left";
  values_.put(values_.slot_of(place_, place_.paths[1], "x"), "2", origin(2, second), block_);
  KindCounts one{};
  one[static_cast<std::size_t>(Kind::kPrice)] = 1;
  EXPECT_EQ(block_.coalesced, one);
  EXPECT_EQ(block_.tickets[first].updates, 0u);
  EXPECT_EQ(block_.tickets[second].updates, 2u);
  finish();
  for (const LiveUpdate& update : block_.live) EXPECT_EQ(update.ticket, second);
}

TEST_F(BlockValuesTest, LargePartOfAHistoryEntryIsNotCopied) {
  const std::string large = '"' + std::string(1000, 'x') + '"';
  const std::string message = "{\"a\":" + large + "}";
  BlockValues::Origin from_entry = origin(1);
  from_entry.entry = message;
  from_entry.entry_run = 2;
  from_entry.entry_offset = block_.history[2].add("history/A/orders/", {}, {1, 2}, message, {});
  values_.put(values_.slots_of(place_, block_), std::string_view(message).substr(5, large.size()), from_entry, block_);
  values_.put(values_.slot_of(place_, place_.paths[1], "x"), std::string_view(message).substr(0, 1), from_entry,
              block_);
  const std::string elsewhere = large;
  values_.put(values_.slot_of(place_, place_.paths[1], "y"), elsewhere, from_entry, block_);
  EXPECT_EQ(finish(),
            (Live{{"services/A/price", large}, {"services/A/orders/x", "{"}, {"services/A/orders/y", large}}));
  EXPECT_EQ(block_.shared_bytes, large.size());
  EXPECT_EQ(block_.live[0].value_in, 2u);
  EXPECT_EQ(block_.live[1].value_in, LiveUpdate::kInText) << "too small to be worth it";
  EXPECT_EQ(block_.live[2].value_in, LiveUpdate::kInText) << "equal, but no part of it";
}

TEST_F(BlockValuesTest, OrdersAreToldWithTheNewestOfTheirStates) {
  for (const OrderMark mark : {OrderMark::kOpen, OrderMark::kClosed}) {
    BlockValues::Origin from = origin(mark == OrderMark::kOpen ? 7 : 8);
    from.order = mark;
    values_.put(values_.slot_of(place_, place_.paths[1], "x"), "{}", from, block_);
    values_.put(values_.slots_of(place_, block_), "1", from, block_);
  }
  finish();
  ASSERT_EQ(block_.orders.size(), 1u) << "a path without an id is no order";
  EXPECT_EQ(block_.path_of(block_.orders[0]), "services/A/orders/x");
  EXPECT_EQ(block_.path_of(block_.orders[0]).substr(0, block_.orders[0].ticker_size), "services/A/orders");
  EXPECT_EQ(block_.orders[0].sequence, 8u);
  EXPECT_TRUE(block_.orders[0].closed);
}

TEST_F(BlockValuesTest, NextBlockBeginsAnew) {
  values_.put(values_.slots_of(place_, block_), "1", origin(1), block_);
  values_.put(values_.slot_of(place_, place_.paths[1], "x"), "1", origin(1), block_);
  finish();
  block_ = {};
  block_.number = 2;
  EXPECT_EQ(finish(), Live{});
  values_.put(values_.slot_of(place_, place_.paths[1], "x"), "2", origin(2), block_);
  EXPECT_EQ(finish(), (Live{{"services/A/orders/x", "2"}}));
  EXPECT_EQ(block_.updates_coalesced, 0u);
}

}  // namespace
}  // namespace firebase_relay::classify
