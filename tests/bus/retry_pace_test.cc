#include "bus/retry_pace.h"

#include <gtest/gtest.h>

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr SteadyTime::duration kAtOnce = milliseconds(1);
constexpr SteadyTime::duration kHung = seconds(3);

/// Tries from a loss at `kStart` until `away` has gone by, each refused at once; gives when each was, as time away.
std::vector<milliseconds> tries_while_refused(std::uint64_t seed, milliseconds away) {
  RetryPace pace(seed);
  pace.subscribed(kStart - seconds(60));
  pace.lost(kStart);
  std::vector<milliseconds> tries;
  SteadyTime now = kStart;
  for (SteadyTime::duration took{}; now - kStart < away; took = kAtOnce) {
    now += took + pace.next(now + took, took);
    tries.push_back(std::chrono::duration_cast<milliseconds>(now - kStart));
  }
  return tries;
}

TEST(RetryPace, BeginsWithinFiftyMillisecondsAndNeverWaitsHalfASecondWhileThePeerRefusesAtOnce) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto tries = tries_while_refused(seed, seconds(120));
    EXPECT_LE(tries.front(), milliseconds(50));
    for (std::size_t i = 1; i < tries.size(); ++i) EXPECT_LE(tries[i] - tries[i - 1], milliseconds(500)) << seed;
  }
}

TEST(RetryPace, CostsAFewPercentOfARestartAndFewTries) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const milliseconds restart : {seconds(1), seconds(5), seconds(15)}) {
      const auto tries = tries_while_refused(seed, restart);
      EXPECT_LE(tries.back() - restart, restart / 20) << "what is published until then is lost";
    }
    EXPECT_LE(tries_while_refused(seed, seconds(1)).size(), 60u);
    EXPECT_LE(tries_while_refused(seed, seconds(3600)).size(), 3600u * 3);
  }
}

TEST(RetryPace, JittersALittleSoThatManyRelaysDoNotComeBackAsOne) {
  EXPECT_NE(tries_while_refused(1, seconds(5)), tries_while_refused(2, seconds(5)));
  EXPECT_EQ(tries_while_refused(1, seconds(5)), tries_while_refused(1, seconds(5)));
}

TEST(RetryPace, BacksOffFurtherOnlyAfterAttemptsThatHung) {
  milliseconds longest{0};
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RetryPace pace(seed);
    pace.lost(kStart);
    for (int i = 0; i < 10; ++i) {
      const milliseconds wait = pace.next(kStart + i * seconds(5), kHung);
      EXPECT_GE(wait, milliseconds(125));
      EXPECT_LE(wait, seconds(2));
      longest = std::max(longest, wait);
    }
    EXPECT_LE(pace.next(kStart + seconds(60), kAtOnce), milliseconds(450)) << "it refuses again";
    EXPECT_LE(pace.next(kStart + seconds(60), kHung), milliseconds(500)) << "hanging starts over";
  }
  EXPECT_GT(longest, seconds(1));
}

TEST(RetryPace, FirstAttemptOfARunThatIsRefusedIsRepeatedAsQuickly) {
  RetryPace pace(1);
  EXPECT_LE(pace.next(kStart, kAtOnce), milliseconds(50));
}

TEST(RetryPace, StartsOverAfterASubscriptionThatLasted) {
  RetryPace pace(1);
  pace.lost(kStart);
  EXPECT_GT(pace.next(kStart + seconds(60), kAtOnce), milliseconds(300));
  pace.subscribed(kStart + seconds(60));
  pace.lost(kStart + seconds(120));
  EXPECT_LE(pace.next(kStart + seconds(120), SteadyTime::duration::zero()), milliseconds(50));
}

TEST(RetryPace, SlowsDownForAPeerThatTakesEachSubscriptionAndDropsItAtOnce) {
  RetryPace pace(1);
  SteadyTime now = kStart;
  int subscriptions = 0;
  for (; now - kStart < seconds(60); ++subscriptions) {
    pace.subscribed(now);
    now += kAtOnce;
    pace.lost(now);
    now += pace.next(now, SteadyTime::duration::zero());
  }
  EXPECT_LE(subscriptions, 300) << "each is a gap that is written down";
}

}  // namespace
}  // namespace firebase_relay::bus
