#include "archive/calendar.h"

#include <gtest/gtest.h>

#include "firebase_relay/history_key.h"

namespace firebase_relay::archive {
namespace {

using std::chrono::milliseconds;

constexpr Day kTheDay = Day(std::chrono::year(2026) / 11 / 28);

TEST(Calendar, KeyHasTheTimeThatItWasMadeOf) {
  for (const std::int64_t ms : {0LL, 1LL, 951'782'400'000LL, 1'795'910'399'999LL, 253'402'300'799'999LL}) {
    const UtcMillis time{milliseconds(ms)};
    EXPECT_EQ(time_of_key(HistoryKey(time, {1, 2}, 3).text()), time) << ms;
  }
  EXPECT_EQ(time_of_key(HistoryKey(UtcMillis{milliseconds(253'402'300'800'000)}, {1, 2}, 0).text()), std::nullopt);
}

TEST(Calendar, WhatIsNoKeyHasNoTime) {
  EXPECT_EQ(time_of_key(""), std::nullopt);
  EXPECT_EQ(time_of_key("2026-11-28"), std::nullopt);
  EXPECT_EQ(time_of_key("-O0000000000000000.0"), std::nullopt);
}

TEST(Calendar, DayEndsWithItsLastMillisecond) {
  const UtcMillis midnight = UtcMillis(kTheDay);
  EXPECT_EQ(day_of_key(HistoryKey(midnight, {1, 2}, 0).text()), kTheDay);
  EXPECT_EQ(day_of_key(HistoryKey(midnight - milliseconds(1), {1, 2}, 0).text()), kTheDay - std::chrono::days(1));
}

TEST(Calendar, KeysOfADayStandBetweenItsFirstAndItsLast) {
  const UtcMillis midnight = UtcMillis(kTheDay);
  const std::string first(HistoryKey(midnight, {1, 2}, 0).text());
  const std::string before(HistoryKey(midnight - milliseconds(1), {1, 2}, 0).text());
  EXPECT_LE(first_key_of(kTheDay), first);
  EXPECT_GT(first_key_of(kTheDay), before);
  EXPECT_GE(last_key_of(kTheDay - std::chrono::days(1)), before);
  EXPECT_LT(last_key_of(kTheDay - std::chrono::days(1)), first_key_of(kTheDay));
  EXPECT_EQ(day_of_key(first_key_of(kTheDay)), kTheDay);
  EXPECT_EQ(day_of_key(last_key_of(kTheDay)), kTheDay);
}

TEST(Calendar, NamesAreReadAsTheyAreWritten) {
  EXPECT_EQ(name_of(kTheDay), "2026-11-28");
  EXPECT_EQ(parse_day("2026-11-28"), kTheDay);
  EXPECT_EQ(parse_day("2024-02-29"), Day(std::chrono::year(2024) / 2 / 29));
  for (const char* wrong : {"", "2026-11-8", "2026-02-30", "2026-13-01", "2026-11-28 ", "2026/11/28", "-026-11-28"})
    EXPECT_EQ(parse_day(wrong), std::nullopt) << wrong;
}

TEST(Calendar, FilesAreKnownByTheirNames) {
  using enum FileName::Kind;
  for (const FileName::Kind kind : {kPlain, kSealed, kBeingSealed, kHole})
    EXPECT_EQ(parse_file_name(FileName{kTheDay, kind}.text()), (FileName{kTheDay, kind}));
  EXPECT_EQ((FileName{kTheDay, kSealed}.text()), "2026-11-28.jsonl.zst");
  EXPECT_EQ((FileName{kTheDay, kReplayed, 12}.text()), "2026-11-28.replayed.12");
  EXPECT_EQ(parse_file_name("2026-11-28.replayed.12"), (FileName{kTheDay, kReplayed, 12}));
  for (const char* other : {"2026-11-28.replayed.", "2026-11-28.replayed.0", "2026-11-28.replayed.1x"})
    EXPECT_EQ(parse_file_name(other), std::nullopt) << other;
  for (const char* other : {"archive.json", "2026-11-28", "2026-11-28.json", "2026-11-28.jsonl.zst.bak", "x.jsonl"})
    EXPECT_EQ(parse_file_name(other), std::nullopt) << other;
}

}  // namespace
}  // namespace firebase_relay::archive
