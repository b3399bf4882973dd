#include "observe/rate_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::observe {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr SteadyTime kStart{std::chrono::hours(1)};

int admitted(RateLimit& limit, std::string_view key, SteadyTime now, int times, std::uint64_t whole = 1) {
  int count = 0;
  for (int i = 0; i < times; ++i) count += limit.admit(key, now, whole) ? 1 : 0;
  return count;
}

TEST(RateLimit, AdmitsTheFirstAndThenOneAMinuteWithHowOften) {
  RateLimit limit;

  EXPECT_EQ(limit.admit("x", kStart), 0u);
  for (int second = 1; second < 60; ++second) EXPECT_FALSE(limit.admit("x", kStart + seconds(second))) << second;
  EXPECT_EQ(limit.admit("x", kStart + seconds(60)), 59u);
  EXPECT_FALSE(limit.admit("x", kStart + seconds(61)));
}

TEST(RateLimit, Admits1440LinesOf86400ADay) {
  RateLimit limit;
  int lines = 0;

  for (int second = 0; second < 86'400; ++second) lines += limit.admit("x", kStart + seconds(second)) ? 1 : 0;

  EXPECT_EQ(lines, 1'440);
}

TEST(RateLimit, AdmitsTheFirstFewWhereLinesDifferAndBeginsAnewOnlyAfterAQuietMinute) {
  RateLimit limit;

  EXPECT_EQ(admitted(limit, "x", kStart, 100, 3), 3);
  EXPECT_EQ(limit.admit("x", kStart + seconds(60), 3), 97u);
  EXPECT_EQ(admitted(limit, "x", kStart + seconds(61), 100, 3), 0) << "it goes on: they have been seen";
  EXPECT_THAT(limit.take_kept_back(kStart + seconds(120)), ElementsAre(Pair("x", 100u)));
  EXPECT_EQ(admitted(limit, "x", kStart + seconds(200), 100, 3), 3);
}

TEST(RateLimit, KeepsKeysApart) {
  RateLimit limit;
  admitted(limit, "x", kStart, 100);

  EXPECT_EQ(admitted(limit, "y", kStart, 100), 1);
}

TEST(RateLimit, CountsAmountsWhereALineStandsForMany) {
  RateLimit limit;
  limit.admit("x", kStart, 1, 500);
  limit.admit("x", kStart, 1, 20);
  limit.admit("x", kStart, 1, 3);

  EXPECT_EQ(limit.admit("x", kStart + seconds(60), 1, 4), 23u);
}

TEST(RateLimit, TellsWhatWasKeptBackOnceItsMinuteIsOver) {
  RateLimit limit;
  EXPECT_EQ(limit.due(), SteadyTime::max());
  admitted(limit, "x", kStart, 10);
  admitted(limit, "quiet", kStart, 1);

  EXPECT_EQ(limit.due(), kStart + seconds(60));
  EXPECT_THAT(limit.take_kept_back(kStart + seconds(59)), IsEmpty());
  EXPECT_THAT(limit.take_kept_back(kStart + seconds(60)), ElementsAre(Pair("x", 9u)));
  EXPECT_THAT(limit.take_kept_back(kStart + seconds(120)), IsEmpty());
  EXPECT_EQ(limit.due(), SteadyTime::max());
}

TEST(RateLimit, TakesForTheFirstWhatComesAfterAChange) {
  RateLimit limit;
  admitted(limit, "x", kStart, 10);

  EXPECT_EQ(limit.forget("x"), 9u);
  EXPECT_EQ(limit.admit("x", kStart + seconds(1)), 0u);
}

TEST(RateLimit, HasNoMoreKeysThanItsBoundAndCountsTheOthersTogether) {
  RateLimit limit(2);
  limit.admit("a", kStart);
  limit.admit("b", kStart);
  EXPECT_FALSE(limit.is_other("b"));

  EXPECT_EQ(limit.admit("c", kStart), 0u);
  EXPECT_TRUE(limit.is_other("c"));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(limit.admit("key " + std::to_string(i), kStart));

  EXPECT_THAT(limit.take_kept_back(kStart + seconds(60)), ElementsAre(Pair(std::string(RateLimit::kOthers), 1000u)));
  EXPECT_EQ(limit.admit("new", kStart + seconds(60)), 0u) << "a minute of quiet makes room";
  EXPECT_FALSE(limit.is_other("new"));
}

}  // namespace
}  // namespace firebase_relay::observe
