// What nobody should publish: each is set aside with its reason or forwarded, and its neighbours do not notice.
#include <gtest/gtest.h>

#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

struct BadInput {
  const char* name;
  std::string payload;
  const char* reason;      ///< empty: forwarded under channels/
  const char* place = "";  ///< that the log's line names
};

void PrintTo(const BadInput& input, std::ostream* out) { *out << input.name; }

class Input : public testing::TestWithParam<BadInput> {};

TEST_P(Input, ThatIsBadSparesItsNeighbours) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10", "--message-max-bytes", "2000000"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":"1","volume":null,"symbol":"AAPL"})");
  client.publish("NEWS", GetParam().payload);
  client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":"2","volume":null,"symbol":"AAPL"})");
  ASSERT_TRUE(relay.wait_delivered(3)) << relay.metrics();
  const std::string reason = GetParam().reason;
  EXPECT_EQ(relay.metric("dead_letters_total"), reason.empty() ? 0 : 1) << relay.metrics();
  if (!reason.empty()) {
    EXPECT_EQ(relay.metric("dead_letters_total", '"' + reason + '"'), 1) << relay.metrics();
    EXPECT_NE(relay.process().err().find(reason + GetParam().place), std::string::npos) << relay.process().err();
  }
  EXPECT_EQ(emulator.get("channels/NEWS").is_null(), !reason.empty());
  EXPECT_EQ(emulator.get("services/AAPL/price"), "2");
  EXPECT_EQ(emulator.entries("history/AAPL/prices").size(), 2u);
  EXPECT_TRUE(relay.accounts_add_up());
  EXPECT_EQ(relay.stop(), 0);
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Bad, Input,
    testing::Values(BadInput{"NoJson", "hello", "invalid_json", " at byte 0: hello is no JSON value"},
                    BadInput{"Empty", "", "invalid_json"}, BadInput{"Truncated", R"({"price":1)", "invalid_json"},
                    BadInput{"NaN", R"({"a":NaN})", "invalid_json", " at byte 5, a: NaN is no JSON value"},
                    BadInput{"Infinity", R"({"a":Infinity})", "invalid_json"},
                    BadInput{"InvalidUtf8", "{\"a\":\"\xff\"}", "invalid_utf8", " at byte 6, a: \\xff is no UTF-8"},
                    BadInput{"LoneSurrogate", R"({"a":"\ud800"})", "invalid_utf8"},
                    BadInput{"NulBytes", std::string("\0{}\0", 4), "invalid_json"},
                    BadInput{"HugeNumber", R"({"a":1e400})", "number_range", " at byte 5, a: 1e400 is beyond"},
                    BadInput{"MarkInside", "{\"a\":\xEF\xBB\xBF}", "invalid_json",
                             " at byte 5, a: U+FEFF is a byte order mark"},
                    BadInput{"MarkInFront", "\xEF\xBB\xBF{\"a\":1}", ""},
                    BadInput{"HundredThousandLevels", repeated("[", 100'000) + repeated("]", 100'000), "too_deep"},
                    BadInput{"TwelveMegabytes", '"' + std::string(12'000'000, 'x') + '"', "message_too_large"},
                    BadInput{"LongKey", "{\"" + std::string(900, 'k') + "\":1}", "path_too_long"},
                    BadInput{"Scalar", "42", ""}, BadInput{"Array", "[1,2,3]", ""},
                    BadInput{"DuplicateKeys", R"({"a":1,"a":2})", ""},
                    BadInput{"UnknownKind", R"({"type":"dividend","symbol":"AAPL"})", ""},
                    BadInput{"MissingTicker", R"({"type":"price","price":"1"})", ""},
                    BadInput{"Commands", R"({".sv":"timestamp",".value":1,"a/b":2,"":3})", ""}),
    [](const auto& input) { return std::string(input.param.name); });

TEST(Input, ChannelsOfAnyBytesAreForwarded) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  for (int byte = 0; byte < 256; ++byte) client.publish(std::string("b") + static_cast<char>(byte), R"({"x":1})");
  ASSERT_TRUE(relay.wait_delivered(256)) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_EQ(emulator.get("channels").size(), 256u);
  EXPECT_EQ(emulator.get("channels/b%2F/x"), 1);
  EXPECT_EQ(emulator.get("channels/b%FF/x"), 1);
  EXPECT_EQ(emulator.get("channels/b%00/x"), 1);
}

}  // namespace
}  // namespace pipeline_test
