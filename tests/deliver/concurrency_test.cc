#include "deliver/concurrency.h"

#include <gtest/gtest.h>

namespace firebase_relay::deliver {
namespace {

using std::chrono::milliseconds;

TEST(Concurrency, GrowsWhileRoundTripsStayFlatUpToItsMost) {
  Concurrency concurrency(4);
  EXPECT_EQ(concurrency.limit(), 1u);
  for (int i = 0; i < 10; ++i) concurrency.acknowledged(milliseconds(20));
  EXPECT_EQ(concurrency.limit(), 4u);
}

TEST(Concurrency, HalvesWhenTheyGrowOrTheDatabaseSaysSoAndNeverEnds) {
  Concurrency concurrency(8);
  for (int i = 0; i < 10; ++i) concurrency.acknowledged(milliseconds(20));
  concurrency.acknowledged(milliseconds(500));
  EXPECT_EQ(concurrency.limit(), 4u);
  concurrency.slow_down();
  EXPECT_EQ(concurrency.limit(), 2u);
  for (int i = 0; i < 5; ++i) concurrency.slow_down();
  EXPECT_EQ(concurrency.limit(), 1u);
}

TEST(Concurrency, LearnsThatTheNetworkHasBecomeSlower) {
  Concurrency concurrency(4);
  concurrency.acknowledged(milliseconds(10));
  for (int i = 0; i < 500; ++i) concurrency.acknowledged(milliseconds(300));
  EXPECT_EQ(concurrency.limit(), 4u);
}

}  // namespace
}  // namespace firebase_relay::deliver
