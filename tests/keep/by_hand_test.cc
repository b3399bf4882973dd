// What a person asks a keeper for: a day by its name, a look, entries without a day.
#include <gtest/gtest.h>

#include <algorithm>

#include "firebase_relay/history_key.h"
#include "keep/keeping.h"

namespace firebase_relay::keep {
namespace {

using namespace std::chrono_literals;

std::chrono::sys_days november(unsigned day) {
  return std::chrono::year(2026) / std::chrono::November / std::chrono::day(day);
}

/// What a person wants to be gone, who named the first day that stays.
KeptPlace old_prices(std::chrono::sys_days before, bool is_flat = false) {
  KeptPlace place = prices(1);
  place.before = before;
  place.is_flat = is_flat;
  return place;
}

std::string key_on(std::chrono::sys_days day, std::uint32_t n = 0) {
  return std::string(HistoryKey(UtcMillis(day), {1, 2}, n).text());
}

/// All reports of a kind, in their order.
template <class What>
std::vector<What> all_told(const Keeping& keeping) {
  std::vector<What> found;
  for (const Report& report : keeping.reports) {
    if (const auto* what = std::get_if<What>(&report)) found.push_back(*what);
  }
  return found;
}

/// Up to where days of AAPL are listed.
void go_to_days(Keeping& keeping, std::vector<std::string> days) {
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "flat history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "list history/AAPL/prices");
  keeping.answer(std::move(days));
}

TEST(KeeperByHand, RemovesUpToTheDayThatAPersonNamed) {
  Keeping keeping({old_prices(november(20))});
  go_to_days(keeping, {"2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"});
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-18");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-19");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "") << "the day itself stays";
  EXPECT_EQ(keeping.told<RoundEnded>(), 1u);
}

TEST(KeeperByHand, NeverRemovesTodayNorGoesByADayThatIsYetToCome) {
  Keeping today({old_prices(november(28))});
  go_to_days(today, {"2026-11-28"});
  EXPECT_EQ(today.next(1min), "");
  EXPECT_EQ(today.told<RoundEnded>(), 1u);
  Keeping tomorrow({old_prices(november(29))});
  ASSERT_EQ(tomorrow.next(), "list history");
  tomorrow.answer({"AAPL"});
  ASSERT_EQ(tomorrow.told<DateToCome>(), 1u);
  EXPECT_EQ(all_told<DateToCome>(tomorrow).front().today, november(28));
  EXPECT_EQ(tomorrow.next(30s), "");
}

TEST(KeeperByHand, OnlyTellsWhatWouldGo) {
  Keeping keeping({old_prices(november(20))}, {{}, false, true});
  go_to_days(keeping, {"2026-11-18", "2026-11-19", "2026-11-20"});
  EXPECT_EQ(keeping.next(), "");
  const auto found = all_told<DayFound>(keeping);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "history/AAPL/prices/2026-11-18");
  EXPECT_EQ(found[1].path, "history/AAPL/prices/2026-11-19");
  EXPECT_EQ(keeping.told<DayRemoved>(), 0u);
  EXPECT_EQ(keeping.told<RoundEnded>(), 1u);
}

TEST(KeeperByHand, NamesDaysThatMayNotGo) {
  Keeping keeping({old_prices(november(20))}, {[](auto day) { return day != "2026-11-18"; }});
  go_to_days(keeping, {"2026-11-18", "2026-11-19"});
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-19");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "");
  const auto held_back = all_told<DayHeldBack>(keeping);
  ASSERT_EQ(held_back.size(), 1u);
  EXPECT_EQ(held_back[0].path + " " + held_back[0].day, "history/AAPL/prices 2026-11-18");
}

TEST(KeeperByHand, TellsTheKeysOfWhatMayNotGoBeforeItGoesAllTheSame) {
  Keeping keeping({old_prices(november(20))}, {[](auto day) { return day != "2026-11-18"; }, true});
  go_to_days(keeping, {"2026-11-18", "2026-11-19"});
  EXPECT_EQ(keeping.next(), "list history/AAPL/prices/2026-11-18");
  keeping.answer({"-K1", "-K2"});
  ASSERT_EQ(keeping.told<EntriesListed>(), 1u);
  EXPECT_EQ(all_told<EntriesListed>(keeping).front().keys, (std::vector<std::string>{"-K1", "-K2"}));
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-18");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "remove history/AAPL/prices/2026-11-19") << "that one is not listed";
}

TEST(KeeperByHand, RemovesEntriesWithoutADayPageByPageByTheTimeInTheirKey) {
  Keeping keeping({old_prices(november(20), true)});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "page 1000 of history/AAPL/prices before 2026-11-20");
  keeping.answer(Reply::Outcome::kTooBig);
  ASSERT_EQ(keeping.next(), "page 500 of history/AAPL/prices before 2026-11-20");
  std::vector<std::string> keys = {"-note"};
  for (std::uint32_t i = 0; i < 498; ++i) keys.push_back(key_on(november(18), i));
  keys.push_back(key_on(november(20)));  // a database that does not go by what it was asked
  keeping.answer(keys);
  EXPECT_EQ(keeping.next(), "pieces 16 of history/AAPL/prices");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "pieces 32 of history/AAPL/prices");
  for (int left = 498 - 16; left > 0;) {
    keeping.answer();
    const std::string next = keeping.next();
    if (!next.starts_with("pieces")) break;
    left -= 1;
  }
  const auto removed = all_told<EntriesRemoved>(keeping);
  std::uint64_t count = 0;
  for (const EntriesRemoved& each : removed) count += each.count;
  EXPECT_EQ(count, 498u) << "neither what is no entry nor what is too young";
  EXPECT_EQ(removed.back().newest, UtcMillis(november(18)));
}

TEST(KeeperByHand, GoesOnBehindAPageOfWhichNothingMayGoAndEnds) {
  Keeping keeping({old_prices(november(20), true)}, {[](auto day) { return day != "2026-11-18"; }});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL"});
  for (int halved = 0; halved < 9; ++halved) {
    ASSERT_NE(keeping.next(), "");
    keeping.answer(Reply::Outcome::kTooBig);
  }
  std::string first = key_on(november(18), 1);
  std::string second = key_on(november(18), 2);
  if (second < first) std::swap(first, second);
  ASSERT_EQ(keeping.next(), "page 2 of history/AAPL/prices before 2026-11-20");
  keeping.answer({first, second});
  ASSERT_EQ(keeping.next(), "page 2 of history/AAPL/prices before 2026-11-20 from " + second);
  keeping.answer({second, key_on(november(19))});
  ASSERT_EQ(keeping.next(), "pieces 1 of history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "page 2 of history/AAPL/prices before 2026-11-20 from " + key_on(november(19)));
  keeping.answer();
  EXPECT_EQ(keeping.next(), "left in history/AAPL/prices");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "");
  EXPECT_EQ(keeping.told<DayHeldBack>(), 1u) << "once a day";
  EXPECT_EQ(keeping.told<RoundEnded>(), 1u);
}

TEST(KeeperByHand, TellsOfKeysThatAreNoEntriesAndRemovesAllThatAre) {
  Keeping keeping({old_prices(november(20), true)});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL"});
  ASSERT_EQ(keeping.next(), "page 1000 of history/AAPL/prices before 2026-11-20");
  std::vector<std::string> keys = {"5", "!x"};  // as the database has them: numbers first
  for (std::uint32_t i = 0; i < 998; ++i) keys.push_back(key_on(november(18), i));
  const std::string newest = *std::max_element(keys.begin() + 2, keys.end());
  keeping.answer(keys);
  std::string next = keeping.next();
  for (; next.starts_with("pieces"); next = keeping.next()) keeping.answer();
  ASSERT_EQ(next, "page 1000 of history/AAPL/prices before 2026-11-20 from " + newest);
  keeping.answer({key_on(november(19))});
  ASSERT_EQ(keeping.next(), "pieces 1 of history/AAPL/prices");
  keeping.answer();
  ASSERT_EQ(keeping.next(), "left in history/AAPL/prices");
  keeping.answer({"-foo"});
  EXPECT_EQ(keeping.next(), "");
  const auto left = all_told<StrangersLeft>(keeping);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].count, 2u);
  EXPECT_EQ(left[1].key, "-foo");
  std::uint64_t count = 0;
  for (const EntriesRemoved& each : all_told<EntriesRemoved>(keeping)) count += each.count;
  EXPECT_EQ(count, 999u);
}

TEST(KeeperByHand, LooksAtAStrangerInFrontOfTheEntries) {
  for (const bool is_alone : {false, true}) {
    Keeping keeping({old_prices(november(20), true)}, {{}, false, true});
    ASSERT_EQ(keeping.next(), "list history");
    keeping.answer({"AAPL"});
    ASSERT_EQ(keeping.next(), "page 1 of history/AAPL/prices before 2026-11-20");
    keeping.answer({"!x"});
    ASSERT_EQ(keeping.next(), "newest 1 of history/AAPL/prices before 2026-11-20");
    keeping.answer({is_alone ? "!x" : key_on(november(9))});
    EXPECT_EQ(keeping.next(), "");
    EXPECT_EQ(keeping.told<StrangersLeft>(), 1u);
    EXPECT_EQ(keeping.told<FlatSeen>(), is_alone ? 0u : 1u);
  }
}

TEST(KeeperByHand, LooksAtTheOldestAndTheNewestEntryWithoutADay) {
  Keeping keeping({old_prices(november(20), true)}, {{}, false, true});
  ASSERT_EQ(keeping.next(), "list history");
  keeping.answer({"AAPL", "MSFT"});
  ASSERT_EQ(keeping.next(), "page 1 of history/AAPL/prices before 2026-11-20");
  keeping.answer({key_on(november(1))});
  ASSERT_EQ(keeping.next(), "newest 1 of history/AAPL/prices before 2026-11-20");
  keeping.answer({key_on(november(9))});
  ASSERT_EQ(keeping.next(), "page 1 of history/MSFT/prices before 2026-11-20");
  keeping.answer();
  EXPECT_EQ(keeping.next(), "");
  const auto seen = all_told<FlatSeen>(keeping);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].oldest, UtcMillis(november(1)));
  EXPECT_EQ(seen[0].newest, UtcMillis(november(9)));
  EXPECT_EQ(keeping.told<EntriesRemoved>(), 0u);
}

}  // namespace
}  // namespace firebase_relay::keep
