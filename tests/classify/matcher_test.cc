#include "classify/matcher.h"

#include <gtest/gtest.h>

#include <string>

#include "classify/opener.h"
#include "firebase_relay/history_run.h"

namespace firebase_relay::classify {
namespace {

class MatcherTest : public testing::Test {
 protected:
  /// Views of bytes_: until the next call.
  Routed match(const std::string& channel, const std::string& json) {
    bytes_ = json + std::string(kPayloadPadding, '}');
    EXPECT_FALSE(opener_.open(std::string_view(bytes_).substr(0, json.size()))) << json;
    return matcher_.match(opener_.opened(), places_.channel(channel), kArrived);
  }

  const UtcMillis kArrived{std::chrono::milliseconds(1'778'078'351'786)};
  RouteTable routes_ = *parse_routes(builtin_routes_json(), "routes.json");
  Opener opener_{routes_};
  Matcher matcher_{routes_};
  Places places_{routes_, 0};
  std::string bytes_;
};

TEST_F(MatcherTest, TellsAllThatTheRoutesSayOfAnOrder) {
  const Routed routed = match("ORDERS", R"({"data":{"type":"order","order_data":{"order":
      {"id":"b6b1","symbol":"AAPL","status":"filled"}}},"timestamp":1778078351,"sender":"x"})");
  EXPECT_EQ(&routed.route, &routes_.routes[routed.index]);
  EXPECT_EQ(routed.route.kind, Kind::kOrder);
  EXPECT_EQ(routed.ticker, "AAPL");
  EXPECT_EQ(routed.id, "b6b1");
  EXPECT_EQ(routed.event_ms, 1'778'078'351'000) << "the envelope's, since the message has none";
  EXPECT_EQ(routed.order, OrderMark::kClosed);
}

TEST_F(MatcherTest, TextsWithEscapesDoNotOverwriteEachOther) {
  const Routed routed = match("ORDERS", R"({"type":"ord\u0065r","timestamp":"\u0031778078351","order_data":{"order":
      {"id":"a\/b","symbol":"AA\u0050L","status":"new\u0020"}}})");
  EXPECT_EQ(routed.route.kind, Kind::kOrder);
  EXPECT_EQ(routed.ticker, "AAPL");
  EXPECT_EQ(routed.id, "a%2Fb");
  EXPECT_EQ(routed.event_ms, 1'778'078'351'000);
  EXPECT_EQ(routed.order, OrderMark::kOpen);
}

TEST_F(MatcherTest, StatusIsAskedOncePerWordAndRemembered) {
  const auto order = [this](const std::string& status) {
    return match("ORDERS", R"({"type":"order","order_data":{"order":{"id":1,"symbol":"A","status":)" + status + "}}}")
        .order;
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(order("\"filled\""), OrderMark::kClosed);
    EXPECT_EQ(order("\"new\""), OrderMark::kOpen);
    EXPECT_EQ(order("\"OrderStatus.CANCELED\""), OrderMark::kClosed);
    EXPECT_EQ(order("\"partially_filled\""), OrderMark::kOpen);
    EXPECT_EQ(order("null"), OrderMark::kOpen);
  }
}

TEST_F(MatcherTest, WhatIsNoObjectGoesByTheLastRouteAndHasNoFields) {
  for (const char* json : {"[1,{\"symbol\":\"B\",\"timestamp\":1778078351}]", "\"text\"", "17"}) {
    const Routed routed = match("TICKER_UPDATES_AAPL", json);
    EXPECT_EQ(routed.index, routes_.routes.size() - 1) << json;
    EXPECT_EQ(routed.ticker, "AAPL") << "the channel's";
    EXPECT_EQ(routed.id, "");
    EXPECT_EQ(routed.event_ms, HistoryEntry::kNoEventTime);
    EXPECT_EQ(routed.order, OrderMark::kNone);
  }
}

}  // namespace
}  // namespace firebase_relay::classify
