// Messages that try to be more than data. Each becomes plain data under encoded keys, or a dead letter; the tree holds
// nothing else, and the messages before and after it are delivered as ever.
#include <gtest/gtest.h>

#include "support/relay_process.h"

namespace hostile_test {
namespace {

using nlohmann::json;
using test_support::Emulator;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

struct Case {
  const char* name;
  std::string channel;
  std::string payload;
  const char* reason;                ///< of its dead letter; empty: it is written
  std::map<std::string, json> tree;  ///< what it adds: paths of encoded keys; of history without the key
};

void PrintTo(const Case& hostile, std::ostream* out) { *out << hostile.name; }

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

Case dead(const char* name, std::string payload, const char* reason, std::string channel = "NEWS") {
  return {name, std::move(channel), std::move(payload), reason, {}};
}

/// A message that no route takes, and what becomes of it.
Case news(const char* name, std::string payload, const json& value) {
  return {name, "NEWS", std::move(payload), "", {{"channels/NEWS", value}, {"history/_channels/NEWS", value}}};
}

/// A price of `ticker`, and the key that becomes of the name.
Case price_of(const char* name, const std::string& channel, const json& ticker, const std::string& shown,
              const std::string& key) {
  json message{{"type", "price"}, {"price", "7"}};
  if (!ticker.is_null()) message["symbol"] = ticker;
  return {name,
          channel,
          message.dump(),
          "",
          {{"services/" + key + "/price", "7"},
           {"services/" + key + "/symbol", shown},
           {"history/" + key + "/prices", message}}};
}

/// Puts `value` at `path`, whose keys are none of JSON Pointer's.
void put(json& tree, const std::string& path, const json& value) {
  json* at = &tree;
  std::size_t begin = 0;
  for (std::size_t end = path.find('/'); end != std::string::npos; begin = end + 1, end = path.find('/', begin))
    at = &(*at)[path.substr(begin, end - begin)];
  (*at)[path.substr(begin)] = value;
}

/// The tree without the neighbours', the relay's own and what the clock decides: of history only the values.
json comparable(json tree) {
  constexpr std::string_view kDay = "2026-11-28";
  tree.erase("relay");
  for (const char* root : {"services", "history"}) tree[root].erase("NEIGHBOUR");
  for (auto& service : tree["services"]) service.erase("last_updated");
  for (auto& of_ticker : tree["history"]) {
    for (auto& entries : of_ticker) {
      const bool is_by_day = entries.size() == 1 && entries.begin().key().size() == kDay.size();
      if (is_by_day) entries = json(entries.begin().value());
      if (entries.size() == 1) entries = json(entries.begin().value());
    }
  }
  for (const char* root : {"services", "history"}) {
    if (tree[root].empty()) tree.erase(root);
  }
  return tree;
}

class HostileMessage : public testing::TestWithParam<Case> {};

TEST_P(HostileMessage, IsPlainDataOrADeadLetterAndNeverStructure) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);

  client.publish("TICKER_UPDATES_NEIGHBOUR", R"({"type":"price","price":"1"})");
  client.publish(GetParam().channel, GetParam().payload);
  client.publish("TICKER_UPDATES_NEIGHBOUR", R"({"type":"price","price":"2"})");

  ASSERT_TRUE(relay.wait_delivered(3)) << relay.metrics();
  const std::string reason = GetParam().reason;
  EXPECT_EQ(relay.metric("dead_letters_total"), reason.empty() ? 0 : 1) << relay.process().err();
  if (!reason.empty()) {
    EXPECT_EQ(relay.metric("dead_letters_total", '"' + reason + '"'), 1) << relay.process().err();
  }
  EXPECT_EQ(relay.metric("retries_total"), 0) << "none of it troubles the database: " << relay.process().err();
  const json tree = emulator.get("");
  json expected = json::object();
  for (const auto& [path, value] : GetParam().tree) put(expected, path, value);
  EXPECT_EQ(comparable(tree), expected);
  EXPECT_EQ(tree.at("services").at("NEIGHBOUR").at("price"), "2");
  EXPECT_EQ(emulator.entries("history/NEIGHBOUR/prices").size(), 2u);
  EXPECT_TRUE(relay.accounts_add_up());
  EXPECT_EQ(relay.stop(), 0);
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Keys, HostileMessage,
    testing::Values(news("ServerValue", R"({".sv":"timestamp"})", {{"%2Esv", "timestamp"}}),
                    news("ServerValueDeepDown", R"({"a":[{"b":{".sv":{"increment":1}}}]})",
                         {{"a", {{{"b", {{"%2Esv", {{"increment", 1}}}}}}}}}),
                    news("ServerValueInEscapes", R"({"\u002e\u0073v":"timestamp"})", {{"%2Esv", "timestamp"}}),
                    news("Value", R"({".value":1})", {{"%2Evalue", 1}}),
                    news("Priority", R"({"a":1,".priority":2})", {{"a", 1}, {"%2Epriority", 2}}),
                    news("DotDot", R"({"..":{"..":1}})", {{"%2E%2E", {{"%2E%2E", 1}}}}),
                    news("EncodedDot", R"({"%2Esv":1,".sv":2})", {{"%252Esv", 1}, {"%2Esv", 2}}),
                    news("Slashes", R"({"a/b":1,"/":2,"../../services/NEIGHBOUR/price":"0"})",
                         {{"a%2Fb", 1}, {"%2F", 2}, {"%2E%2E%2F%2E%2E%2Fservices%2FNEIGHBOUR%2Fprice", "0"}}),
                    news("EveryReservedByte", R"({"$#[]/.%\u0000\u001f\u007f":1})",
                         {{"%24%23%5B%5D%2F%2E%25%00%1F%7F", 1}}),
                    news("Empty", R"({"":1})", {{"%", 1}}),
                    news("Proto", R"({"__proto__":{"a":1}})", {{"__proto__", {{"a", 1}}}}),
                    news("Duplicates", R"({"a":1,"a":{"b":2},"\u0061":3})", {{"a", 3}}),
                    news("Longest", "{\"" + std::string(712, 'k') + "\":1}", {{std::string(712, 'k'), 1}}),
                    dead("OneByteTooLong", "{\"" + std::string(713, 'k') + "\":1}", "path_too_long"),
                    dead("Of768Bytes", "{\"" + std::string(768, 'k') + "\":1}", "path_too_long"),
                    dead("TooLongOnceEncoded", "{\"" + std::string(300, '.') + "\":1}", "path_too_long")),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Values, HostileMessage,
    testing::Values(news("TwoToThe64", R"({"n":18446744073709551616,"m":-18446744073709551617})",
                         {{"n", 18446744073709551616.0}, {"m", -18446744073709551616.0}}),
                    news("LargestDouble", R"({"n":1.7976931348623157e308})", {{"n", 1.7976931348623157e308}}),
                    dead("BeyondADouble", R"({"n":1e400})", "number_range"),
                    dead("BeyondADoubleBelowZero", R"({"n":[-1e400]})", "number_range"),
                    dead("FortyLevels", repeated(R"({"a":)", 40) + "1" + repeated("}", 40), "too_deep"),
                    dead("FortyArrays", repeated("[", 40) + "1" + repeated("]", 40), "too_deep"),
                    dead("HundredThousandArrays", repeated("[", 100'000) + repeated("]", 100'000), "too_deep"),
                    dead("LoneSurrogate", R"({"a":"\ud800"})", "invalid_utf8"),
                    dead("LoneSurrogateAsKey", R"({"\udc00":1})", "invalid_utf8"),
                    dead("LoneSurrogateAsTicker", R"({"type":"price","price":"1","symbol":"\ud83d"})", "invalid_utf8"),
                    dead("NulBytes", std::string("{\"a\":1}\0\0", 9), "invalid_json"),
                    dead("NulByteInAString", std::string("{\"a\":\"b\0c\"}", 11), "invalid_json"),
                    news("NulInAString", R"({"a":"b\u0000c"})", {{"a", std::string("b\0c", 3)}}),
                    news("JsonInAString", R"({"a":"\",\"services/NEIGHBOUR/price\":\"0"})",
                         {{"a", "\",\"services/NEIGHBOUR/price\":\"0"}}),
                    dead("TwoDocuments", R"({"a":1},"services/NEIGHBOUR/price":"0")", "invalid_json"),
                    dead("OneBraceTooMany", R"({"a":1}})", "invalid_json")),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Names, HostileMessage,
    testing::Values(
        price_of("TickerThatClimbs", "X", "../../admin", "../../admin", "%2E%2E%2F%2E%2E%2Fadmin"),
        price_of("TickerThatIsACommand", "X", ".sv", ".sv", "%2Esv"),
        price_of("TickerOfQuotes", "X", R"(a","b":")", R"(a","b":")", R"(a","b":")"),
        price_of("ChannelWhoseTickerClimbs", "TICKER_UPDATES_../../admin", nullptr, "../../admin",
                 "%2E%2E%2F%2E%2E%2Fadmin"),
        price_of("ChannelWhoseTickerIsNoUtf8", "TICKER_UPDATES_\xff\x01", nullptr, "%FF%01", "%FF%01"),
        Case{"TickerOfAWrongType",
             "TICKER_UPDATES_T",
             R"({"type":"price","price":"7","symbol":{".sv":"timestamp"}})",
             "",
             {{"services/T/price", "7"},
              {"services/T/symbol", "T"},
              {"history/T/prices", {{"type", "price"}, {"price", "7"}, {"symbol", {{"%2Esv", "timestamp"}}}}}}},
        dead("TickerOf800Bytes", R"({"type":"price","price":"1","symbol":")" + std::string(800, 't') + "\"}",
             "path_too_long"),
        dead("ChannelOf800Bytes", "{}", "path_too_long", std::string(800, 'c')),
        dead("ChannelOfAMillionBytes", "{}", "path_too_long", std::string(1'000'000, 'c')),
        Case{"ChannelThatClimbs",
             "../../admin",
             "1",
             "",
             {{"channels/%2E%2E%2F%2E%2E%2Fadmin", 1}, {"history/_channels/%2E%2E%2F%2E%2E%2Fadmin", 1}}},
        Case{"OrderIdThatClimbs",
             "X",
             R"({"type":"order","order_data":{"order":{"id":"../../price","symbol":"T"}}})",
             "",
             {{"services/T/orders/%2E%2E%2F%2E%2E%2Fprice", {{"order", {{"id", "../../price"}, {"symbol", "T"}}}}},
              {"history/T/orders",
               {{"type", "order"}, {"order_data", {{"order", {{"id", "../../price"}, {"symbol", "T"}}}}}}}}},
        Case{"PerformanceSymbolThatClimbs",
             "TICKER_PERFORMANCE_T",
             R"({"symbol":"a/../b","total":1,"unrealized":1,"realized":1})",
             "",
             {{"services/a%2F%2E%2E%2Fb/performance",
               {{"symbol", "a/../b"}, {"total", 1}, {"unrealized", 1}, {"realized", 1}}},
              {"history/a%2F%2E%2E%2Fb/performance",
               {{"symbol", "a/../b"}, {"total", 1}, {"unrealized", 1}, {"realized", 1}}}}},
        Case{"RegistrationOfATickerThatClimbs",
             "BROKER_REGISTRATION",
             R"({"action":"subscribe","ticker":"../x"})",
             "",
             {{"services/%2E%2E%2Fx/registration", {{"action", "subscribe"}, {"ticker", "../x"}}},
              {"services/%2E%2E%2Fx/status", "running"},
              {"history/%2E%2E%2Fx/registration", {{"action", "subscribe"}, {"ticker", "../x"}}}}}),
    name_of);

TEST(HostileFields, ThatAreServerValuesArePlainDataAtTheirOwnPath) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10"});
  ASSERT_TRUE(relay.wait_ready());

  RedisClient(redis).publish("X", R"({"type":"price","price":{".sv":"timestamp"},"volume":{".value":1},"symbol":"T"})");

  ASSERT_TRUE(relay.wait_delivered(1)) << relay.metrics();
  EXPECT_EQ(emulator.get("services/T/price"), (json{{"%2Esv", "timestamp"}}));
  EXPECT_EQ(emulator.get("services/T/volume"), (json{{"%2Evalue", 1}}));
}

TEST(HostileInstance, NameThatClimbsStaysBelowRelay) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--instance", "../../services/.sv"});
  ASSERT_TRUE(relay.wait_ready());

  ASSERT_TRUE(relay.wait_delivered(0));
  ASSERT_EQ(relay.stop(), 0);

  const json tree = emulator.get("");
  EXPECT_EQ(tree.size(), 1u) << tree;
  EXPECT_EQ(tree.at("relay").at("%2E%2E%2F%2E%2E%2Fservices%2F%2Esv").at("state"), "stopped") << tree;
}

TEST(HostileChannel, ThatForgesLogLinesStaysOnItsOwn) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10", "--log-messages=on"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);

  client.publish("A\r\n2026-05-06 forged \x1b[2J", "{\"a\":\"\\u001b[2J\"}");
  client.publish("B\nforged", "no json\nforged \x1b[2J");

  ASSERT_TRUE(relay.wait_delivered(2)) << relay.metrics();
  ASSERT_EQ(relay.stop(), 0);
  for (const std::string& text : {relay.process().out(), relay.process().err()}) {
    EXPECT_EQ(text.find("\nforged"), std::string::npos) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find('\r'), std::string::npos) << text;
  }
  EXPECT_NE(relay.process().out().find("forged"), std::string::npos) << "both were shown";
}

}  // namespace
}  // namespace hostile_test
