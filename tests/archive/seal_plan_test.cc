#include "archive/seal_plan.h"

#include <gtest/gtest.h>

namespace firebase_relay::archive {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using enum FileName::Kind;

constexpr Day kOld = Day(std::chrono::year(2026) / 11 / 20);
constexpr Day kToday = Day(std::chrono::year(2026) / 11 / 28);
constexpr UtcMillis kNoon = UtcMillis(kToday) + hours(12);

TEST(SealPlan, DayIsSealedOneHourAfterItHasEnded) {
  SealPlan plan({}, kNoon);
  EXPECT_EQ(plan.next(), UtcMillis::max());
  plan.wrote(kToday, kNoon);
  const UtcMillis ended = UtcMillis(kToday + days(1));
  EXPECT_EQ(plan.next(), ended + hours(1));
  EXPECT_EQ(plan.due(ended + minutes(59)), std::nullopt);
  EXPECT_EQ(plan.due(ended + hours(1)), kToday);
  plan.sealed(kToday);
  EXPECT_EQ(plan.due(ended + hours(2)), std::nullopt);
}

TEST(SealPlan, StartFindsTheDaysThatWereNotSealedOldestFirst) {
  SealPlan plan({{kToday, kPlain}, {kOld, kPlain}, {kOld + days(1), kPlain}, {kOld + days(2), kSealed}}, kNoon);
  EXPECT_EQ(plan.due(kNoon), kOld);
  plan.sealed(kOld);
  EXPECT_EQ(plan.due(kNoon), kOld + days(1));
  plan.sealed(kOld + days(1));
  EXPECT_EQ(plan.due(kNoon), std::nullopt) << "today is not over, and one is sealed";
}

TEST(SealPlan, StartBeginsASealingAnewThatWasNotFinished) {
  const SealPlan plan({{kOld, kPlain}, {kOld, kBeingSealed}}, kNoon);
  EXPECT_EQ(plan.leftovers(), (std::vector<FileName>{{kOld, kBeingSealed}}));
  EXPECT_EQ(plan.due(kNoon), kOld);
}

TEST(SealPlan, WhatComesLateWaitsForAnHourForMore) {
  SealPlan plan({{kOld, kSealed}}, kNoon);
  plan.wrote(kOld, kNoon);
  plan.wrote(kOld, kNoon + minutes(50));
  EXPECT_EQ(plan.due(kNoon + minutes(59)), std::nullopt);
  EXPECT_EQ(plan.due(kNoon + hours(1)), kOld);

  const SealPlan restarted({{kOld, kPlain}, {kOld, kSealed}}, kNoon);
  EXPECT_EQ(restarted.next(), kNoon + hours(1)) << "killed between renaming and removing looks the same";
}

TEST(SealPlan, DayWithAHoleIsNeverSealed) {
  SealPlan plan({{kOld, kPlain}, {kOld, kHole}}, kNoon);
  EXPECT_EQ(plan.due(kNoon), std::nullopt);
  EXPECT_EQ(plan.next(), UtcMillis::max());
  EXPECT_EQ(plan.kept_open(kNoon), (std::set<Day>{kOld}));

  plan.wrote(kToday, kNoon);
  plan.lost(kToday);
  EXPECT_EQ(plan.due(kNoon + days(30)), std::nullopt);
  EXPECT_EQ(plan.kept_open(kNoon), (std::set<Day>{kOld})) << "today has time";
}

TEST(SealPlan, DayThatCouldNotBeSealedIsPutOff) {
  SealPlan plan({{kOld, kPlain}, {kOld + days(1), kPlain}}, kNoon);
  plan.put_off(kOld, kNoon + minutes(10));
  EXPECT_EQ(plan.due(kNoon), kOld + days(1)) << "the others do not wait for it";
  EXPECT_EQ(plan.due(kNoon + minutes(10)), kOld);
}

TEST(SealPlan, DayWithoutAFileIsNotCountedAnyMoreOnceItCountsAsWhole) {
  SealPlan plan({}, kNoon);
  plan.failed(kOld, kNoon + minutes(10));
  plan.lost(kOld);
  EXPECT_EQ(plan.unsealed(), (std::set<Day>{kOld}));
  plan.mended(kOld);
  EXPECT_TRUE(plan.unsealed().empty());
}

TEST(SealPlan, DayOfTheFutureWaitsForItsEnd) {
  SealPlan plan({}, kNoon);
  plan.wrote(kToday + days(365), kNoon);
  EXPECT_EQ(plan.due(kNoon + days(365)), std::nullopt);
  EXPECT_EQ(plan.due(kNoon + days(366)), kToday + days(365));
}

}  // namespace
}  // namespace firebase_relay::archive
