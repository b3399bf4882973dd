// {DATE} in a history path.
#include <gtest/gtest.h>

#include "classify/fragments_fixture.h"
#include "classify/written_paths.h"

namespace firebase_relay::classify {
namespace {

class DaysTest : public FragmentsTest {
 protected:
  void SetUp() override {
    use_routes(R"({"routes":[{"kind":"price","match":{"price":"*"},"history":"history/{TICKER}/prices/{DATE}"},
                   {"history":"days/{DATE}/all"}],"ticker":{"fields":["symbol"]}})");
  }
  static std::string price(const std::string& timestamp) {
    return R"({"symbol":"A","price":1,"timestamp":)" + timestamp + "}";
  }
  /// Where the entry of one price goes.
  std::string location(const std::string& timestamp) {
    write({{"x", price(timestamp)}});
    return history_.at(0).first;
  }
};

TEST_F(DaysTest, AreTheUtcDaysOfTheMessagesOwnTime) {
  EXPECT_EQ(location(R"("2026-05-05T23:59:59.999Z")"), "history/A/prices/2026-05-05/");
  EXPECT_EQ(location(R"("2026-05-06T00:00:00Z")"), "history/A/prices/2026-05-06/");
  EXPECT_EQ(location(R"("2026-05-06T01:00:00+02:00")"), "history/A/prices/2026-05-05/");
  EXPECT_EQ(location(R"("2024-02-29 12:00:00")"), "history/A/prices/2024-02-29/");
}

TEST_F(DaysTest, AreThatOfTheArrivalWhereTheKeysTimeIsItsToo) {
  for (const char* timestamp : {"null", R"("soon")", R"("1999-12-31T23:00:00Z")", R"("2026-05-09T00:00:00Z")"})
    EXPECT_EQ(location(timestamp), "history/A/prices/2026-05-06/") << timestamp;
}

TEST_F(DaysTest, ChangeWithinABlockAndBack) {
  write({{"x", price(R"("2026-05-05T23:59:59Z")")},
         {"x", price(R"("2026-05-06T00:00:01Z")")},
         {"x", price(R"("2026-05-05T23:59:58Z")")}});
  ASSERT_EQ(history_.size(), 3u);
  EXPECT_EQ(history_[0].first, "history/A/prices/2026-05-05/");
  EXPECT_EQ(history_[1].first, "history/A/prices/2026-05-06/");
  EXPECT_EQ(history_[2].first, "history/A/prices/2026-05-05/");
}

TEST_F(DaysTest, MayStandAnywhereInThePathAndInATickersPlace) {
  write({{"x", R"({"symbol":"2026-11-28","price":1})"}, {"x", R"({"other":1})"}});
  EXPECT_EQ(history_[0].first, "history/2026-11-28/prices/2026-05-06/");
  EXPECT_EQ(history_[1].first, "days/2026-05-06/all/");
}

TEST_F(DaysTest, CountForThePathsLimit) {
  const std::string ticker(
      768 - std::string("/history//prices/2026-05-06/").size() - 20 - std::string("price").size() - 1, 'T');
  const auto of = [](const std::string& symbol) { return R"({"symbol":")" + symbol + R"(","price":1})"; };
  EXPECT_EQ(reason("x", R"({"symbol":"A","price":1})"), "");
  EXPECT_EQ(reason("x", of(ticker + "TTTTTTTTTTTT")), "path_too_long");
}

TEST(Days, OfTheBuiltInTableAreThoseOfWhatComesOften) {
  std::map<std::string, bool> by_day;
  const RouteTable table = *parse_routes(builtin_routes_json(), "routes.json");
  for (const Route& route : table.routes)
    by_day[std::string(name_of(route.kind))] = route.history->uses(PathTemplate::Piece::kDate);
  EXPECT_EQ(by_day, (std::map<std::string, bool>{{"price", true},
                                                 {"performance", true},
                                                 {"unrouted", true},
                                                 {"order", false},
                                                 {"profit", false},
                                                 {"registration", false}}));
}

/// "" when the table is taken, else why it is not.
std::string flaw_of_days(const std::string& first, const std::string& second) {
  const auto table = parse_routes(
      R"({"routes":[{"match":{"a":"*"},"history":")" + first + R"("},{"history":")" + second + R"("}]})", "r.json");
  return table ? "" : table.error().what;
}

TEST(Days, AreNeverAnEntrysKeyButMayBeATicker) {
  EXPECT_EQ(flaw_of_days("h/{TICKER}/prices", "h/{TICKER}/prices/{DATE}"), "") << "an earlier version's entries beside";
  EXPECT_EQ(flaw_of_days("h/{TICKER}/prices", "h/_channels/{CHANNEL}/{DATE}"), "");
  EXPECT_EQ(flaw_of_days("h/{DATE}", "h/{DATE}"), "") << "two routes may share a place";
  EXPECT_NE(flaw_of_days("h/{DATE}", "h/{TICKER}/x"), "") << "an entry may be above: h/2026-11-28/KEY, …/x/KEY";
  EXPECT_NE(flaw_of_days("h/{DATE}", "h/2026-11-28/x"), "");
  EXPECT_EQ(flaw_of_days("h/{DATE}", "h/prices/x"), "") << "that is no day";
}

TEST(Days, AreOfHistoryAloneAndOneAPath) {
  const auto flaw = [](const std::string& route) {
    const auto table = parse_routes(R"({"routes":[)" + route + "]}", "r.json");
    return table ? "" : table.error().what;
  };
  EXPECT_NE(flaw(R"({"live":{"a/{DATE}":"@message"}})").find("/routes/0/live: expected paths without {DATE}"),
            std::string::npos);
  EXPECT_NE(flaw(R"({"history":"a/{DATE}/{DATE}"})").find("/routes/0/history: expected {DATE} once"),
            std::string::npos);
  EXPECT_NE(flaw(R"({"history":"a/x{DATE}"})").find("as a whole key"), std::string::npos);
}

TEST(Days, LetARunChangeFromATableWithoutThemAndBack) {
  const auto table = [](const std::string& history) {
    return written_paths(*parse_routes(R"({"routes":[{"history":")" + history + R"("}]})", "r.json"));
  };
  EXPECT_EQ(clash_between(table("h/{TICKER}"), table("h/{TICKER}/{DATE}")), std::nullopt);
  EXPECT_EQ(clash_between(table("h/{TICKER}/{DATE}"), table("h/{TICKER}")), std::nullopt);
  EXPECT_NE(clash_between(table("h/{TICKER}/{DATE}"), table("h/{TICKER}/{CHANNEL}/x")), std::nullopt);
}

}  // namespace
}  // namespace firebase_relay::classify
