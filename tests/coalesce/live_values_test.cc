#include "coalesce/live_values.h"

#include <gtest/gtest.h>
#include <malloc.h>

namespace firebase_relay::coalesce {
namespace {

constexpr std::uint64_t kPlenty = 1 << 20;
const SteadyTime kNow(std::chrono::seconds(100));

class LiveValuesTest : public testing::Test {
 protected:
  bool merge(const std::string& path, const std::string& value, Sequence sequence,
             std::uint32_t ticket = LiveValues::kNoTicket) {
    return map_.merge({path, hash_of_path(path), value, sequence, ticket, false}, kNow);
  }
  void merge_order(const std::string& path, Sequence sequence) {
    map_.merge({path, hash_of_path(path), "0", sequence, LiveValues::kNoTicket, true}, kNow);
  }
  /// What is taken, as text; the sent ones go to sent_.
  std::string take(std::uint64_t bytes_max = kPlenty, bool narrow = false) {
    LiveValues::Taken taken = map_.take(bytes_max, narrow);
    sent_ = std::move(taken.sent);
    base_ = std::move(taken.base);
    parts_ = std::move(taken.parts);
    EXPECT_EQ(taken.bytes, sent_text().size());
    return sent_text();
  }
  /// What is under way, as it stands now.
  [[nodiscard]] std::string sent_text() const {
    std::string text;
    for (const std::string_view part : parts_) text += part;
    return text;
  }
  /// Of path a: 2 stands in the database, and 1 may yet be applied.
  void lose_one_and_have_two_taken() {
    merge("a", "1", 1);
    take();
    map_.give_back(sent_, kNow);
    merge("a", "2", 2);
    take();
    acknowledge();
  }
  void acknowledge() { map_.acknowledge(sent_); }
  void save() {
    rows_ = map_.save([](std::uint32_t) { return Kind::kPrice; });
    map_.saved(true);
  }

  LiveValues map_;
  std::string base_;
  std::vector<std::string_view> parts_;
  std::vector<LiveValues::Sent> sent_;
  std::vector<LiveRow> rows_;
};

TEST_F(LiveValuesTest, NewestValueWinsInWhateverOrderTheyCome) {
  EXPECT_FALSE(merge("a", "1", 10));
  EXPECT_TRUE(merge("a", "0", 9)) << "overtaken before it came";
  EXPECT_TRUE(merge("a", "2", 11));
  EXPECT_EQ(take(), "\"a\":2,");
  EXPECT_EQ(take(), "") << "one request at a time has it";
}

TEST_F(LiveValuesTest, ValueThatComesWhileOneIsUnderWayIsSentAfterTheAnswer) {
  merge("a", "1", 1);
  EXPECT_EQ(take(), "\"a\":1,");
  EXPECT_FALSE(merge("a", "2", 2)) << "the first is under way, not overtaken";
  EXPECT_FALSE(map_.has_sendable());
  acknowledge();
  EXPECT_EQ(take(), "\"a\":2,");
  acknowledge();
  EXPECT_EQ(take(), "");
  EXPECT_EQ(map_.size(), 0u) << "nothing is remembered of what was acknowledged";
}

TEST_F(LiveValuesTest, PathThatRestsTakesAnyNumberAsIfItHadNeverBeen) {
  merge("a", "1", 5);
  take();
  acknowledge();
  EXPECT_FALSE(merge("a", "2", 5)) << "a dead letter that is sent again has the newest message's number";
  EXPECT_EQ(map_.size(), 1u);
  EXPECT_EQ(take(), "\"a\":2,");
  acknowledge();
  EXPECT_EQ(map_.size(), 0u);
  EXPECT_EQ(map_.flaw({}), "");
}

TEST_F(LiveValuesTest, LargeValuesAndOrdersLeaveTheirMemoryWhenTheyAreAcknowledged) {
  const std::size_t before = ::mallinfo2().uordblks;
  for (Sequence i = 1; i <= 200; ++i) {
    merge(std::to_string(i), std::string(10'000, 'x'), i);
    map_.merge({"o" + std::to_string(i), 1'000'000 + i, "{}", i, LiveValues::kNoTicket, true}, kNow);
  }
  while (!take().empty()) acknowledge();
  EXPECT_EQ(map_.size(), 0u);
  EXPECT_LT(::mallinfo2().uordblks, before + 500'000);
}

TEST_F(LiveValuesTest, WhatIsUnderWayStaysAsItIsWhateverComes) {
  merge("a", "1", 1);
  const std::string sent = take();
  for (Sequence sequence = 2; sequence < 200; ++sequence) {
    merge("a", std::string(sequence, '2'), sequence);
    merge("b" + std::to_string(sequence), "0", sequence);
    ASSERT_EQ(sent_text(), sent);
  }
  save();
  EXPECT_EQ(rows_.front().value, std::string(199, '2')) << "the newest is saved, not the one under way";
  map_.give_back(sent_, std::nullopt);
  EXPECT_EQ(take(1), "\"b2\":0,");
  EXPECT_NE(take().find("\"a\":" + std::string(199, '2') + ','), std::string::npos);
}

TEST_F(LiveValuesTest, OrdersGoBehindAllOthers) {
  merge_order("a/orders/1", 1);
  merge("a/price", "1", 2);
  merge_order("a/orders/2", 3);
  merge("b/price", "2", 4);
  EXPECT_EQ(take(36), "\"a/price\":1,\"b/price\":2,");
  EXPECT_EQ(take(), "\"a/orders/1\":0,\"a/orders/2\":0,");
}

TEST_F(LiveValuesTest, OrdersHaveTheirTurnThoughOthersFillEveryRequest) {
  merge_order("a/orders/1", 1);
  Sequence sequence = 1;
  std::string taken;
  int requests = 0;
  for (; requests < 100 && taken.find("orders") == std::string::npos; ++requests) {
    ++sequence;
    merge("p" + std::to_string(sequence), "1", sequence);
    taken = take(1);
  }
  EXPECT_EQ(requests, 17);
}

TEST_F(LiveValuesTest, OrdersThatFillEveryRequestHaveNoTurnAheadOfOthers) {
  constexpr Sequence kRequests = 16;  // after so many without one the orders have their turn
  for (Sequence sequence = 1; sequence <= 2 * kRequests; ++sequence)
    merge_order("o" + std::to_string(sequence), sequence);
  constexpr std::uint64_t kOneOrder = 8;
  for (Sequence request = 0; request < kRequests; ++request) {
    ASSERT_NE(take(kOneOrder), "") << "an order that leaves others behind";
    acknowledge();
  }
  merge("p", "1", 1'000);
  EXPECT_EQ(take(kOneOrder), "\"p\":1,");
}

TEST_F(LiveValuesTest, WhatHasWaitedIsTakenOrOvertakenByWhatWaitsAsLong) {
  EXPECT_FALSE(map_.has_waited_since(kNow));
  merge("a", "1", 1);
  EXPECT_TRUE(map_.has_waited_since(kNow));
  EXPECT_FALSE(map_.has_waited_since(kNow - std::chrono::seconds(1)));
  take();
  EXPECT_FALSE(map_.has_waited_since(kNow)) << "it is under way";
  map_.merge({"a", hash_of_path("a"), "2", 2, LiveValues::kNoTicket, false}, kNow + std::chrono::seconds(9));
  map_.give_back(sent_, std::nullopt);
  EXPECT_TRUE(map_.has_waited_since(kNow)) << "the path has waited since then";
}

TEST_F(LiveValuesTest, TwoPathsMayHaveOneHash) {
  const auto merge_as = [this](const char* path, const char* value, Sequence sequence) {
    return map_.merge({path, 42, value, sequence, LiveValues::kNoTicket, false}, kNow);
  };
  EXPECT_FALSE(merge_as("a", "1", 1));
  EXPECT_FALSE(merge_as("b", "2", 2));
  EXPECT_TRUE(merge_as("a", "3", 3));
  EXPECT_EQ(take(), "\"a\":3,\"b\":2,");
  sent_.pop_back();
  acknowledge();
  EXPECT_EQ(map_.size(), 1u);
  EXPECT_FALSE(merge_as("a", "4", 4)) << "it is not b's";
}

// An order that has left is a removal, and in an outage there may be very many.
TEST_F(LiveValuesTest, LargeValueThatIsOvertakenLeavesNoLargeRest) {
  const std::size_t before = ::mallinfo2().uordblks;
  for (Sequence order = 1; order <= 2'000; ++order) {
    merge(std::to_string(order), std::string(10'000, 'x'), 2 * order);
    merge(std::to_string(order), "null", 2 * order + 1);
  }
  EXPECT_EQ(map_.size(), 2'000u);
  EXPECT_LT(::mallinfo2().uordblks, before + 2'000'000);
}

TEST_F(LiveValuesTest, NarrowRequestsAreEachBelowOneChildOfTheRootAndTheRootsOwnChildrenTogether) {
  for (const char* path : {"a/b/c", "x", "a/d", "y", "b/e"}) merge(path, "1", 1);
  EXPECT_EQ(take(kPlenty, true), "\"b/c\":1,\"d\":1,");
  EXPECT_EQ(base_, "a");
  EXPECT_EQ(take(kPlenty, true), "\"x\":1,\"y\":1,") << "a value cannot be patched below itself";
  EXPECT_EQ(base_, "");
  EXPECT_EQ(take(kPlenty, true), "\"e\":1,");
  EXPECT_EQ(base_, "b");
}

TEST_F(LiveValuesTest, RetrySendsTheNewestValue) {
  merge("a", "1", 1);
  take();
  merge("a", "2", 2);
  map_.give_back(sent_, std::nullopt);
  EXPECT_EQ(take(), "\"a\":2,");
}

TEST_F(LiveValuesTest, NewestStateIsSentOnceMoreAfterALostAnswer) {
  merge("a", "1", 1);
  take();
  map_.give_back(sent_, kNow);
  EXPECT_EQ(take(), "\"a\":1,");
  acknowledge();
  EXPECT_EQ(map_.next_settling(), kNow);
  map_.settle(kNow - std::chrono::milliseconds(1));
  EXPECT_FALSE(map_.has_sendable());
  map_.settle(kNow);
  EXPECT_EQ(take(), "\"a\":1,");
  acknowledge();
  EXPECT_EQ(map_.size(), 0u);
  EXPECT_EQ(map_.next_settling(), SteadyTime::max());
}

TEST_F(LiveValuesTest, WhatTheDatabaseTookBeforeARefusedValueIsWhatSettles) {
  merge("a", "1", 1);
  take();
  map_.give_back(sent_, kNow);  // may yet be applied
  merge("a", "2", 2);
  EXPECT_EQ(take(), "\"a\":2,");
  merge("a", "3", 3);
  acknowledge();
  EXPECT_EQ(take(), "\"a\":3,");
  const auto refused = map_.refuse(sent_.front());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->value, "3");
  EXPECT_EQ(take(), "\"a\":2,") << "the straggler may have come by now";
  acknowledge();
  map_.settle(kNow);
  EXPECT_EQ(take(), "\"a\":2,");
  acknowledge();
  EXPECT_EQ(map_.size(), 0u);
}

TEST_F(LiveValuesTest, WhatWasLostBeforeARefusedValueIsSentAgain) {
  merge("a", "1", 1);
  take();
  acknowledge();
  merge("a", "2", 2);
  take();
  map_.give_back(sent_, kNow);
  merge("a", "3", 3);
  EXPECT_EQ(take(), "\"a\":3,");
  EXPECT_TRUE(map_.refuse(sent_.front()));
  EXPECT_EQ(take(), "\"a\":2,") << "it may stand there, and must not go back";
}

TEST_F(LiveValuesTest, LostValueThatIsThenRefusedGivesWayToTheOneBefore) {
  lose_one_and_have_two_taken();
  merge("a", "3", 3);
  take();
  map_.give_back(sent_, kNow);
  EXPECT_EQ(take(), "\"a\":3,");
  EXPECT_TRUE(map_.refuse(sent_.front()));
  EXPECT_EQ(take(), "\"a\":2,");
}

TEST_F(LiveValuesTest, RefusedValueIsNotSentAgainToSettle) {
  merge("a", "1", 1);
  take();
  map_.give_back(sent_, kNow);
  EXPECT_EQ(take(), "\"a\":1,");
  EXPECT_TRUE(map_.refuse(sent_.front()));
  EXPECT_TRUE(map_.unsettled().empty());
  map_.settle(kNow);
  EXPECT_EQ(take(), "");
  EXPECT_EQ(map_.size(), 0u);
}

TEST_F(LiveValuesTest, RefusedValueThatIsBeingSavedIsForgottenBeforeWhatStoodIsSent) {
  lose_one_and_have_two_taken();
  merge("a", "3", 3);
  take();
  EXPECT_EQ(map_.save([](std::uint32_t) { return Kind::kPrice; }).size(), 1u);
  EXPECT_TRUE(map_.refuse(sent_.front()));
  EXPECT_EQ(take(), "");
  map_.saved(true);
  const std::vector<LiveAcknowledged> forget = map_.take_forgettable();
  ASSERT_EQ(forget.size(), 1u);
  EXPECT_EQ(forget.front().sequence, 3u);
  map_.forgotten(forget);
  EXPECT_EQ(take(), "\"a\":2,");
}

TEST_F(LiveValuesTest, TakesUpToItsBytesAndAtLeastOne) {
  merge("a", std::string(100, '1'), 1);
  merge("b", std::string(100, '2'), 2);
  EXPECT_EQ(take(10).size(), 105u) << "a single value over the limit goes alone";
  EXPECT_EQ(take(10).size(), 105u);
  EXPECT_EQ(take(10), "");
}

TEST_F(LiveValuesTest, NarrowTakesOneChildOfTheRoot) {
  merge("services/A/price", "1", 1);
  merge("channels/N", "2", 2);
  merge("services/B/price", "3", 3);
  EXPECT_EQ(take(kPlenty, true), "\"A/price\":1,\"B/price\":3,");
  EXPECT_EQ(base_, "services");
  EXPECT_EQ(take(kPlenty, true), "\"N\":2,");
  EXPECT_EQ(base_, "channels");
}

TEST_F(LiveValuesTest, InTroubleAValueGoesOnlyWhenTheDiskHasIt) {
  map_.set_disk_rule(LiveValues::DiskRule::kItsRow);
  merge("a", "1", 1);
  EXPECT_FALSE(map_.has_sendable());
  EXPECT_TRUE(map_.has_unsent());
  save();
  ASSERT_EQ(rows_.size(), 1u);
  EXPECT_EQ(rows_[0].value, "1");
  EXPECT_EQ(map_.rows_on_disk(), 1u);
  EXPECT_EQ(take(), "\"a\":1,");
  merge("a", "2", 2);
  acknowledge();
  const std::vector<LiveAcknowledged> forget = map_.take_forgettable();
  ASSERT_EQ(forget.size(), 1u);
  EXPECT_EQ(forget[0].sequence, 1u);
  EXPECT_FALSE(map_.has_sendable()) << "2 is not on disk";
  save();
  EXPECT_EQ(take(), "\"a\":2,");
}

TEST_F(LiveValuesTest, FailingDiskDoesNotHoldWhatItHasNoOlderValueOf) {
  map_.set_disk_rule(LiveValues::DiskRule::kItsRow);
  merge("old", "1", 1);
  save();
  merge("old", "2", 2);
  merge("fresh", "3", 3);
  map_.set_disk_rule(LiveValues::DiskRule::kItsRowIfAny);
  EXPECT_EQ(take(), "\"fresh\":3,") << "a crash could bring the old value of the other back";
}

TEST_F(LiveValuesTest, TicketsEndOnceAsAcknowledgedOrOvertaken) {
  merge("a", "1", 1, 7);
  merge("a", "2", 2, 8);
  ASSERT_EQ(map_.ended().size(), 1u);
  EXPECT_EQ(map_.ended()[0].ticket, 7u);
  EXPECT_FALSE(map_.ended()[0].acknowledged);
  take();
  acknowledge();
  ASSERT_EQ(map_.ended().size(), 2u);
  EXPECT_EQ(map_.ended()[1].ticket, 8u);
  EXPECT_TRUE(map_.ended()[1].acknowledged);
}

TEST_F(LiveValuesTest, RefusedValueIsGivenOutUnlessANewerOneCame) {
  merge("a", "bad", 1);
  take();
  const auto refused = map_.refuse(sent_.front());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->value, "bad");
  EXPECT_EQ(map_.size(), 0u);
  merge("a", "bad", 2);
  take();
  merge("a", "good", 3);
  EXPECT_FALSE(map_.refuse(sent_.front()));
  EXPECT_EQ(take(), "\"a\":good,");
}

TEST_F(LiveValuesTest, RestoredRowIsSentAndForgottenAfterwards) {
  map_.set_disk_rule(LiveValues::DiskRule::kItsRow);
  map_.restore({"a", "1", 5, false, Kind::kUnrouted}, hash_of_path("a"), LiveValues::kNoTicket, false);
  EXPECT_TRUE(merge("a", "0", 4)) << "what is on disk is newer";
  EXPECT_EQ(take(), "\"a\":1,");
  acknowledge();
  const std::vector<LiveAcknowledged> forget = map_.take_forgettable();
  ASSERT_EQ(forget.size(), 1u);
  map_.forgotten(forget);
  EXPECT_EQ(map_.rows_on_disk(), 0u);
  EXPECT_EQ(map_.size(), 0u);
}

}  // namespace
}  // namespace firebase_relay::coalesce
