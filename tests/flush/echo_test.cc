#include "flush/echo.h"

#include <gtest/gtest.h>

namespace firebase_relay::flush {
namespace {

struct EchoOf {
  std::string_view root;
  std::string_view base;
  std::string_view body;
};

bool is_given_back(const EchoOf& sent, std::string_view answer) {
  // In several parts, as requests are.
  const std::vector<std::string_view> parts = {sent.body.substr(0, 1), sent.body.substr(1, 9), sent.body.substr(10)};
  return Echo(sent.root, sent.base, parts).is_in(answer);
}

constexpr EchoOf kSentPrice{"", "",
                            R"({"services/AAPL/volume":null,"services/AAPL/price":"187.2","services/AAPL/x":1})"};

TEST(Echo, IsTheRequestOrATreeWithTheFirstValueThatWasSent) {
  for (const char* answer :
       {R"({"services/AAPL/volume":null,"services/AAPL/price":"187.2","services/AAPL/x":1})",
        R"({"services/AAPL/price":"187.2"})", R"({"services":{"AAPL":{"price":"187.2"},"MSFT":{"price":"1"}}})",
        " {\"history\":{\"AAPL\":{\"prices\":{\"k\":{\"price\":1}}}},\n\"services\":{\"AAPL\":{\"price\":\"187.2\"}}}"
        " "})
    EXPECT_TRUE(is_given_back(kSentPrice, answer)) << answer;
}

TEST(Echo, IsNothingElse) {
  for (const char* answer : {"",
                             "null",
                             "true",
                             "{}",
                             "[]",
                             "ok",
                             R"({"error":"Permission denied"})",
                             R"({"status":"ok"})",
                             R"({"name":"-O1"})",
                             "<html>services/AAPL/price 187.2</html>",
                             R"({"services/AAPL/price":"187.1"})",
                             R"({"services/AAPL/price":187.2})",
                             R"({"services/AAPL/price":null})",
                             R"({"services":{"AAPL":{"price":"187.1"}}})",
                             R"({"services":{"AAPL":"187.2"}})",
                             R"({"price":"187.2"})",
                             R"({"services":{"MSFT":{"price":"187.2"}}})",
                             R"({"services/AAPL/price":"187.2")",
                             R"({"services/AAPL/price":"187.2"}})",
                             R"({"services/AAPL/volume":null})",
                             R"({"services/AAPL/x":1})"})
    EXPECT_FALSE(is_given_back(kSentPrice, answer)) << answer;
}

TEST(Echo, IsFoundBelowTheRequestsLocationAndInTheWholeTree) {
  constexpr EchoOf kNarrow{"bots/prod", "history/AAPL", R"({"orders/k":{"id":7}})"};
  for (const char* answer :
       {R"({"orders/k":{"id":7}})", R"({"orders":{"k":{"id":7}}})", R"({"history":{"AAPL":{"orders":{"k":{"id":7}}}}})",
        R"({"history":{"AAPL":{"orders/k":{"id":7}}}})",
        R"({"bots":{"prod":{"history":{"AAPL":{"orders":{"k":{"id":7}}}}}}})"})
    EXPECT_TRUE(is_given_back(kNarrow, answer)) << answer;
  for (const char* answer : {R"({"AAPL":{"orders":{"k":{"id":7}}}})", R"({"prod":{"history":{"AAPL":{"orders":{}}}}})",
                             R"({"history":{"AAPL":{"orders":{"k":{"id":8}}}}})"})
    EXPECT_FALSE(is_given_back(kNarrow, answer)) << answer;
}

TEST(Echo, IsComparedAsTheDatabaseKeepsIt) {
  struct Case {
    const char* sent;
    const char* kept;
    bool is_same;
  };
  const Case cases[] = {
      {"1.50", "1.5", true},
      {"1e3", "1000", true},
      {"12345678901234567890123", "1.2345678901234568e22", true},
      {"1.0", "1", true},
      {"-0", "0", true},
      {"1.5", "1.25", false},
      {"true", "true", true},
      {"true", "1", false},
      {"\"1\"", "1", false},
      {R"("\u00e9\/")", "\"\xC3\xA9/\"", true},
      {R"({"a":1,"b":null,"c":{},"d":[],"e":{"f":null}})", R"({"a":1})", true},
      {R"({"a":1,"b":2})", R"({"b":2.0,"a":1})", true},
      {R"({"a":1,"b":2})", R"({"a":1})", false},
      {R"({"a":{"b":2}})", R"({"a":2})", false},
      {R"(["x",null,"z"])", R"({"0":"x","2":"z"})", true},
      {R"({"0":"x","1":"y"})", R"(["x","y"])", true},
      {R"({"1":"x"})", R"([null,"x"])", true},
      {R"({"01":"x"})", R"([null,"x"])", false},
      {R"(["x","y"])", R"(["x"])", false},
      {R"({"a.b":1})", R"({"a":{"b":1}})", false},
  };
  for (const Case& one : cases) {
    const std::string sent = std::string(R"({"a/k":)") + one.sent + "}";
    for (const std::string& answer : {std::string(R"({"a/k":)") + one.kept + "}",
                                      std::string(R"({"z":[[{"a":1}]],"a":{"j":{"a":2},"k":)") + one.kept + "}}"})
      EXPECT_EQ(is_given_back({"", "", sent}, answer), one.is_same) << sent << " as " << answer;
  }
}

TEST(Echo, ReachesThroughArraysThatStandForKeys) {
  constexpr EchoOf kSent{"", "", R"({"services/A/orders/1/2":{"qty":5}})"};
  EXPECT_TRUE(is_given_back(kSent, R"({"services":{"A":{"orders":[null,[null,null,{"qty":5}],{"qty":6}]}}})"));
  EXPECT_FALSE(is_given_back(kSent, R"({"services":{"A":{"orders":[null,[null,{"qty":5}],{"qty":5}]}}})"));
}

TEST(Echo, OfRemovalsAloneIsNullOrTheNullsOrATreeWithoutThem) {
  constexpr EchoOf kRemoval{"", "", R"({"services/AAPL/orders/1":null,"services/AAPL/x":{"y":[]}})"};
  for (const char* answer :
       {"null", " null\n", R"({"services/AAPL/orders/1":null,"services/AAPL/x":{"y":[]}})",
        R"({"services":{"AAPL":{"orders":{"1":null}}}})", R"({"services":{"AAPL":{"orders":{"2":{"qty":5}}}}})",
        R"({"services":{"MSFT":{"price":1}}})"})
    EXPECT_TRUE(is_given_back(kRemoval, answer)) << answer;
  for (const char* answer : {"", "{}", "ok", R"({"error":"no"})", R"({"status":"ok"})", "[]",
                             R"({"services":{"AAPL":{"orders":{"1":{"qty":5}}}}})",
                             R"({"services":{"AAPL":{"orders":[null,{"qty":5}]}}})", R"({"services":"unavailable"})"})
    EXPECT_FALSE(is_given_back(kRemoval, answer)) << answer;
}

TEST(Echo, OfNothingIsNull) {
  const std::vector<std::string_view> parts = {"{", "}"};
  EXPECT_TRUE(Echo("", "", parts).is_in("null"));
  EXPECT_FALSE(Echo("", "", parts).is_in("{}"));
}

}  // namespace
}  // namespace firebase_relay::flush
