#include <gtest/gtest.h>

#include "base/every.h"
#include "base/first_seen.h"

namespace firebase_relay {
namespace {

const SteadyTime kStart(std::chrono::seconds(50));
constexpr std::chrono::seconds kMinute{60};

TEST(Every, IsDueOnceAnIntervalWhileThereIsAReason) {
  Every chore(kMinute);
  EXPECT_EQ(chore.at(), SteadyTime::max());
  EXPECT_FALSE(chore.is_due(true, kStart)) << "the first time an interval later";
  EXPECT_EQ(chore.at(), kStart + kMinute);
  EXPECT_FALSE(chore.is_due(true, kStart + std::chrono::seconds(59)));
  EXPECT_TRUE(chore.is_due(true, kStart + kMinute));
  EXPECT_FALSE(chore.is_due(true, kStart + kMinute));
  EXPECT_EQ(chore.at(), kStart + 2 * kMinute);
}

TEST(Every, BeginsAnewWithTheNextReason) {
  Every chore(kMinute);
  EXPECT_FALSE(chore.is_due(true, kStart));
  EXPECT_FALSE(chore.is_due(false, kStart + kMinute));
  EXPECT_EQ(chore.at(), SteadyTime::max());
  EXPECT_FALSE(chore.is_due(true, kStart + 3 * kMinute));
  EXPECT_TRUE(chore.is_due(true, kStart + 4 * kMinute));
}

TEST(FirstSeen, IsNewOnceAndNeverBeyondTheBound) {
  FirstSeen seen(2);
  EXPECT_TRUE(seen.is_new("a"));
  EXPECT_FALSE(seen.is_new("a"));
  EXPECT_TRUE(seen.is_new("b"));
  EXPECT_FALSE(seen.is_new("c"));
  EXPECT_FALSE(seen.is_new("b"));
}

}  // namespace
}  // namespace firebase_relay
