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
                           "true"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

}  // namespace
}  // namespace firebase_relay::classify
