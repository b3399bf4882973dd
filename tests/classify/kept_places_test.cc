#include "classify/kept_places.h"

#include <gtest/gtest.h>

#include <string>

namespace firebase_relay::classify {
namespace {

using What = KeptPlace::Piece::What;

std::string route_of(const std::string& history) { return R"({"match":{"a":"*"},"history":)" + history + "}"; }

RouteTable table_of(const std::string& routes) { return *parse_routes(R"({"routes":[)" + routes + "]}", "r.json"); }

/// What a person is told of such routes; empty: nothing.
std::string told_of(const std::string& routes) {
  const auto table = parse_routes(R"({"routes":[)" + routes + "]}", "r.json");
  return table ? "" : table.error().what;
}

/// The way to what is removed: keys that are known, `*` with those that it is not, `@` for the day.
std::string way_of(const KeptPlace& place) {
  std::string way = std::to_string(place.days) + ":";
  for (const KeptPlace::Piece& piece : place.pieces) {
    way += piece.what == What::kLiteral ? " " + piece.key : piece.what == What::kDay ? " @" : " *";
    for (const std::string& other : piece.not_these) way += "-" + other;
  }
  return way;
}

TEST(Kept, AreThePlacesWhoseRouteSaysSo) {
  const auto places = kept_places(table_of(route_of(R"({"path":"history/{TICKER}/prices/{DATE}","keep":"30d"})") + "," +
                                           route_of(R"({"path":"history/{TICKER}/orders"})")));
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(way_of(places[0]), "30: history *-_channels prices @") << "_channels is the last route's, and no ticker";
  EXPECT_TRUE(kept_places(*parse_routes(builtin_routes_json(), "")).empty()) << "nothing is removed unless asked for";
}

TEST(EndlessHistory, IsThatOfRoutesWithoutAKeepOnceEach) {
  const auto paths = endless_history(table_of(route_of(R"({"path":"h/{TICKER}/a/{DATE}","keep":"7d"})") + "," +
                                              route_of(R"("h/{TICKER}/b")") + "," + route_of(R"("h/{TICKER}/b")")));
  EXPECT_EQ(paths, (std::vector<std::string>{"h/{TICKER}/b", "history/_channels/{CHANNEL}/{DATE}"}));
}

TEST(HistoryPlaces, AreAllThoseOfAKindOnceEach) {
  const RouteTable table = *parse_routes(builtin_routes_json(), "");
  const auto orders = history_places(table, Kind::kOrder);
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(way_of(orders[0]), "0: history *-_channels orders");
  const auto all = history_places(table, std::nullopt);
  EXPECT_EQ(all.size(), 6u) << "one for each kind";
  EXPECT_EQ(history_places(table_of(route_of(R"("history/{TICKER}/x")") + "," + route_of(R"("history/{TICKER}/x")")),
                           Kind::kUnrouted)
                .size(),
            2u)
      << "with the last route's own";
}

TEST(Kept, AreOnceEachHoweverManyRoutesLeadThere) {
  const std::string route = route_of(R"({"path":"history/{TICKER}/prices/{DATE}","keep":"7d"})");
  EXPECT_EQ(kept_places(table_of(route + "," + route)).size(), 1u);
  EXPECT_EQ(kept_places(table_of(route + "," + route_of(R"({"path":"a/{DATE}/{CHANNEL}/x","keep":"1d"})"))).size(), 2u);
}

TEST(Kept, LeaveOutWhatOthersNameWhereTheirOwnKeyIsOneOfMany) {
  const auto places = kept_places(table_of(route_of(R"({"path":"r/{TICKER}/{CHANNEL}/{DATE}","keep":"7d"})") + "," +
                                           route_of(R"("r/{TICKER}/orders/{DATE}")") + "," +
                                           route_of(R"("r/archive/{CHANNEL}/{DATE}")")));
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(way_of(places[0]), "7: r *-archive *-orders @");
}

TEST(Keep, IsRefusedInOneClearLineWhereItIsWrong) {
  const auto with_keep = [](const std::string& keep) {
    return told_of(route_of(R"({"path":"h/{TICKER}/{DATE}","keep":)" + keep + "}"));
  };
  EXPECT_EQ(with_keep(R"("1d")"), "");
  for (const char* keep : {R"("0d")", R"("4w")", R"("30")", R"("d")", R"("-1d")", R"("36501d")", R"("1.5d")",
                           R"(" 1d")", R"("99999999999d")"})
    EXPECT_EQ(with_keep(keep).find("r.json: at /routes/0/history/keep: expected days, from \"1d\""), 0u)
        << with_keep(keep);
  EXPECT_NE(with_keep("30").find("/routes/0/history/keep: expected a text"), std::string::npos);
  EXPECT_EQ(told_of(route_of(R"({"path":"h/{TICKER}","keep":"3d"})")),
            "r.json: at /routes/0/history/path: expected a path with {DATE} beside a 'keep', since whole days are "
            "removed");
  EXPECT_EQ(told_of(route_of(R"({"keep":"3d"})")), "r.json: at /routes/0/history: expected a 'path'");
  EXPECT_NE(told_of(route_of(R"({"path":"h/{DATE}","kept":"3d"})")).find("one of path, keep"), std::string::npos);
}

TEST(Keep, OfOnePlaceIsOne) {
  const auto both = [](const std::string& first, const std::string& second) {
    return told_of(route_of(first) + "," + route_of(second));
  };
  const std::string seven = R"({"path":"h/{TICKER}/{DATE}","keep":"7d"})";
  EXPECT_EQ(both(seven, R"({"path":"h/{TICKER}/{DATE}","keep":"8d"})"),
            "r.json: at /routes/0/history: expected that one place is kept in one way, but 'h/{TICKER}/{DATE}/KEY' "
            "keeps 7 days here and 8 days in /routes/1/history");
  EXPECT_NE(both(seven, R"("h/{TICKER}/{DATE}")").find("keeps 7 days here and all of it in"), std::string::npos);
  EXPECT_NE(both(seven, R"("h/{CHANNEL}/{DATE}")").find("keeps 7 days here and all of it in"), std::string::npos)
      << "a channel may be called as a ticker";
  EXPECT_EQ(both(seven, R"({"path":"h/AAPL/{DATE}","keep":"8d"})"), "") << "AAPL is the second one's";
  EXPECT_EQ(both(seven, R"("h/{TICKER}")"), "") << "an entry is no day";
}

TEST(Keep, RemovesNothingThatAnotherRouteWrites) {
  const std::string live = R"({"id":"id","live":{"h/{TICKER}/{ID}/x":"a"},"history":false})";
  EXPECT_NE(told_of(route_of(R"({"path":"h/{TICKER}/{DATE}","keep":"7d"})") + "," + live)
                .find("could stand below a day of 'h/{TICKER}/{DATE}/KEY'"),
            std::string::npos);
  EXPECT_EQ(told_of(route_of(R"("h/{TICKER}/{DATE}")") + "," + live), "");
}

constexpr std::chrono::sys_days kDay = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);

/// The ways to what is old, or what a person is told instead.
std::string old_ways(const RouteTable& table, const WhatIsOld& old) {
  const auto places = places_of(table, old);
  if (!places) return places.error().what;
  std::string ways;
  for (const KeptPlace& place : *places) {
    EXPECT_EQ(place.before, old.before);
    EXPECT_EQ(place.is_flat, old.flat);
    ways += (ways.empty() ? "" : ", ") + way_of(place).substr(3);
  }
  return ways;
}

TEST(Old, AreAllPlacesWithDaysWhateverTheyKeep) {
  const RouteTable table = *parse_routes(builtin_routes_json(), "");
  EXPECT_EQ(old_ways(table, {kDay, "", {}, false}),
            "history *-_channels prices @, history *-_channels performance @, history _channels "
            "*-prices-orders-registration-performance-profit @");
  EXPECT_EQ(old_ways(table, {kDay, "", Kind::kUnrouted, true}),
            "history _channels *-prices-orders-registration-performance-profit @");
  EXPECT_EQ(old_ways(table, {kDay, "", Kind::kOrder, false}), "no route keeps such history by day");
}

TEST(Old, AreOfATickerAsItIsPublished) {
  const RouteTable table = *parse_routes(builtin_routes_json(), "");
  EXPECT_EQ(old_ways(table, {kDay, "BRK.B", Kind::kPrice, false}), "history BRK%2EB prices @");
  EXPECT_EQ(old_ways(table, {kDay, "a\"b", Kind::kPrice, false}), "history a\\\"b prices @") << "as between quotes";
  EXPECT_EQ(old_ways(table, {kDay, "2026-11-28", Kind::kPrice, false}), "history 2026-11-28 prices @");
  EXPECT_EQ(old_ways(table, {kDay, "_channels", {}, false}), "no route keeps such history by day");
}

TEST(Old, AreOfATickerThatARouteNames) {
  const RouteTable table =
      table_of(route_of(R"("h/BTC/prices/{DATE}")") + "," + route_of(R"("h/{TICKER}/prices/{DATE}")"));
  EXPECT_EQ(old_ways(table, {kDay, "BTC", {}, false}), "h BTC prices @");
  EXPECT_EQ(old_ways(table, {kDay, "ETH", {}, false}), "h ETH prices @");
}

TEST(Old, AreRefusedWhereItIsNotClearWhatGoes) {
  const std::string price = R"({"kind":"price","match":{"a":"*"},"history":"h/{TICKER}/{DATE}"})";
  const std::string order = R"({"kind":"order","match":{"a":"*"},"history":"h/{TICKER}/{DATE}"})";
  const RouteTable shared = table_of(price + "," + order);
  EXPECT_EQ(old_ways(shared, {kDay, "", {}, false}).substr(0, 6), "h * @,") << "both are meant";
  EXPECT_EQ(old_ways(shared, {kDay, "", Kind::kPrice, false}),
            "what would go at 'h/{TICKER}/{DATE}/KEY' is not clear: entries of the kind order stand there, too");
  const RouteTable below = table_of(route_of(R"("h/{DATE}/{TICKER}")") + "," + route_of(R"("h/{CHANNEL}/{TICKER}")"));
  EXPECT_NE(old_ways(below, {kDay, "", {}, false}).find("could stand below a day of it"), std::string::npos);
}

TEST(Old, HaveFlatEntriesOnlyBesideTheirDays) {
  const RouteTable table = table_of(route_of(R"("d/{DATE}/{TICKER}")") + "," + route_of(R"("h/{TICKER}/{DATE}")"));
  EXPECT_EQ(old_ways(table, {kDay, "", Kind::kUnrouted, true}).find("d "), std::string::npos);
  EXPECT_NE(old_ways(table, {kDay, "", Kind::kUnrouted, false}).find("d @ *"), std::string::npos);
}

}  // namespace
}  // namespace firebase_relay::classify
