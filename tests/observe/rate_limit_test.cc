#include "observe/rate_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::observe {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr SteadyTime kStart{std::chrono::hours(1)};

int admitted(RateLimit& limit, std::string_view key, SteadyTime now, int times) {
  int count = 0;
  for (int i = 0; i < times; ++i) count += limit.admit(key, now) ? 1 : 0;
  return count;
}

TEST(RateLimit, admits_a_few_lines_a_second) {
  RateLimit limit;

  EXPECT_EQ(admitted(limit, "x", kStart, 100), RateLimit::kLinesPerSecond);
  EXPECT_EQ(admitted(limit, "x", kStart + milliseconds(999), 100), 0);
  EXPECT_EQ(admitted(limit, "x", kStart + milliseconds(1000), 100), RateLimit::kLinesPerSecond);
}

TEST(RateLimit, keeps_keys_apart) {
  RateLimit limit;
  admitted(limit, "x", kStart, 100);

  EXPECT_EQ(admitted(limit, "y", kStart, 100), RateLimit::kLinesPerSecond);
}

TEST(RateLimit, tells_with_the_next_line_how_many_were_suppressed) {
  RateLimit limit;
  admitted(limit, "x", kStart, 100);

  EXPECT_EQ(limit.admit("x", kStart + milliseconds(1500)), 97u);
  EXPECT_EQ(limit.admit("x", kStart + milliseconds(1500)), 0u);
}

TEST(RateLimit, tells_what_was_suppressed_once_its_second_is_over) {
  RateLimit limit;
  admitted(limit, "x", kStart, 10);
  admitted(limit, "quiet", kStart, 1);

  EXPECT_THAT(limit.take_suppressed(kStart + milliseconds(500)), IsEmpty());
  EXPECT_THAT(limit.take_suppressed(kStart + milliseconds(1000)), ElementsAre(Pair("x", 7u)));
  EXPECT_THAT(limit.take_suppressed(kStart + milliseconds(2000)), IsEmpty());
}

}  // namespace
}  // namespace firebase_relay::observe
