#include "classify/message_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace firebase_relay::classify {
namespace {

const UtcMillis kArrived(std::chrono::milliseconds(1'778'078'351'786));

std::string line(LineFormat format, const Message& message) {
  std::string out;
  append_message_line(format, message, "price", "AAPL", kArrived, out);
  return out;
}

TEST(MessageLine, TextHasTimeKindTickerChannelAndPayload) {
  const std::string text = line(LineFormat::kText, {"TICKER_UPDATES_AAPL", R"({"a":"ü"})"});
  EXPECT_TRUE(text.starts_with("14:39:11.786 price")) << text;
  EXPECT_TRUE(text.ends_with("TICKER_UPDATES_AAPL {\"a\":\"ü\"}\n")) << text;
}

TEST(MessageLine, TextCannotMoveTheCursor) {
  const std::string text = line(LineFormat::kText, {"a\x1b[2J", "x\r\ny\x07\x7f"});
  for (const char c : text.substr(0, text.size() - 1))
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << text;
  // C1's CSI, and a mark that turns the direction of text around; what only looks unusual is shown.
  EXPECT_NE(line(LineFormat::kText, {"C\xC2\x9B"
                                     "2J",
                                     "\xE2\x80\xAE"})
                .find("C\\xC2\\x9B2J \\xE2\\x80\\xAE"),
            std::string::npos);
  EXPECT_NE(line(LineFormat::kText, {"\xC3\x9C", "\xE2\x82\xAC \xFF"}).find("\xC3\x9C \xE2\x82\xAC \\xFF"),
            std::string::npos);
}

TEST(MessageLine, JsonBringsEveryByteBack) {
  nlohmann::json json = nlohmann::json::parse(line(LineFormat::kJson, {"a\"b", "{\n}"}));
  EXPECT_EQ(json.at("channel"), "a\"b");
  EXPECT_EQ(json.at("payload"), "{\n}");
  EXPECT_EQ(json.at("time"), "2026-05-06T14:39:11.786Z");
  json = nlohmann::json::parse(line(LineFormat::kJson, {"\xff", std::string_view("\xfe\0", 2)}));
  EXPECT_EQ(json.at("channel_base64"), "/w==");
  EXPECT_EQ(json.at("payload_base64"), "/gA=");
  EXPECT_FALSE(json.contains("channel"));
}

TEST(MessageLine, JsonHasAllThatTextHas) {
  const nlohmann::json json = nlohmann::json::parse(line(LineFormat::kJson, {"TICKER_UPDATES_AAPL", "{}"}));
  EXPECT_EQ(json, nlohmann::json({{"time", "2026-05-06T14:39:11.786Z"},
                                  {"kind", "price"},
                                  {"ticker", "AAPL"},
                                  {"channel", "TICKER_UPDATES_AAPL"},
                                  {"payload", "{}"}}));
}

TEST(MessageLine, JsonOfADeadLetterHasItsReasonAndNoTicker) {
  std::string out;
  append_message_line(LineFormat::kJson, {"NEWS", "{"}, "dead letter", "invalid_json", kArrived, out);
  const nlohmann::json json = nlohmann::json::parse(out);
  EXPECT_EQ(json.at("kind"), "dead letter");
  EXPECT_EQ(json.at("reason"), "invalid_json");
  EXPECT_FALSE(json.contains("ticker"));
}

TEST(MessageLine, JsonHasATickerOfAnyBytes) {
  std::string out;
  append_message_line(LineFormat::kJson, {"C", "1"}, "price", "A\"\xff", kArrived, out);
  EXPECT_EQ(nlohmann::json::parse(out).at("ticker_base64"), "QSL/");
}

}  // namespace
}  // namespace firebase_relay::classify
