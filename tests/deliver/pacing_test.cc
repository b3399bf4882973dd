#include "deliver/pacing.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace firebase_relay::deliver {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kFirstSend(seconds(1000));

TEST(Pacing, WithoutALimitEverythingGoes) {
  Pacing pacing(0);
  pacing.sent(1'000'000'000, kFirstSend);
  EXPECT_TRUE(pacing.allows(1'000'000'000, kFirstSend));
}

TEST(Pacing, HoldsUnderTheLimitAndReleasesWhatIsAMinuteOld) {
  Pacing pacing(100);
  pacing.sent(60, kFirstSend);
  EXPECT_TRUE(pacing.allows(40, kFirstSend));
  EXPECT_FALSE(pacing.allows(41, kFirstSend));
  const SteadyTime release = pacing.next_release(kFirstSend);
  EXPECT_GE(release, kFirstSend + seconds(60));
  EXPECT_LE(release, kFirstSend + seconds(62));
  EXPECT_FALSE(pacing.allows(41, kFirstSend + seconds(60)));
  EXPECT_TRUE(pacing.allows(41, release));
}

TEST(Pacing, RequestOverTheLimitGoesWhenNothingElseWasSent) {
  Pacing pacing(100);
  EXPECT_TRUE(pacing.allows(1000, kFirstSend));
  pacing.sent(1000, kFirstSend);
  EXPECT_FALSE(pacing.allows(1, kFirstSend));
  EXPECT_TRUE(pacing.allows(1000, kFirstSend + seconds(100)));
}

TEST(Pacing, NoMinuteEverHoldsMoreThanTheLimit) {
  Pacing pacing(10'000);
  std::mt19937_64 random(5);
  std::deque<std::pair<SteadyTime, std::uint64_t>> sent;
  SteadyTime now = kFirstSend;
  std::uint64_t in_minute = 0;
  for (int i = 0; i < 50'000; ++i) {
    now += milliseconds(random() % 300);
    while (!sent.empty() && sent.front().first <= now - seconds(60)) {
      in_minute -= sent.front().second;
      sent.pop_front();
    }
    const std::uint64_t bytes = 1 + random() % 500;
    if (!pacing.allows(bytes, now)) continue;
    pacing.sent(bytes, now);
    sent.emplace_back(now, bytes);
    in_minute += bytes;
    ASSERT_LE(in_minute, 10'000u);
  }
  EXPECT_GT(in_minute, 8'000u) << "and it is used";
}

}  // namespace
}  // namespace firebase_relay::deliver
