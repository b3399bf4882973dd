// What docs/routes.md tells people to copy, read from that file.
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "classify/fragments_fixture.h"
#include "support/paths.h"

namespace firebase_relay::classify {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of_file(const std::string& name) {
  std::ifstream in(test_support::source_dir() + "/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The routes for raw messages, as the page has them.
std::string routes_of_the_page() {
  const std::string page = text_of_file("docs/routes.md");
  const std::size_t begin = page.find("```json\n");
  const std::size_t end = page.find("```", begin + 3);
  if (begin == std::string::npos || end == std::string::npos) return "";
  return page.substr(begin + 8, end - begin - 8);
}

/// A copy of routes.json with them, as the page says.
std::string with_builtin_routes(const std::string& of_page) {
  Json all = Json::parse(builtin_routes_json());
  const Json more = Json::parse(of_page);
  for (const Json& field : more["ticker"]["fields"]) all["ticker"]["fields"].push_back(field);
  for (const Json& route : more["routes"]) all["routes"].insert(all["routes"].end() - 1, route);
  return all.dump();
}

using RoutesPage = FragmentsTest;

TEST_F(RoutesPage, RoutesRawMessagesOfAlpacaAndBinance) {
  const std::string of_page = routes_of_the_page();
  ASSERT_NE(of_page, "");
  const std::string filled =
      R"({"event":"fill","price":"179.08","qty":"100","timestamp":"2018-02-28T20:38:22Z","position_qty":"100",)"
      R"("order":{"id":"7b7653c4","client_order_id":"7b","symbol":"BRK.B","status":"filled","legs":null}})";
  const std::string alpaca = R"({"stream":"trade_updates","data":)" + filled + "}";
  const std::string listening = R"({"stream":"listening","data":{"streams":["trade_updates"]}})";
  const std::string binance =
      R"({"stream":"bnbbtc@trade","data":{"e":"trade","E":1672515782136,"s":"BNBBTC","t":1,"p":"0.001","q":"100","T":1672515782136}})";
  for (const std::string& json : {of_page, with_builtin_routes(of_page)}) {
    use_routes(json);
    write({{"alpaca", alpaca}, {"alpaca", listening}, {"binance", binance}});

    EXPECT_EQ(live_, (std::map<std::string, std::string>{{"services/BRK%2EB/orders/7b7653c4", filled},
                                                         {"channels/alpaca", listening},
                                                         {"services/BNBBTC/price", "\"0.001\""},
                                                         {"services/BNBBTC/timestamp", "1672515782136"},
                                                         {"services/BNBBTC/symbol", "\"BNBBTC\""},
                                                         {"services/BNBBTC/last_updated", kNow}}));
    const std::map<std::string, std::string> history(history_.begin(), history_.end());
    EXPECT_EQ(history, (std::map<std::string, std::string>{{"history/BNBBTC/prices/2026-05-06/", binance},
                                                           {"history/BRK%2EB/orders/", alpaca},
                                                           {"history/_channels/alpaca/2026-05-06/", listening}}));
    ASSERT_EQ(written_->orders.size(), 1u);
    EXPECT_TRUE(written_->orders[0].closed);
  }
}

TEST_F(RoutesPage, RoutesTheSameInAnEnvelope) {
  use_routes(with_builtin_routes(routes_of_the_page()));
  write(
      {{"alpaca",
        R"({"data":{"stream":"trade_updates","data":{"order":{"id":"1","symbol":"A","status":"new"}}},"sender":"x"})"}});
  EXPECT_EQ(live_.count("services/A/orders/1"), 1u);
  ASSERT_EQ(written_->orders.size(), 1u);
  EXPECT_FALSE(written_->orders[0].closed);
}

TEST_F(RoutesPage, HasASourceForEachStatusOfTheTable) {
  const std::string page = text_of_file("docs/routes.md");
  std::set<std::string> explained;
  std::set<std::string> sources;
  std::istringstream lines(page.substr(page.find("## When an order is closed")));
  const std::regex status("`([a-z_]+)`");
  const std::regex link(R"(\]\[([a-z]+)\])");
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const std::string first = line.substr(0, line.find('|', 1));
    for (std::sregex_iterator it(first.begin(), first.end(), status), end; it != end; ++it) explained.insert((*it)[1]);
    for (std::sregex_iterator it(line.begin(), line.end(), link), end; it != end; ++it) sources.insert((*it)[1]);
    EXPECT_GT(line.size(), first.size() + 4) << "nobody says " << first;
  }
  for (const std::string& source : sources)
    EXPECT_NE(page.find("\n[" + source + "]: https://"), std::string::npos) << source;
  std::set<std::string> closed;
  const Json builtin = Json::parse(builtin_routes_json());
  for (const Json& route : builtin["routes"]) {
    if (!route.contains("closed")) continue;
    for (const Json& one : route["closed"]["order_data/order/status"]) closed.insert(one.get<std::string>());
  }
  EXPECT_EQ(explained, closed);
  EXPECT_GE(sources.size(), 5u);
}

}  // namespace
}  // namespace firebase_relay::classify
