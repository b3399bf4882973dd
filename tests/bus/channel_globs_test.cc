// Which channels a pattern matches is Redis' to say: our matcher against a Redis, on patterns that are all corners.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <sstream>

#include "bus/channel_filter.h"
#include "support/redis_server.h"

namespace firebase_relay::bus {
namespace {

using test_support::RedisClient;
using test_support::RedisServer;

constexpr std::string_view kCharacters = "ab]^-\\*?[!\x7f\xc3";
constexpr std::size_t kTexts = 400;
constexpr std::size_t kPatterns = 1'500;

std::string text_of(std::mt19937_64& random, std::size_t bytes_max) {
  std::string text;
  const std::size_t bytes = random() % (bytes_max + 1);
  while (text.size() < bytes) text += kCharacters[random() % kCharacters.size()];
  return text;
}

TEST(ChannelGlobs, MatchWhatRedisMatches) {
  const RedisServer redis;
  RedisClient client(redis);
  std::mt19937_64 random(20261128);
  std::set<std::string> texts;
  while (texts.size() < kTexts) texts.insert(text_of(random, 5));
  for (const std::string& text : texts) client.command({"SET", text, "x"});

  std::size_t matches = 0;
  for (std::size_t i = 0; i < kPatterns; ++i) {
    const std::string pattern = text_of(random, 7);
    if (pattern == "*") continue;  // KEYS does not match then
    // A name a line, each behind a mark: a name may be empty, but has no line's end in it.
    std::istringstream lines(client.command({"EVAL",
                                             "local t = redis.call('KEYS', ARGV[1]); for i, k in ipairs(t) do t[i] = "
                                             "'.' .. k end; return table.concat(t, '\\n')",
                                             "0", pattern}));
    std::set<std::string> theirs;
    for (std::string line; std::getline(lines, line);) theirs.insert(line.substr(1));
    std::set<std::string> ours;
    for (const std::string& text : texts) {
      if (glob_matches(pattern, text)) ours.insert(text);
    }
    ASSERT_EQ(ours, theirs) << "'" << pattern << "'";
    matches += ours.size();
  }
  EXPECT_GT(matches, kPatterns) << "patterns that match nothing prove nothing";
}

TEST(ChannelGlobs, MatchAChannelAsASubscriptionDoes) {
  const RedisServer redis;
  RedisClient subscriber(redis);
  RedisClient publisher(redis);
  subscriber.command({"PSUBSCRIBE", "*"});
  EXPECT_EQ(publisher.publish("", "x"), glob_matches("*", "") ? 1 : 0);
  EXPECT_EQ(publisher.publish("A", "x"), glob_matches("*", "A") ? 1 : 0);
}

}  // namespace
}  // namespace firebase_relay::bus
