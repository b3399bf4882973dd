#include "classify/timestamp.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace firebase_relay::classify {
namespace {

constexpr std::int64_t kMoment = 1'778'078'351'786;  // 2026-05-06T14:39:11.786Z

TEST(Timestamp, IsReadInEveryForm) {
  const std::vector<std::pair<const char*, std::int64_t>> cases = {
      {"2026-05-06T14:39:11.786624", kMoment},
      {"2026-05-06 14:39:11.786", kMoment},
      {"2026-05-06T14:39:11.786Z", kMoment},
      {"2026-05-06t14:39:11.786z", kMoment},
      {"2026-05-06T14:39:11.786999999+00:00", kMoment},
      {"2026-05-06T16:39:11.786+02:00", kMoment},
      {"2026-05-06T16:39:11.786+0200", kMoment},
      {"2026-05-06T16:39:11.786+02", kMoment},
      {"2026-05-06T09:09:11.786-05:30", kMoment},
      {"2026-05-06T14:39:11", kMoment - 786},
      {"2026-05-06T14:39:11.7", kMoment - 86},
      {"2026-05-06T14:39", kMoment - 11'786},
      {"1778078351.786", kMoment},
      {"1778078351.7869", kMoment},
      {"1778078351", kMoment - 786},
      {"1.778078351786e9", kMoment},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000},
      {"1969-12-31T23:59:59.500Z", -500},
      {"0", 0},
      {"-1.5", -1500},
      // What other languages have: JavaScript's and Binance's ms, µs of C and PostgreSQL, ns of pandas and Go.
      {"1778078351786", kMoment},
      {"1778078351786.624", kMoment},
      {"1.778078351786e12", kMoment},
      {"1778078351786624", kMoment},
      {"1778078351786999.9", kMoment},
      {"1778078351786624123", kMoment},
      {"1778078351786999999", kMoment},
      {"1778078351787000000", kMoment + 1},
      {"1.778078351786624123e18", kMoment},
      {"1.778078351786624123E+18", kMoment},
      {"17780783517866241230000e-4", kMoment},
      {"0001778078351786", kMoment},
      {"1778078351.786624", kMoment},
      {".1778078351786e10", kMoment},
      {"1778078351.", kMoment - 786},
      // Where one unit ends the next begins.
      {"99999999999", 99'999'999'999'000},
      {"99999999999.9999", 99'999'999'999'999},
      {"100000000000", 100'000'000'000},
      {"1e11", 100'000'000'000},
      {"99999999999999", 99'999'999'999'999},
      {"100000000000000", 100'000'000'000},
      {"1e14", 100'000'000'000},
      {"99999999999999999", 99'999'999'999'999},
      {"100000000000000000", 100'000'000'000},
      {"1e17", 100'000'000'000},
      {"99999999999999999999", 99'999'999'999'999},
      {"-1778078351786", -kMoment},
      {"0e5", 0},
      {"0.0009", 0},
      {"1e-999999", 0},
  };
  for (const auto& [text, ms] : cases) {
    const auto time = parse_timestamp(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->time_since_epoch().count(), ms) << text;
  }
}

TEST(Timestamp, EveryMillisecondOfAnEpochNumberSurvivesTheDouble) {
  for (int ms = 0; ms < 1000; ++ms) {
    char text[32];
    std::snprintf(text, sizeof text, "1778078351.%03d", ms);
    EXPECT_EQ(parse_timestamp(text)->time_since_epoch().count(), 1'778'078'351'000 + ms) << text;
  }
}

TEST(Timestamp, WhatIsNoneCountsAsAbsent) {
  for (const char* text : {"",
                           " ",
                           "now",

                           "2026-05",
                           "2026-05-06",
                           "2026-13-06T14:39:11",
                           "2026-00-06T14:39:11",
                           "2025-02-29T00:00:00",
                           "2026-05-32T14:39:11",
                           "2026-05-06T24:00:00",
                           "2026-05-06T14:60:00",
                           "2026-05-06T14:39:61",
                           "2026-05-06T14:39:11.",
                           "2026-05-06T14:39:11Zx",
                           "2026-05-06T14:39:11+",
                           "2026-05-06T14:39:11+25:00",
                           "2026-05-06X14:39:11",
                           "06.05.2026",
                           "1778078351x",
                           "nan",
                           "inf",
                           "1e300",
                           "1e20",
                           "100000000000000000000",
                           "1e99999999999999999999",
                           "1e",
                           "1e+",
                           "1e+-9",
                           "1e9x",
                           "1.2.3",
                           ".",
                           "-",
                           "+1778078351",
                           "0x6a",
                           "1_778_078_351",
                           "true"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Timestamp, IsAMessagesOwnTimeOnlyWhereItMayBe) {
  constexpr std::int64_t kArrived = 1'778'078'351'786;
  constexpr std::int64_t kYear2000 = 946'684'800'000;
  constexpr std::int64_t kDay = 86'400'000;
  const auto usable = [&](std::int64_t ms) {
    return is_usable_event_time(UtcMillis(std::chrono::milliseconds(ms)),
                                UtcMillis(std::chrono::milliseconds(kArrived)));
  };
  EXPECT_TRUE(usable(kYear2000));
  EXPECT_FALSE(usable(kYear2000 - 1));
  EXPECT_TRUE(usable(kArrived));
  EXPECT_TRUE(usable(kArrived + kDay));
  EXPECT_FALSE(usable(kArrived + kDay + 1));
}

}  // namespace
}  // namespace firebase_relay::classify
