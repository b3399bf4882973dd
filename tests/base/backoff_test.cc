#include "base/backoff.h"

#include <gtest/gtest.h>

namespace firebase_relay {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, stays_between_a_quarter_of_the_base_and_the_doubling_range) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Backoff backoff({milliseconds(100), milliseconds(30'000)}, seed);
    milliseconds range{100};
    for (int i = 0; i < 15; ++i) {
      const milliseconds wait = backoff.next();
      EXPECT_GE(wait, milliseconds(25));
      EXPECT_LE(wait, std::min(range, milliseconds(30'000)));
      range *= 2;
    }
  }
}

TEST(Backoff, spreads_over_the_whole_range) {
  milliseconds lowest = milliseconds::max();
  milliseconds highest{0};
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const milliseconds wait = Backoff({milliseconds(1000), milliseconds(30'000)}, seed).next();
    lowest = std::min(lowest, wait);
    highest = std::max(highest, wait);
  }
  EXPECT_LT(lowest, milliseconds(280));
  EXPECT_GT(highest, milliseconds(950));
}

TEST(Backoff, starts_over_after_reset) {
  Backoff backoff({milliseconds(10), milliseconds(30'000)}, 1);
  for (int i = 0; i < 100; ++i) backoff.next();

  backoff.reset();

  EXPECT_LE(backoff.next(), milliseconds(10));
}

TEST(Backoff, replays_from_its_seed) {
  Backoff one({milliseconds(10), milliseconds(30'000)}, 42);
  Backoff two({milliseconds(10), milliseconds(30'000)}, 42);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(one.next(), two.next());
}

}  // namespace
}  // namespace firebase_relay
