#include "classify/routes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/paths.h"

namespace firebase_relay::classify {
namespace {

std::string mistake(const std::string& json) {
  const Result<RouteTable> table = parse_routes(json, "my-routes.json");
  return table ? "" : table.error().what;
}

TEST(Routes, BuiltInTableIsTheFileThatDocumentsIt) {
  std::ifstream in(test_support::source_dir() + "/routes.json");
  std::ostringstream text;
  text << in.rdbuf();
  ASSERT_FALSE(text.str().empty());
  EXPECT_EQ(builtin_routes_json(), text.str());
  EXPECT_EQ(mistake(text.str()), "");
}

TEST(Routes, WrongFileIsRefusedInOneLineWithTheFileAndThePlace) {
  struct Case {
    const char* json;
    const char* place;
    const char* expected;
  };
  const Case cases[] = {
      {"{", "my-routes.json", ""},
      {"[]", "my-routes.json", "object"},
      {R"({"routes":[1e999]})", "my-routes.json", "1e999"},
      {R"({"routes":[{"kind":"prize"}]})", "/routes/0/kind", "price"},
      {R"({"routes":[{"knd":"price"}]})", "/routes/0", "knd"},
      {R"({"routes":[{"history":"h"},{"live":{"a.b":"@message"}}]})", "/routes/1/live", "a.b"},
      {R"({"routes":[{"live":{"line\nbreak.":"@message"}}]})", "/routes/0/live", "line\\u000Abreak."},
      {R"({"routes":[{"live":{"a//b":"@message"}}]})", "/routes/0/live", ""},
      {R"({"routes":[{"live":{"a/{X}":"@message"}}]})", "/routes/0/live", "{TICKER}"},
      {R"({"routes":[{"live":{"a/{ID}":"@message"}}]})", "/routes/0", "id"},
      {R"({"routes":[{"live":{"a":"@everything"}}]})", "/routes/0/live", "@"},
      {R"({"routes":[{"live":{"a/{TICKER}":"@message","a/{TICKER}/b":"x"}}]})", "/routes/0/live", "a/{TICKER}/b"},
      {R"({"routes":[{"live":{"a/{TICKER}":"@message"}},{"live":{"a/fixed/b":"x"}}]})", "/routes/0/live", "a/fixed/b"},
      {R"({"routes":[{"live":{"h/x/y":"@message"},"history":"h"}]})", "/routes/0", "h"},
      {R"({"routes":[{"id":"id","live":{"x/{ID}":"a","x/{TICKER}":"b"}}]})", "/routes/0/live", "never the same"},
      {R"({"routes":[{"live":{"relay":"@message"}}]})", "/routes/0/live", "relay"},
      {R"({"routes":[{"live":{"relay/{TICKER}/state":"@message"}}]})", "/routes/0/live", "no path below 'relay'"},
      {R"({"routes":[{"history":"relay/x/gaps"}]})", "/routes/0/history", "relay"},
      {R"({"routes":[{"live":{"a":"x"},"live":{"b":"x"}}]})", "/routes/0/live", "each name once"},
      {R"({"routes":[{"live":{"a":"x"}},{"live":{"b":"x","b":"y"}}]})", "/routes/1/live/b", "each name once"},
      {R"({"routes":[{"live":{"a":"x"},"match":[]}]})", "/routes/0/match", "at least one"},
      {R"({"routes":[{"id":"i","live":{"{ID}/x":"@message"}}]})", "/routes/0", "a key before {ID}"},
      {R"({"ticker":{"fields":"symbol"},"routes":[]})", "/ticker/fields", "a list"},
      {R"({"ticker":{"channels":{"a":"{TICKER}"}},"routes":[]})", "/ticker/channels", "a list"},
      {R"({"routes":[{"id":"i","closed":{"s":["done","Status."]},"live":{"a/{ID}":"s"}}]})", "/routes/0/closed/s",
       "letters"},
      {R"({"routes":[{"live":{"relay/{TICKER}/x/y":"@message"}}]})", "", "relay"},
      {R"({"routes":[{"channel":"A","live":{"channels":"@message"}}]})", "/routes/0/live", "channels"},
  };
  for (const Case& wrong : cases) {
    const std::string what = mistake(wrong.json);
    ASSERT_NE(what, "") << wrong.json;
    EXPECT_NE(what.find("my-routes.json"), std::string::npos) << what;
    EXPECT_NE(what.find(wrong.place), std::string::npos) << wrong.json << "\n" << what;
    EXPECT_NE(what.find(wrong.expected), std::string::npos) << wrong.json << "\n" << what;
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
  }
}

TEST(Routes, DepthThatNoStackHoldsIsRefused) {
  const std::string deep = "{\"routes\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_NE(mistake(deep).find("more than 16 levels"), std::string::npos);
}

TEST(Routes, PathsSideBySideAreNoMistake) {
  EXPECT_EQ(
      mistake(
          R"({"routes":[{"live":{"a/{TICKER}/x":"x","a/{TICKER}/y":"y"},"history":"h/{TICKER}"},{"live":{"a/{TICKER}/x":"z"}}]})"),
      "");
}

TEST(ChannelPattern, TakesStarsForAnythingAndTickerForSomething) {
  struct Case {
    const char* pattern;
    const char* channel;
    bool matches;
  };
  const Case cases[] = {{"*", "", true},
                        {"*", "x", true},
                        {"a*", "a", true},
                        {"a*", "b", false},
                        {"*a", "ba", true},
                        {"*a", "ab", false},
                        {"a*c", "abc", true},
                        {"a*c", "abcd", false},
                        {"a*b*c", "aXbYc", true},
                        {"abc", "abc", true},
                        {"abc", "ab", false},
                        {"T_{TICKER}", "T_", false},
                        {"T_{TICKER}", "T_x", true},
                        {"{TICKER}_T", "AAPL_T", true}};
  for (const Case& one : cases)
    EXPECT_EQ(ChannelPattern(one.pattern).matches(one.channel), one.matches) << one.pattern << " " << one.channel;
  EXPECT_EQ(ChannelPattern("T_{TICKER}").ticker_in("T_BRK.B"), "BRK.B");
  EXPECT_EQ(ChannelPattern("T_{TICKER}").ticker_in("U_BRK.B"), "");
  EXPECT_EQ(ChannelPattern("T_*").ticker_in("T_BRK.B"), "");
  EXPECT_EQ(ChannelPattern("*_{TICKER}_*").ticker_in("a_b_c_d"), "b");
  EXPECT_EQ(ChannelPattern("{TICKER}_x").ticker_in("a_x_x"), "a_x");
}

TEST(ChannelPattern, ManyStarsCostNoMoreThanTheirLength) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  // Exponential matching would not come back from this.
  EXPECT_FALSE(ChannelPattern(pattern + "b").matches(std::string(20'000, 'a')));
}

}  // namespace
}  // namespace firebase_relay::classify
