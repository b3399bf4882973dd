// Removals whose answer is lost, and what the database lists of them afterwards.
#include "keep/in_doubt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keep/keeping.h"

namespace firebase_relay::keep {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(InDoubt, ListTellsOfWhatIsBelowItAndOfNothingElse) {
  const InDoubt::Removal day{Kind::kPrice, "history/AAPL/prices/2026-01-01"};
  const std::pair<const char*, std::vector<std::string>> lists_with_it[] = {{"", {"history"}},
                                                                            {"history", {"AAPL", "MSFT"}},
                                                                            {"history/AAPL/prices", {"2026-01-01"}},
                                                                            {"history/AAPL/prices/2026-01-01", {"-K"}},
                                                                            {"history/MSFT/prices", {}},
                                                                            {"history/A", {}},
                                                                            {"history/AAPL/prices/2026-01-01/-K", {}}};
  const std::pair<const char*, std::vector<std::string>> lists_without_it[] = {
      {"", {}}, {"history", {"AAPL-USD", "A"}}, {"history/AAPL", {"orders"}}, {"history/AAPL/prices", {"2026-01-02"}}};
  InDoubt in_doubt;
  for (const auto& [node, keys] : lists_with_it) {
    in_doubt.sent(day);
    EXPECT_THAT(in_doubt.take_gone(node, keys), IsEmpty()) << node;
    EXPECT_THAT(in_doubt.days(), ElementsAre(day)) << node;
  }
  for (const auto& [node, keys] : lists_without_it) {
    in_doubt.sent(day);
    EXPECT_THAT(in_doubt.take_gone(node, keys), ElementsAre(day)) << node;
    EXPECT_THAT(in_doubt.days(), IsEmpty()) << "it is told once";
  }
}

TEST(InDoubt, RemembersADayOnceAndNotMoreThanAFew) {
  InDoubt in_doubt;
  for (std::size_t i = 0; i < 3 * InDoubt::kDaysMax; ++i) {
    in_doubt.sent({Kind::kPrice, std::to_string(i)});
    in_doubt.sent({Kind::kPrice, std::to_string(i)});
  }
  EXPECT_THAT(in_doubt.days(), SizeIs(InDoubt::kDaysMax));
  EXPECT_FALSE(in_doubt.settle("0")) << "the oldest was forgotten";
  EXPECT_TRUE(in_doubt.settle(std::to_string(3 * InDoubt::kDaysMax - 1)));
  EXPECT_THAT(in_doubt.days(), SizeIs(InDoubt::kDaysMax - 1));
}

/// Up to where the days of AAPL are listed.
void list_days(Keeping& keeping, const std::vector<std::string>& days) {
  ASSERT_EQ(keeping.next(1h), "list history");
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer(days);
}

std::vector<std::string> removed_days(const Keeping& keeping) {
  std::vector<std::string> paths;
  for (const Report& report : keeping.reports) {
    if (const auto* day = std::get_if<DayRemoved>(&report)) paths.push_back(day->path);
  }
  return paths;
}

TEST(Keeper, CountsADayWhoseRemovalWasDoneWithoutAnAnswerWhenItIsListedNoMore) {
  Keeping keeping({prices(1)});
  list_days(keeping, {"2026-01-01", "2026-01-02"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kFailed);
  EXPECT_THAT(removed_days(keeping), IsEmpty()) << "it may still be there";
  list_days(keeping, {"2026-01-02"});
  EXPECT_THAT(removed_days(keeping), ElementsAre("history/AAPL/prices/2026-01-01"));
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-02");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "");
  const auto* round = std::get_if<RoundEnded>(&keeping.reports.back());
  ASSERT_NE(round, nullptr);
  EXPECT_EQ(round->days, 2u) << "the one before was broken off, and has told of none";
  list_days(keeping, {});
  EXPECT_THAT(removed_days(keeping), SizeIs(2)) << "each once";
}

TEST(Keeper, CountsADayOnceThatIsStillListedAfterARemovalWithoutAnAnswer) {
  Keeping keeping({prices(1)});
  list_days(keeping, {"2026-01-01"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kFailed);
  list_days(keeping, {"2026-01-01"});
  EXPECT_THAT(removed_days(keeping), IsEmpty());
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer();
  EXPECT_THAT(removed_days(keeping), SizeIs(1));
}

TEST(Keeper, CountsADayThatHasGoneWithItsWholeTicker) {
  Keeping keeping({prices(1)});
  list_days(keeping, {"2026-01-01"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kFailed);
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer(std::vector<std::string>{"MSFT"});
  EXPECT_THAT(removed_days(keeping), SizeIs(1)) << "a node without anything below it is none";
}

TEST(Keeper, CountsADayWhoseLastPiecesWereAnsweredWithoutADate) {
  Keeping keeping({prices(1)});
  list_days(keeping, {"2026-01-01"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices/2026-01-01");
  keeping.answer({"-K"});
  ASSERT_EQ(keeping.next(), "pieces 1 of history/AAPL/prices/2026-01-01");
  keeping.skew.reset();
  keeping.answer();
  EXPECT_EQ(keeping.told<DayNotKnown>(), 1u);
  keeping.skew = 0s;
  list_days(keeping, {});
  EXPECT_THAT(removed_days(keeping), SizeIs(1));
}

TEST(Keeper, SaysNothingOfADayThatIsTooLargeAndThatAPersonRemoves) {
  Keeping keeping({prices(1)});
  list_days(keeping, {"2026-01-01"});
  ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices/2026-01-01");
  keeping.answer(Reply::Outcome::kTooBig);
  EXPECT_EQ(keeping.told<DayRefused>(), 1u);
  EXPECT_EQ(keeping.next(), "");
  keeping.pass(12h);
  list_days(keeping, {});
  EXPECT_THAT(removed_days(keeping), IsEmpty());
}

TEST(Keeper, WithOtherPlacesCountsTheLastPiecesThatWereOutAndNotThoseBefore) {
  for (const std::size_t entries : {1u, 100u}) {
    Keeping keeping({prices(1)});
    list_days(keeping, {"2026-01-01"});
    ASSERT_EQ(keeping.next(), "remove history/AAPL/prices/2026-01-01");
    keeping.answer(Reply::Outcome::kTooBig);
    ASSERT_EQ(keeping.next(), "list history/AAPL/prices/2026-01-01");
    keeping.answer(std::vector<std::string>(entries, "-K"));
    ASSERT_NE(keeping.next(), "");
    keeping.tell(Places{{prices(1000)}});
    keeping.answer();
    EXPECT_EQ(removed_days(keeping).size(), entries == 1 ? 1u : 0u);
  }
}

}  // namespace
}  // namespace firebase_relay::keep
