#include "deliver/quota.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace firebase_relay::deliver {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kFirstSend(seconds(1000));

/// Does history of one entry go?
bool goes(Quota& quota, std::uint64_t bytes, SteadyTime now) { return quota.history_room(bytes, 0, now) >= bytes; }

TEST(Quota, WithoutALimitEverythingGoes) {
  Quota quota(0);
  quota.sent({0, 1'000'000'000}, kFirstSend);
  EXPECT_TRUE(goes(quota, 1'000'000'000, kFirstSend));
  EXPECT_FALSE(quota.is_exceeded_by_live(kFirstSend));
}

TEST(Quota, GivesHistoryWhatLiveValuesLeaveOfTheMinute) {
  Quota quota(1000);
  quota.sent({300, 0}, kFirstSend);
  EXPECT_EQ(quota.history_room(1, 0, kFirstSend), 700u);
  EXPECT_EQ(quota.history_room(1, 150, kFirstSend), 550u) << "a request's own live values count, too";
  quota.sent({0, 600}, kFirstSend);
  EXPECT_EQ(quota.history_room(100, 0, kFirstSend), 100u) << "as small as that makes it";
  EXPECT_EQ(quota.history_room(101, 0, kFirstSend), 0u) << "an entry larger than what is left waits";
  const SteadyTime release = quota.next_release(kFirstSend);
  EXPECT_GE(release, kFirstSend + seconds(60));
  EXPECT_LE(release, kFirstSend + seconds(62));
  EXPECT_EQ(quota.history_room(1, 0, release), 700u) << "live values are expected to take as much again";
}

TEST(Quota, KeepsATenthForHistoryWhateverLiveValuesTake) {
  Quota quota(1000);
  quota.sent({5000, 0}, kFirstSend);
  EXPECT_TRUE(quota.is_exceeded_by_live(kFirstSend));
  EXPECT_EQ(quota.history_room(1, 0, kFirstSend), 100u);
  quota.sent({0, 60}, kFirstSend);
  EXPECT_EQ(quota.history_room(1, 0, kFirstSend), 40u);
}

TEST(Quota, KeepsATenthForLiveValuesThatItHasNotSeenYet) {
  Quota quota(1000);
  quota.sent({1, 0}, kFirstSend);
  EXPECT_EQ(quota.history_room(1, 0, kFirstSend), 900u);
}

TEST(Quota, ExpectsLessAsTheMinutesPassInWhichLessIsSent) {
  Quota quota(1000);
  quota.sent({800, 0}, kFirstSend);
  SteadyTime now = kFirstSend + std::chrono::hours(2);
  EXPECT_EQ(quota.history_room(1, 0, now), 200u) << "an outage tells nothing";
  for (int minute = 0; minute < 60; ++minute) quota.acknowledged(now += seconds(60));
  EXPECT_GT(quota.history_room(1, 0, now), 950u);
}

TEST(Quota, DoesNotCountWhatNeverLeft) {
  Quota quota(1000);
  quota.sent({0, 900}, kFirstSend);
  EXPECT_FALSE(goes(quota, 500, kFirstSend));
  quota.not_sent({0, 900}, kFirstSend, kFirstSend + seconds(3));
  EXPECT_TRUE(goes(quota, 500, kFirstSend + seconds(3)));
  quota.sent({0, 900}, kFirstSend);
  quota.not_sent({0, 900}, kFirstSend, kFirstSend + seconds(300));
  EXPECT_EQ(quota.history_room(1, 0, kFirstSend + seconds(300)), 900u) << "it had left the window already";
}

TEST(Quota, EntryOverTheLimitGoesWhenNothingElseWasSent) {
  Quota quota(100);
  EXPECT_TRUE(goes(quota, 1000, kFirstSend));
  quota.sent({0, 1000}, kFirstSend);
  EXPECT_FALSE(goes(quota, 1, kFirstSend));
  EXPECT_TRUE(goes(quota, 1000, kFirstSend + seconds(100)));
}

TEST(Quota, EntryLargerThanWhatIsEverLeftGoesWhenItHasWaitedForAMinute) {
  Quota quota(1000);
  SteadyTime now = kFirstSend;
  for (int second = 0; second < 120; ++second, now += seconds(1)) quota.sent({16, 0}, now);
  int waited = 0;
  for (; waited < 300; ++waited, now += seconds(1)) {
    quota.sent({16, 0}, now);
    if (goes(quota, 300, now)) break;
  }
  EXPECT_GE(waited, 60);
  EXPECT_LE(waited, 130);
}

TEST(Quota, NoMinuteEverHoldsMoreThanTheLimit) {
  Quota quota(10'000);
  std::mt19937_64 random(5);
  struct Sent {
    SteadyTime at;
    std::uint64_t bytes;
  };
  std::deque<Sent> sent;
  SteadyTime now = kFirstSend;
  std::uint64_t in_minute = 0;
  std::uint64_t history = 0;
  for (int i = 0; i < 50'000; ++i) {
    now += milliseconds(random() % 300);
    while (!sent.empty() && sent.front().at <= now - seconds(60)) {
      in_minute -= sent.front().bytes;
      sent.pop_front();
    }
    const bool is_live = random() % 4 == 0;
    const std::uint64_t bytes = 1 + random() % (is_live ? 60 : 500);
    if (!is_live && !goes(quota, bytes, now)) continue;
    quota.sent(is_live ? Quota::Sent{bytes, 0} : Quota::Sent{0, bytes}, now);
    sent.push_back({now, bytes});
    in_minute += bytes;
    history += is_live ? 0 : bytes;
    if (i > 2'000) {  // by then it knows what live values take
      ASSERT_LE(in_minute, 10'500u) << "but for what live values take more than they did before";
    }
  }
  EXPECT_GT(in_minute, 8'000u) << "and it is used";
  EXPECT_GT(history, 500'000u);
}

}  // namespace
}  // namespace firebase_relay::deliver
