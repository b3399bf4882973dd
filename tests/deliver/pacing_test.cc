#include "deliver/pacing.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace firebase_relay::deliver {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kFirstSend(seconds(1000));

/// Does history of one entry go?
bool goes(Pacing& pacing, std::uint64_t bytes, SteadyTime now) { return pacing.history_room(bytes, 0, now) >= bytes; }

TEST(Pacing, WithoutALimitEverythingGoes) {
  Pacing pacing(0);
  pacing.sent({0, 1'000'000'000}, kFirstSend);
  EXPECT_TRUE(goes(pacing, 1'000'000'000, kFirstSend));
  EXPECT_FALSE(pacing.is_exceeded_by_live(kFirstSend));
}

TEST(Pacing, GivesHistoryWhatLiveValuesLeaveOfTheMinute) {
  Pacing pacing(1000);
  pacing.sent({300, 0}, kFirstSend);
  EXPECT_EQ(pacing.history_room(1, 0, kFirstSend), 700u);
  EXPECT_EQ(pacing.history_room(1, 150, kFirstSend), 550u) << "a request's own live values count, too";
  pacing.sent({0, 600}, kFirstSend);
  EXPECT_EQ(pacing.history_room(100, 0, kFirstSend), 100u) << "as small as that makes it";
  EXPECT_EQ(pacing.history_room(101, 0, kFirstSend), 0u) << "an entry larger than what is left waits";
  const SteadyTime release = pacing.next_release(kFirstSend);
  EXPECT_GE(release, kFirstSend + seconds(60));
  EXPECT_LE(release, kFirstSend + seconds(62));
  EXPECT_EQ(pacing.history_room(1, 0, release), 700u) << "live values are expected to take as much again";
}

TEST(Pacing, KeepsATenthForHistoryWhateverLiveValuesTake) {
  Pacing pacing(1000);
  pacing.sent({5000, 0}, kFirstSend);
  EXPECT_TRUE(pacing.is_exceeded_by_live(kFirstSend));
  EXPECT_EQ(pacing.history_room(1, 0, kFirstSend), 100u);
  pacing.sent({0, 60}, kFirstSend);
  EXPECT_EQ(pacing.history_room(1, 0, kFirstSend), 40u);
}

TEST(Pacing, KeepsATenthForLiveValuesThatItHasNotSeenYet) {
  Pacing pacing(1000);
  pacing.sent({1, 0}, kFirstSend);
  EXPECT_EQ(pacing.history_room(1, 0, kFirstSend), 900u);
}

TEST(Pacing, ExpectsLessAsTheMinutesPassInWhichLessIsSent) {
  Pacing pacing(1000);
  pacing.sent({800, 0}, kFirstSend);
  SteadyTime now = kFirstSend + std::chrono::hours(2);
  EXPECT_EQ(pacing.history_room(1, 0, now), 200u) << "an outage tells nothing";
  for (int minute = 0; minute < 60; ++minute) pacing.acknowledged(now += seconds(60));
  EXPECT_GT(pacing.history_room(1, 0, now), 950u);
}

TEST(Pacing, DoesNotCountWhatNeverLeft) {
  Pacing pacing(1000);
  pacing.sent({0, 900}, kFirstSend);
  EXPECT_FALSE(goes(pacing, 500, kFirstSend));
  pacing.not_sent({0, 900}, kFirstSend, kFirstSend + seconds(3));
  EXPECT_TRUE(goes(pacing, 500, kFirstSend + seconds(3)));
  pacing.sent({0, 900}, kFirstSend);
  pacing.not_sent({0, 900}, kFirstSend, kFirstSend + seconds(300));
  EXPECT_EQ(pacing.history_room(1, 0, kFirstSend + seconds(300)), 900u) << "it had left the window already";
}

TEST(Pacing, EntryOverTheLimitGoesWhenNothingElseWasSent) {
  Pacing pacing(100);
  EXPECT_TRUE(goes(pacing, 1000, kFirstSend));
  pacing.sent({0, 1000}, kFirstSend);
  EXPECT_FALSE(goes(pacing, 1, kFirstSend));
  EXPECT_TRUE(goes(pacing, 1000, kFirstSend + seconds(100)));
}

TEST(Pacing, EntryLargerThanWhatIsEverLeftGoesWhenItHasWaitedForAMinute) {
  Pacing pacing(1000);
  SteadyTime now = kFirstSend;
  for (int second = 0; second < 120; ++second, now += seconds(1)) pacing.sent({16, 0}, now);
  int waited = 0;
  for (; waited < 300; ++waited, now += seconds(1)) {
    pacing.sent({16, 0}, now);
    if (goes(pacing, 300, now)) break;
  }
  EXPECT_GE(waited, 60);
  EXPECT_LE(waited, 130);
}

TEST(Pacing, NoMinuteEverHoldsMoreThanTheLimit) {
  Pacing pacing(10'000);
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
    if (!is_live && !goes(pacing, bytes, now)) continue;
    pacing.sent(is_live ? Pacing::Sent{bytes, 0} : Pacing::Sent{0, bytes}, now);
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
