#include "observe/download.h"

#include <gtest/gtest.h>

namespace firebase_relay::observe {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kBegin{1000h};

class DownloadTest : public testing::Test {
 protected:
  /// So many bytes with each minute's answer, from `from` on.
  void answer(std::uint64_t bytes, std::chrono::minutes from, std::chrono::minutes until) {
    for (auto at = from; at < until; at += 1min) download_.answered(bytes, kBegin + at);
  }
  [[nodiscard]] double a_day() const { return metrics_.download_bytes_per_day.Value(); }

  Metrics metrics_{"0"};
  Download download_{metrics_, kBegin};
};

TEST_F(DownloadTest, IsNotKnownInTheFirstHour) {
  answer(100, 0min, 60min);
  EXPECT_EQ(metrics_.answer_bytes.Value(), 6'000);
  EXPECT_EQ(a_day(), 0);
  answer(100, 60min, 61min);
  EXPECT_NEAR(a_day(), 100 * 1440, 100 * 1440 / 50);
}

TEST_F(DownloadTest, IsTheRateOfTheLastDayAlone) {
  answer(1'000, 0min, 48h);
  EXPECT_NEAR(a_day(), 1'000 * 1440, 1'000 * 1440 / 50);
  answer(10, 48h, 72h);
  EXPECT_NEAR(a_day(), 10 * 1440, 10 * 1440 / 50) << "what was a day ago is today's no more";
  answer(10, 96h, 96h + 1min);
  EXPECT_NEAR(a_day(), 10, 1) << "a day without an answer";
}

TEST_F(DownloadTest, FallsWithTheHoursInWhichNothingComes) {
  answer(100, 0min, 12h);
  answer(100, 18h, 18h + 1min);
  EXPECT_NEAR(a_day(), 100 * 1440 * 2 / 3, 100 * 1440 / 50);
}

TEST(DownloadText, IsAMonthAgainstThePlan) {
  Snapshot snapshot;
  EXPECT_EQ(download_text(snapshot), "known after an hour");
  snapshot.download_bytes_a_day = 138'000'000;
  EXPECT_EQ(download_text(snapshot), "4.14 GB a month by answers, of the plan's 10");
  snapshot.download_bytes_a_day = 345'600'000;
  EXPECT_EQ(download_text(snapshot), "10.37 GB a month by answers, of the plan's 10: TOO MUCH");
}

}  // namespace
}  // namespace firebase_relay::observe
