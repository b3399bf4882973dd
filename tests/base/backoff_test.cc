#include "base/backoff.h"

#include <gtest/gtest.h>

namespace firebase_relay {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, StaysBetweenAQuarterOfTheBaseAndTheDoublingRange) {
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

TEST(Backoff, SpreadsOverTheWholeRange) {
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

TEST(Backoff, StartsOverAfterReset) {
  Backoff backoff({milliseconds(10), milliseconds(30'000)}, 1);
  for (int i = 0; i < 100; ++i) backoff.next();

  backoff.reset();

  EXPECT_LE(backoff.next(), milliseconds(10));
}

TEST(Backoff, ReplaysFromItsSeed) {
  Backoff one({milliseconds(10), milliseconds(30'000)}, 42);
  Backoff two({milliseconds(10), milliseconds(30'000)}, 42);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(one.next(), two.next());
}

}  // namespace
}  // namespace firebase_relay
