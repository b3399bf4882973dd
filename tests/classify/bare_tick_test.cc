#include "classify/fragments_fixture.h"

namespace firebase_relay::classify {
namespace {

using BareTick = FragmentsTest;

TEST_F(BareTick, OnATickersChannelIsAPrice) {
  const std::string tick = R"({"symbol":"AAPL","price":187.2,"timestamp":"2026-05-06T14:39:00Z"})";
  const std::map<std::string, std::string> expected = {{"services/AAPL/price", "187.2"},
                                                       {"services/AAPL/timestamp", "\"2026-05-06T14:39:00Z\""},
                                                       {"services/AAPL/symbol", "\"AAPL\""},
                                                       {"services/AAPL/last_updated", kNow}};
  for (const std::string& payload : {tick, R"({"data":)" + tick + R"(,"sender":"b"})"}) {
    write({{"TICKER_UPDATES_AAPL", payload}});
    EXPECT_EQ(live_, expected);
    EXPECT_EQ(history_, (std::vector<std::pair<std::string, std::string>>{{"history/AAPL/prices/2026-05-06/", tick}}));
    EXPECT_EQ(classified(Kind::kPrice), 1u);
  }
  write({{"TICKER_UPDATES_MSFT", R"({"price":"1","timestamp":1778078351})"}});
  EXPECT_EQ(live_.count("services/MSFT/price"), 1u) << "the channel tells whose";
  write({{"TICKER_UPDATES_MSFT", R"({"price":"1","timestamp":1778078351,"exchange":"V","type":null,"volume":5})"}});
  EXPECT_EQ(live_.at("services/MSFT/volume"), "5");
}

TEST_F(BareTick, IsNotWhatOnlyResemblesOne) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"NEWS", R"({"symbol":"AAPL","price":187.2,"timestamp":1})"},
      {"PROFIT_REPORT", R"({"symbol":"AAPL","price":187.2,"timestamp":1})"},
      {"TICKER_PERFORMANCE_AAPL", R"({"symbol":"AAPL","price":187.2,"timestamp":1})"},
      {"TICKER_UPDATES_AAPL", R"({"type":"quote","symbol":"AAPL","price":187.2,"timestamp":1})"},
      {"TICKER_UPDATES_AAPL", R"({"id":"1","symbol":"AAPL","side":"buy","price":187.2,"timestamp":1})"},
      {"TICKER_UPDATES_AAPL", R"({"symbol":"AAPL","status":"filled","price":187.2,"timestamp":1})"},
      {"TICKER_UPDATES_AAPL", R"({"symbol":"AAPL","order_data":"x","price":187.2,"timestamp":1})"},
      {"TICKER_UPDATES_AAPL", R"({"symbol":"AAPL","bid":187.2,"timestamp":1})"}};
  for (const auto& [channel, payload] : cases) {
    write({{channel, payload}});
    EXPECT_EQ(classified(Kind::kUnrouted), 1u) << channel << " " << payload;
  }
}

}  // namespace
}  // namespace firebase_relay::classify
