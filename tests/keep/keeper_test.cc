#include "keep/keeping.h"

#include <gtest/gtest.h>

#include "keep/day.h"

namespace firebase_relay::keep {
namespace {

using namespace std::chrono_literals;

TEST(Keeper, GoesThroughTickersAndRemovesTheOldestDayFirst) {
  Keeping keeping({prices(2)});
  EXPECT_EQ(keeping.next(), "list history");
  EXPECT_EQ(keeping.bytes, 0u);
  keeping.answer({"MSFT", "_channels", "AAPL"});
  EXPECT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-11-26", "2026-11-27", "2026-11-25", "2026-11-28", "2026-11-29", "2026-13-01", "x"});
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-25");
  EXPECT_GT(keeping.bytes, 100'000u);
  keeping.answer();
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-26") << "today and the day before stay";
  keeping.answer();
  EXPECT_EQ(keeping.next(), "flat history/MSFT/prices") << "the unrouted channels are another route's";
  keeping.answer({"-P7CPCZbXhYYICIK96M9"});
  EXPECT_EQ(keeping.next(), "") << "it is not listed";
  EXPECT_EQ(keeping.told<DayRemoved>(), 2u);
  ASSERT_EQ(keeping.told<FlatFound>(), 1u);
  const auto is_flat = [](const Report& report) { return std::holds_alternative<FlatFound>(report); };
  const auto flat = std::find_if(keeping.reports.begin(), keeping.reports.end(), is_flat);
  EXPECT_EQ(std::get<FlatFound>(*flat).key, "-P7CPCZbXhYYICIK96M9");
  EXPECT_EQ(keeping.told<RoundEnded>(), 1u);
  EXPECT_EQ(keeping.next(13h), "list history") << "a new day has begun";
}

/// Up to where the first day of AAPL is to be removed.
void go_to_a_day(Keeping& keeping) {
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-01-01"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
}

TEST(Keeper, TakesADayThatIsTooLargeInPiecesThatGrowAndShrink) {
  Keeping keeping({prices(1)});
  go_to_a_day(keeping);
  keeping.answer(Reply::Outcome::kTooBig);
  EXPECT_EQ(keeping.next(), "list history/AAPL/prices/2026-01-01");
  keeping.answer(std::vector<std::string>(100, "-K"));
  EXPECT_EQ(keeping.next(), "pieces 16 of history/AAPL/prices/2026-01-01");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "pieces 32 of history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  EXPECT_EQ(keeping.next(), "pieces 16 of history/AAPL/prices/2026-01-01");
  EXPECT_EQ(keeping.bytes, 16u * 512u);
  keeping.answer();
  EXPECT_EQ(keeping.next(), "pieces 32 of history/AAPL/prices/2026-01-01");
  keeping.answer();
  EXPECT_EQ(keeping.told<DayRemoved>(), 0u);
  EXPECT_EQ(keeping.next(), "pieces 36 of history/AAPL/prices/2026-01-01");
  keeping.answer();
  EXPECT_EQ(keeping.told<DayRemoved>(), 1u);
}

TEST(Keeper, LeavesADayOfWhichNotEvenOneEntryCanGo) {
  Keeping keeping({prices(1)});
  go_to_a_day(keeping);
  keeping.answer(Reply::Outcome::kTooBig);
  ASSERT_NE(keeping.next(), "");
  keeping.answer({"-K"});
  ASSERT_EQ(keeping.next(), "pieces 1 of history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  EXPECT_EQ(keeping.told<DayRefused>(), 1u);
  EXPECT_EQ(keeping.told<RoundEnded>(), 0u);
  EXPECT_EQ(keeping.next(), "");
  EXPECT_EQ(keeping.told<RoundEnded>(), 1u);
}

TEST(Keeper, LeavesADayWhoseListIsTooLongAndGoesOnWithTheOthers) {
  Keeping keeping({prices(1)});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-01-01", "2026-01-02"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  EXPECT_EQ(keeping.told<DayRefused>(), 1u);
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-02");
}

TEST(Keeper, RemovesNothingWithoutADateOrWithAClockThatIsWrong) {
  for (const std::optional<std::chrono::seconds> skew :
       {std::optional<std::chrono::seconds>(), std::optional(61s), std::optional(-61s)}) {
    Keeping keeping({prices(1)});
    keeping.skew = skew;
    EXPECT_EQ(keeping.next(), "list history");
    keeping.answer({"AAPL"});
    EXPECT_EQ(keeping.told<DayNotKnown>(), 1u);
    EXPECT_EQ(keeping.next(30s), "") << "not at once again";
    EXPECT_EQ(keeping.next(2min), "list history");
  }
}

TEST(Keeper, TakesTheEarliestDayThatAnAnswerOfTheRoundHad) {
  Keeping keeping({prices(1)});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.pass(13h);  // a midnight
  keeping.answer({"2026-11-28"});
  EXPECT_EQ(keeping.next(1min), "");
  EXPECT_EQ(keeping.told<DayRemoved>(), 0u);
}

TEST(Keeper, RemovesNothingMoreWhenTheClocksAreSetBackOverMidnight) {
  Keeping keeping({prices(1)});
  go_to_a_day(keeping);
  keeping.answer();
  EXPECT_EQ(keeping.next(), "");
  keeping.pass(12h + 5min);
  ASSERT_EQ(keeping.next(), "list history") << "a new day";
  keeping.set_back(1h);  // this clock and the database's: it is the day before
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-11-27", "2026-11-28"});
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-27");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "") << "the 28th is today";

  Keeping alone({prices(1)});
  alone.pass(12h + 5min);
  ASSERT_EQ(alone.next(), "list history");
  alone.set_back(1h);  // this clock alone
  alone.skew = -1h;
  alone.answer({"AAPL"});
  EXPECT_EQ(alone.told<DayNotKnown>(), 1u);
}

TEST(Keeper, KnowsSinceWhenARoundIsDueUntilOneEnds) {
  Keeping keeping({prices(1)});
  ASSERT_EQ(keeping.next(), "list history");
  EXPECT_EQ(keeping.due_for(), 0s);
  for (int i = 0; i < 30; ++i) {  // an hour apart in the end
    keeping.answer(Reply::Outcome::kFailed);
    ASSERT_EQ(keeping.next(2h), "list history");
  }
  EXPECT_GT(keeping.due_for(), 24h);
  keeping.answer();
  EXPECT_EQ(keeping.next(), "");
  EXPECT_EQ(keeping.told<RoundEnded>(), 1u);
  EXPECT_EQ(keeping.due_for(), 0s);
}

TEST(Keeper, KnowsHowManyDaysTheLastRoundHasLeft) {
  Keeping keeping({prices(1)}, {.may_go = [](std::string_view day) { return day != "2026-01-02"; }});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL", "OLD"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-01-01", "2026-01-02"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  ASSERT_EQ(keeping.next(), "flat history/OLD/prices");
  EXPECT_EQ(keeping.overdue(), 0u) << "the round has not ended";
  keeping.answer({"-P7CPCZbXhYYICIK96M9"});
  EXPECT_EQ(keeping.next(), "");
  EXPECT_EQ(keeping.overdue(), 3u) << "one too large, one for the archive's sake, one place without days";
  keeping.tell(Places{});
  EXPECT_EQ(keeping.overdue(), 0u) << "nobody wants them removed";
}

constexpr UtcMillis kMidnight = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);

/// Up to where the day that has just ended is found, which an archive has not sealed by then.
void go_over_midnight(Keeping& keeping) {
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer();
  ASSERT_EQ(keeping.next(2h), "list history") << "a new day";
  ASSERT_LE(keeping.utc() - kMidnight, 1min);
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-11-28", "2026-11-29"});
  ASSERT_EQ(keeping.next(1min), "");
}

TEST(Keeper, LooksAgainTwoHoursAfterMidnightAtADayThatWaitsForItsArchive) {
  bool is_sealed = false;
  Keeping keeping({prices(1)}, {.may_go = [&](std::string_view /*day*/) { return is_sealed; }});
  go_over_midnight(keeping);
  EXPECT_EQ(std::get<RoundEnded>(keeping.reports.back()).waiting, 1u);
  EXPECT_EQ(std::get<RoundEnded>(keeping.reports.back()).held_back, 0u);
  EXPECT_EQ(keeping.overdue(), 0u) << "it is not late yet";
  is_sealed = true;
  EXPECT_EQ(keeping.next(2h), "list history");
  EXPECT_EQ(keeping.utc(), kMidnight + 2h);
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-11-28", "2026-11-29"});
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-28");
  keeping.answer();
  EXPECT_EQ(keeping.next(2h), "list history");
  EXPECT_GE(keeping.utc() - kMidnight, 24h) << "once a day, where nothing waits";
  EXPECT_EQ(keeping.overdue(), 0u);
}

TEST(Keeper, CountsADayAsOverdueThatMayNotGoTwoHoursAfterItsEndEither) {
  Keeping keeping({prices(1)}, {.may_go = [](std::string_view /*day*/) { return false; }});
  go_over_midnight(keeping);
  EXPECT_EQ(keeping.overdue(), 0u);
  EXPECT_EQ(keeping.next(2h), "list history");
  EXPECT_EQ(keeping.utc(), kMidnight + 2h);
  keeping.answer(Reply::Outcome::kFailed);
  EXPECT_EQ(keeping.next(1min), "list history") << "what is broken off begins again, on this day, too";
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer({"2026-11-28"});
  EXPECT_EQ(keeping.next(1min), "");
  EXPECT_EQ(keeping.overdue(), 1u);
  EXPECT_EQ(keeping.next(2h), "list history");
  EXPECT_GE(keeping.utc() - kMidnight, 24h) << "it is not asked for all day long";
}

TEST(Keeper, LooksAgainTwoHoursAfterAStartAtADayThatHasEndedWhileNobodyRan) {
  Keeping keeping({prices(1)}, {.may_go = [](std::string_view /*day*/) { return false; }});
  const UtcMillis begin = keeping.utc();
  for (const std::uint64_t overdue : {1u, 2u}) {
    ASSERT_EQ(keeping.next(2h), "list history");
    keeping.answer({"AAPL"});
    ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
    keeping.answer();
    ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
    keeping.answer({"2026-11-26", "2026-11-27"});
    EXPECT_EQ(keeping.next(1min), "");
    EXPECT_EQ(keeping.overdue(), overdue) << "that of the day before yesterday at once";
    EXPECT_LE(keeping.utc() - begin, 2h + 1s);
  }
  EXPECT_GE(keeping.utc() - begin, 2h);
}

TEST(Keeper, StopsAtAFailureAndBeginsAgainLater) {
  Keeping keeping({prices(1)});
  go_to_a_day(keeping);
  keeping.answer(Reply::Outcome::kFailed);
  EXPECT_EQ(keeping.told<BrokenOff>(), 1u);
  EXPECT_EQ(keeping.next(50s), "");
  EXPECT_EQ(keeping.next(60s), "list history");
  keeping.answer(Reply::Outcome::kFailed);
  EXPECT_EQ(keeping.next(110s), "") << "the next pause is twice as long";
  EXPECT_EQ(keeping.next(120s), "list history");
}

TEST(Keeper, SendsNothingWithoutLeaveAndAsksAgain) {
  Keeping keeping({prices(1)});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.granted = false;
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next_within(1min), "");
  keeping.granted = true;
  EXPECT_EQ(keeping.next(), "flat history/AAPL/prices");
}

TEST(Keeper, BeginsAnewWithOtherPlacesAndCountsWhatWasOut) {
  Keeping keeping({prices(1)});
  go_to_a_day(keeping);
  keeping.tell(Places{{prices(1000)}});
  keeping.answer();
  EXPECT_EQ(keeping.told<DayRemoved>(), 1u) << "it is gone, whoever asked for it";
  EXPECT_EQ(keeping.next(), "list history");
  keeping.tell(Places{{}});
  keeping.answer({"AAPL"});
  EXPECT_EQ(keeping.next(48h), "") << "nothing is kept for days only";
}

TEST(DayNamed, IsADayOfTheCalendar) {
  EXPECT_EQ(day_named("2026-11-28"), std::chrono::sys_days(std::chrono::year(2026) / 11 / 28));
  EXPECT_TRUE(day_named("2024-02-29"));
  for (const char* key : {"", "2026-11-2", "2026-11-31", "2025-02-29", "2026-00-10", "2026/11/28", "20261-1-28",
                          "-P7CPCZbXhYYICIK96M9", "2026-11-28 ", "x026-11-28", "2026-1--28"})
    EXPECT_FALSE(day_named(key)) << key;
}

}  // namespace
}  // namespace firebase_relay::keep
