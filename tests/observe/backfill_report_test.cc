#include "observe/backfill_report.h"

#include <gtest/gtest.h>

namespace firebase_relay::observe {
namespace {

using std::chrono::seconds;

constexpr SteadyTime at(int second) { return SteadyTime(seconds(1000 + second)); }

TEST(BackfillReport, SaysHowMuchIsLeftAndHowLongItTakes) {
  BackfillReport report;
  EXPECT_FALSE(report.line(10, 100'000'000, true, at(0)));
  EXPECT_FALSE(report.line(9, 95'000'000, true, at(4))) << "not every second";
  EXPECT_EQ(report.line(8, 90'000'000, true, at(5)),
            "backfill: 8 batches, 90.0 MB left, 2.0 MB/s, done in about 45.0 s");
  EXPECT_EQ(report.line(0, 0, true, at(9)), "backfill done: the outbox is empty");
  EXPECT_FALSE(report.line(0, 0, true, at(20))) << "once";
}

TEST(BackfillReport, IsSilentWhileTheDatabaseIsAway) {
  BackfillReport report;
  for (int second = 0; second < 60; ++second) EXPECT_FALSE(report.line(10, 1'000'000, false, at(second)));
  EXPECT_FALSE(report.line(0, 0, true, at(61))) << "nothing was told, so no end is";
}

TEST(BackfillReport, PromisesNoEndWhileMoreComesThanGoes) {
  BackfillReport report;
  report.line(10, 1'000'000, true, at(0));
  EXPECT_FALSE(report.line(20, 2'000'000, true, at(5)));
  EXPECT_EQ(report.line(20, 2'000'000, true, at(10)), "backfill: 20 batches, 2.0 MB left, 0.0 MB/s");
}

}  // namespace
}  // namespace firebase_relay::observe
