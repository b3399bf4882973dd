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

TEST(RateLimit, admits_the_first_and_then_one_a_minute_with_how_often) {
  RateLimit limit;

  EXPECT_EQ(limit.admit("x", kStart), 0u);
  for (int second = 1; second < 60; ++second) EXPECT_FALSE(limit.admit("x", kStart + seconds(second))) << second;
  EXPECT_EQ(limit.admit("x", kStart + seconds(60)), 59u);
  EXPECT_FALSE(limit.admit("x", kStart + seconds(61)));
}

TEST(RateLimit, admits_1440_lines_of_86400_a_day) {
  RateLimit limit;
  int lines = 0;

  for (int second = 0; second < 86'400; ++second) lines += limit.admit("x", kStart + seconds(second)) ? 1 : 0;

  EXPECT_EQ(lines, 1'440);
}

TEST(RateLimit, admits_the_first_few_where_lines_differ_and_begins_anew_only_after_a_quiet_minute) {
  RateLimit limit;

  EXPECT_EQ(admitted(limit, "x", kStart, 100, 3), 3);
  EXPECT_EQ(limit.admit("x", kStart + seconds(60), 3), 97u);
  EXPECT_EQ(admitted(limit, "x", kStart + seconds(61), 100, 3), 0) << "it goes on: they have been seen";
  EXPECT_THAT(limit.take_kept_back(kStart + seconds(120)), ElementsAre(Pair("x", 100u)));
  EXPECT_EQ(admitted(limit, "x", kStart + seconds(200), 100, 3), 3);
}

TEST(RateLimit, keeps_keys_apart) {
  RateLimit limit;
  admitted(limit, "x", kStart, 100);

  EXPECT_EQ(admitted(limit, "y", kStart, 100), 1);
}

TEST(RateLimit, counts_amounts_where_a_line_stands_for_many) {
  RateLimit limit;
  limit.admit("x", kStart, 1, 500);
  limit.admit("x", kStart, 1, 20);
  limit.admit("x", kStart, 1, 3);

  EXPECT_EQ(limit.admit("x", kStart + seconds(60), 1, 4), 23u);
}

TEST(RateLimit, tells_what_was_kept_back_once_its_minute_is_over) {
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

TEST(RateLimit, takes_for_the_first_what_comes_after_a_change) {
  RateLimit limit;
  admitted(limit, "x", kStart, 10);

  EXPECT_EQ(limit.forget("x"), 9u);
  EXPECT_EQ(limit.admit("x", kStart + seconds(1)), 0u);
}

TEST(RateLimit, has_no_more_keys_than_its_bound_and_counts_the_others_together) {
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
