#include "coalesce/stragglers.h"

#include <gtest/gtest.h>

namespace firebase_relay::coalesce {
namespace {

const SteadyTime kThen(std::chrono::seconds(10));
constexpr Stragglers::Slot kPath = 3;

TEST(Stragglers, PathIsToBeSettledOnceForEachWriteThatWasLost) {
  Stragglers stragglers;
  EXPECT_EQ(stragglers.next(), SteadyTime::max());
  stragglers.expect(kPath, kThen);
  stragglers.expect(kPath, kThen + std::chrono::seconds(1));
  EXPECT_EQ(stragglers.next(), kThen);
  EXPECT_FALSE(stragglers.take_gone(kThen - std::chrono::milliseconds(1)));
  EXPECT_EQ(stragglers.take_gone(kThen), kPath);
  EXPECT_TRUE(stragglers.are_expected(kPath)) << "the other one may still come";
  EXPECT_FALSE(stragglers.take_gone(kThen));
  EXPECT_EQ(stragglers.take_gone(kThen + std::chrono::seconds(1)), kPath);
  EXPECT_FALSE(stragglers.are_expected(kPath));
}

TEST(Stragglers, NewestValueThatStandsOrMayIsKnownUntilItIsForgotten) {
  Stragglers stragglers;
  stragglers.stands(kPath, "two", 2);
  stragglers.may_stand(kPath, "four", 4);
  ASSERT_NE(stragglers.newest_before(kPath, 5), nullptr);
  EXPECT_EQ(stragglers.newest_before(kPath, 5)->text, "four");
  EXPECT_EQ(stragglers.newest_before(kPath, 4)->text, "two") << "the one of that number is the one that was refused";
  EXPECT_EQ(stragglers.newest_before(kPath, 2), nullptr);
  EXPECT_EQ(stragglers.newest_before(kPath + 1, 9), nullptr);
  stragglers.stands(kPath, "six", 6);
  stragglers.stands_unless_known(kPath, "seven", 7);
  EXPECT_EQ(stragglers.newest_before(kPath, 9)->text, "six");
  stragglers.forget_values(kPath);
  EXPECT_EQ(stragglers.newest_before(kPath, 9), nullptr);
}

TEST(Stragglers, ForgettingWhatStandsLeavesWhatIsExpected) {
  Stragglers stragglers;
  stragglers.expect(kPath, kThen);
  stragglers.may_stand(kPath, "one", 1);
  stragglers.forget_values(kPath);
  EXPECT_TRUE(stragglers.are_expected(kPath));
  EXPECT_EQ(stragglers.flaw(), "");
  EXPECT_EQ(stragglers.take_gone(kThen), kPath);
  EXPECT_EQ(stragglers.flaw(), "");
}

TEST(Stragglers, RemembersTheLastEightOfManyThatWereLost) {
  Stragglers stragglers;
  for (Sequence sequence = 1; sequence <= 20; ++sequence)
    stragglers.may_stand(kPath, std::to_string(sequence), sequence);
  EXPECT_EQ(stragglers.newest_before(kPath, 21)->text, "20");
  EXPECT_EQ(stragglers.newest_before(kPath, 14)->text, "13");
  EXPECT_EQ(stragglers.newest_before(kPath, 13), nullptr);
}

}  // namespace
}  // namespace firebase_relay::coalesce
