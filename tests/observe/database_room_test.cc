#include "observe/database_room.h"

#include <gtest/gtest.h>

namespace firebase_relay::observe {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::chrono::sys_days kToday = std::chrono::year(2026) / 11 / 28;
constexpr std::uint64_t kMb = 1'000'000;

/// What came each day up to today, of which `today` is the last.
StoredSums grown_by(const std::vector<std::uint64_t>& added, UtcMillis since = kToday - days(90)) {
  StoredSums sums;
  sums.since = since;
  auto day = kToday - days(static_cast<int>(added.size()) - 1);
  for (const std::uint64_t bytes : added) {
    sums.days.push_back({day, bytes, 0});
    day += days(1);
  }
  return sums;
}

Snapshot with(std::uint64_t bytes, std::uint64_t bytes_max, std::uint64_t a_day) {
  Snapshot snapshot;
  snapshot.history_bytes = bytes;
  snapshot.database_bytes_max = bytes_max;
  snapshot.history_bytes_a_day = a_day;
  return snapshot;
}

TEST(BytesADay, AreTheMeanOfAWeekUpToNow) {
  const StoredSums sums = grown_by({10, 10, 10, 10, 10, 10, 5});
  EXPECT_DOUBLE_EQ(bytes_a_day(sums, kToday + 12h), 10);
}

TEST(BytesADay, TakeAWeekendWithTheWeek) {
  EXPECT_NEAR(bytes_a_day(grown_by({14, 14, 0, 0, 14, 14, 14}), kToday + 24h - 1s), 10, 0.01);
}

TEST(BytesADay, LeaveOutWhatIsOlderAndWhatIsYetToCome) {
  StoredSums sums = grown_by({1000, 10, 10, 10, 10, 10, 10, 10});
  sums.days.push_back({kToday + days(1), 1000, 0});
  EXPECT_NEAR(bytes_a_day(sums, kToday + 24h - 1s), 10, 0.01);
}

TEST(BytesADay, OfAYoungCountAreThoseOfItsOwnTime) {
  EXPECT_DOUBLE_EQ(bytes_a_day(grown_by({10, 20}, kToday - days(1)), kToday + 12h), 20);
}

TEST(BytesADay, AreNotKnownBeforeADay) {
  EXPECT_EQ(bytes_a_day(grown_by({10}, kToday), kToday + 23h), 0);
  EXPECT_GT(bytes_a_day(grown_by({10}, kToday), kToday + 24h), 0);
  EXPECT_EQ(bytes_a_day({}, kToday), 0);
}

TEST(BytesADay, AreNoneForAClockThatIsBehindTheCount) {
  EXPECT_EQ(bytes_a_day(grown_by({10}, kToday + 2h), kToday + 1h), 0);
}

TEST(BytesADay, AreThoseOnBalanceWhereADayIsRemovedForEachThatComes) {
  StoredSums sums = grown_by({10, 10, 10, 10, 10, 10, 10});
  for (StoredDay& day : sums.days) day.removed = 9;
  EXPECT_NEAR(bytes_a_day(sums, kToday + 24h - 1s), 1, 0.01);
  for (StoredDay& day : sums.days) day.removed = 11;
  EXPECT_EQ(bytes_a_day(sums, kToday + 24h - 1s), 0);
}

TEST(BytesADay, AreHardlyFewerAfterAPersonHasRemovedMonths) {
  StoredSums sums = grown_by({10, 10, 10, 10, 10, 10, 10});
  sums.days[2].removed = 5000;
  EXPECT_NEAR(bytes_a_day(sums, kToday + 24h - 1s), 60.0 / 7, 0.01);
}

TEST(RoomText, SaysHowMuchStandsThereAndWhenItIsFull) {
  EXPECT_EQ(room_text(with(412 * kMb, 1024 << 20, 14 * kMb)), "412.0 of 1073.7 MB, 14.0 MB a day: full in 47 days");
  EXPECT_EQ(room_text(with(50 * kMb, 100 * kMb, 40 * kMb)), "50.0 of 100.0 MB, 40.0 MB a day: full in 1 day");
  EXPECT_EQ(room_text(with(90 * kMb, 100 * kMb, 40 * kMb)), "90.0 of 100.0 MB, 40.0 MB a day: full today");
  EXPECT_EQ(room_text(with(0, 1000 * kMb, kMb)), "0.0 of 1000.0 MB, 1.0 MB a day: full in 3 years");
}

TEST(RoomText, SaysThatItIsFull) {
  EXPECT_EQ(room_text(with(101 * kMb, 100 * kMb, kMb)), "101.0 of 100.0 MB, 1.0 MB a day: FULL");
  EXPECT_EQ(room_text(with(100 * kMb, 100 * kMb, 0)), "100.0 of 100.0 MB: FULL");
}

TEST(RoomText, SaysNoDayThatIsNotKnown) {
  EXPECT_EQ(room_text(with(kMb, 100 * kMb, 0)), "1.0 of 100.0 MB") << "nothing comes";
  EXPECT_EQ(room_text(with(kMb, 0, kMb)), "1.0 MB, 1.0 MB a day") << "no limit";
  EXPECT_EQ(room_text(with(0, 1000 * kMb, 1000)), "0.0 of 1000.0 MB, 0.0 MB a day") << "in a thousand years";
}

}  // namespace
}  // namespace firebase_relay::observe
