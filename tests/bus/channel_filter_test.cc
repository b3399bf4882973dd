#include "bus/channel_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::bus {
namespace {

using testing::ElementsAre;

struct GlobCase {
  const char* pattern;
  const char* text;
  bool matches;
};

// channel_globs_test.cc asks a Redis the same.
constexpr GlobCase kCases[] = {
    {"*", "a", true},
    {"*", "", false},
    {"", "", true},
    {"", "a", false},
    {"a", "a", true},
    {"a", "A", false},
    {"a", "ab", false},
    {"ab", "a", false},
    {"?", "a", true},
    {"?", "", false},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"a*", "a", true},
    {"a**", "abc", true},
    {"*c", "abc", true},
    {"*b", "abc", false},
    {"*a*b*c", "xaxbxc", true},
    {"*a*b*c", "xaxcxb", false},
    {"*aab", "aaaab", true},
    {"a*?", "a", false},
    {"[abc]", "b", true},
    {"[abc]", "d", false},
    {"[^a]", "b", true},
    {"[^a]", "a", false},
    {"[a-c]", "b", true},
    {"[c-a]", "b", true},
    {"[a-c]", "-", false},
    {"[a-]", "^", true},
    {"[]", "a", false},
    {"[]a]", "a", false},
    {"[^]", "a", true},
    {"[^]a]", "xa]", true},
    {"[", "[", false},
    {"[a", "a", true},
    {"[^", "a", true},
    {"[a-", "-", true},
    {"[\\]]", "]", true},
    {"[\\^a]", "^", true},
    {"[\\", "\\", true},
    {"[\\a-c]", "b", false},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\?", "?", true},
    {"\\[a]", "[a]", true},
    {"\\", "\\", true},
    {"a\\", "a\\", true},
    {"\\\\", "\\", true},
    {"\\a", "a", true},
    {"[a-z]*", "q1", true},
    {"[a-z]*", "1q", false},
    {"\\!a", "!a", true},
    {"!a", "!a", true},
    {"socket.io*", "socket.io#/#", true},
    {"socket.io*", "socket-io", false},
};

TEST(Glob, MatchesAsRedisDoes) {
  for (const GlobCase& each : kCases)
    EXPECT_EQ(glob_matches(each.pattern, each.text), each.matches) << each.pattern << " and " << each.text;
}

TEST(Glob, TakesBytesOfAnyValue) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(glob_matches("a?b"sv, "a\0b"sv));
  EXPECT_TRUE(glob_matches("a\0*"sv, "a\0b"sv));
  EXPECT_FALSE(glob_matches("a\0c"sv, "a\0b"sv));
  EXPECT_TRUE(glob_matches("\xc3?"sv, "\xc3\xa4"sv)) << "a byte, not a letter";
}

TEST(Glob, WithManyStarsIsNoTrap) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(5'000, 'a')));
}

TEST(ChannelFilter, SubscribesToWhatHasNoMarkInFrontAndLeavesOutWhatHas) {
  for (const std::vector<std::string>& patterns :
       {std::vector<std::string>{"*", "!socket.io*", "!LOG_?"}, {"!socket.io*", "*", "!LOG_?"}}) {
    const ChannelFilter filter(patterns);
    EXPECT_THAT(filter.subscriptions(), ElementsAre("*"));
    EXPECT_TRUE(filter.leaves_out("socket.io#/#"));
    EXPECT_TRUE(filter.leaves_out("LOG_1"));
    EXPECT_FALSE(filter.leaves_out("LOG_12"));
    EXPECT_FALSE(filter.leaves_out("TICKER_UPDATES_AAPL"));
  }
}

TEST(ChannelFilter, WithMarksAloneTakesAllButThose) {
  const ChannelFilter filter({"!A*", "!B"});
  EXPECT_THAT(filter.subscriptions(), ElementsAre("*"));
  EXPECT_TRUE(filter.leaves_out("AB"));
  EXPECT_FALSE(filter.leaves_out("C"));
}

TEST(ChannelFilter, WithoutMarksLeavesNothingOut) {
  const ChannelFilter filter({"A*", "\\!B"});
  EXPECT_THAT(filter.subscriptions(), ElementsAre("A*", "\\!B"));
  EXPECT_FALSE(filter.leaves_out("A"));
  EXPECT_FALSE(filter.leaves_out("!B"));
}

}  // namespace
}  // namespace firebase_relay::bus
