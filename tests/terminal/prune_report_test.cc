// What a person reads of `prune`.
#include "terminal/prune_report.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "terminal/commands.h"

namespace firebase_relay::terminal {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_days kDay = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);

class PruneReportTest : public testing::Test {
 protected:
  /// What it says of these, and `status`, `error`.
  std::string told(bool removes, const std::vector<keep::Report>& reports) {
    std::ostringstream out;
    PruneReport report(removes,
                       {[](const std::string& day) { return day.find("AAPL") == std::string::npos ? 0u : 1'500'000u; },
                        [](std::string_view) { return "it is not sealed"; },
                        [](const std::vector<std::string>& keys) { return keys.size() - 1; }},
                       out);
    for (const keep::Report& each : reports) report.take(each);
    status = report.finish({7, 4'200}, error);
    return out.str();
  }

  int status = -1;
  std::optional<Error> error;
};

TEST_F(PruneReportTest, LookIsALineForEachPlaceAndWhatItCost) {
  const std::string text =
      told(false, {keep::DayFound{Kind::kPrice, "history/AAPL/prices/2026-11-01"},
                   keep::DayFound{Kind::kPrice, "history/AAPL/prices/2026-11-03"},
                   keep::DayFound{Kind::kPrice, "history/2026-11-28/prices/2026-11-02"}, keep::RoundEnded{0, 0}});
  EXPECT_EQ(text.substr(0, text.find("this look")),
            "would go history/AAPL/prices: 2 days, 2026-11-01 to 2026-11-03, about 3.0 MB\n"
            "would go history/2026-11-28/prices: 1 day, 2026-11-02\n"
            "3 days at 2 places would go, about 3.0 MB as far as this outbox has counted; nothing is removed without "
            "--yes\n");
  EXPECT_NE(text.find("this look took 7 requests and about 4.2 kB of the plan's download"), std::string::npos) << text;
  EXPECT_EQ(status, kExitOk);
}

TEST_F(PruneReportTest, RemovalIsALineForEachDayAndStaysAreSaid) {
  EXPECT_EQ(told(true, {keep::DayHeldBack{"h/A", "2026-11-01"}, keep::DayRemoved{Kind::kPrice, "h/A/2026-11-02"},
                        keep::EntriesListed{"h/A/2026-11-03", {"-K1", "-K2"}},
                        keep::DayRemoved{Kind::kPrice, "h/A/2026-11-03"}, keep::RoundEnded{2, 1}}),
            "stays h/A/2026-11-01: it is not sealed\nremoved h/A/2026-11-02\nunsealed h/A/2026-11-03: 1 of 2 entries "
            "stand nowhere else\nremoved h/A/2026-11-03\n2 days removed; 1 entry stood nowhere else\n");
  EXPECT_EQ(status, kExitFailed) << "a day stays";
  EXPECT_FALSE(error);
}

TEST_F(PruneReportTest, EntriesOfADayAreALine) {
  const UtcMillis day = kDay + 1h;
  EXPECT_EQ(told(true, {keep::EntriesRemoved{Kind::kPrice, "h/A", 16, day},
                        keep::EntriesRemoved{Kind::kPrice, "h/A", 32, day},
                        keep::EntriesRemoved{Kind::kPrice, "h/A", 1, day + 24h}, keep::RoundEnded{}}),
            "removed h/A: 48 entries of 2026-11-28 without a day\nremoved h/A: 1 entry of 2026-11-29 without a day\n"
            "0 days and 49 entries without a day removed\n");
  EXPECT_EQ(status, kExitOk);
}

TEST_F(PruneReportTest, WhatBreaksItOffIsSaidAsItIsAnswered) {
  EXPECT_EQ(told(true, {keep::BrokenOff{"HTTP 402: {\"error\":\"pay\"}", 60s, ""}}), "0 days removed\n");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, "prune: HTTP 402: {\"error\":\"pay\"}");
  EXPECT_EQ(error->remedy, "run it again: it goes on with what is left");
  EXPECT_EQ(status, kExitFailed);
  told(true, {keep::BrokenOff{"HTTP 404", 60s, "404: no database there"}});
  EXPECT_EQ(error->remedy, "404: no database there; then run it again: it goes on with what is left");
  told(true, {keep::DayNotKnown{std::nullopt}});
  EXPECT_EQ(status, kExitFailed);
  EXPECT_EQ(told(true, {keep::DateToCome{kDay}}), "");
  EXPECT_EQ(error->what, "--before: expected a day up to 2026-11-28, which it is today");
  EXPECT_EQ(status, kExitInvalid);
}

}  // namespace
}  // namespace firebase_relay::terminal
