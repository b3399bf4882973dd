#include "observe/backfill_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

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

/// What is said from second 0 to `last`, when the outbox holds what `bytes_at` says.
template <class BytesAt>
std::vector<std::string> lines_of(BackfillReport& report, int last, BytesAt bytes_at) {
  std::vector<std::string> lines;
  for (int second = 0; second <= last; ++second) {
    if (const auto line = report.line(20, bytes_at(second), true, at(second))) lines.push_back(*line);
  }
  return lines;
}

TEST(BackfillReport, SaysOnceAMinuteThatAsMuchComesAsGoes) {
  BackfillReport report;
  const std::string nowhere =
      " MB left, and not getting less: as much comes as goes; see RelayOutboxGrowing in docs/alerts.md";
  const auto lines = lines_of(report, 150, [](int second) { return 1'000'000u + 10'000u * unsigned(second); });
  EXPECT_EQ(lines, (std::vector{"backfill: 20 batches, 1.6" + nowhere, "backfill: 20 batches, 2.2" + nowhere}));
  EXPECT_EQ(report.line(0, 0, true, at(151)), "backfill done: the outbox is empty") << "it was told, so its end is";
}

TEST(BackfillReport, DoesNotTakeAPauseOfTheQuotaForABackfillThatGetsNowhere) {
  BackfillReport report;
  // 60 MB go in the first ten seconds of each minute, and 0.1 MB come each second.
  const auto lines = lines_of(report, 600, [](int second) {
    const int gone = 60 * (second / 60) + 6 * std::min(second % 60, 10);
    return 1'000'000'000u + 100'000u * unsigned(second) - 1'000'000u * unsigned(gone);
  });
  EXPECT_GT(lines.size(), 10u);
  for (const std::string& line : lines) EXPECT_NE(line.find("done in about"), std::string::npos) << line;
}

}  // namespace
}  // namespace firebase_relay::observe
