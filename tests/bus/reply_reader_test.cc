#include "bus/reply_reader.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "bus/wire.h"

namespace firebase_relay::bus {
namespace {

struct Read {
  std::vector<std::pair<std::string, std::string>> messages;
  std::vector<Reply> replies;
  bool ok = true;
};

/// Feeds `bytes` in pieces of `piece`.
Read read(const std::string& bytes, std::size_t patterns = 1, std::size_t piece = std::string::npos) {
  ReplyReader reader(ChannelFilter(std::vector<std::string>(patterns, "*")));
  Read result;
  for (std::size_t at = 0; at < bytes.size() && result.ok; at += std::min(piece, bytes.size())) {
    MessageBlock block;
    result.ok = reader.feed(std::string_view(bytes).substr(at, piece), block, result.replies);
    for (std::size_t i = 0; i < block.size(); ++i) {
      result.messages.emplace_back(std::string(block[i].channel), std::string(block[i].payload));
    }
    EXPECT_EQ(reader.error().empty(), result.ok);
  }
  return result;
}

TEST(ReplyReader, TakesMessagesHoweverTheBytesAreCut) {
  const std::string binary("\0\xff\r\n", 4);
  const std::string bytes = pmessage("*", "A", "{}") + pmessage("*", binary, "") + pmessage("*", "", binary);
  const std::vector<std::pair<std::string, std::string>> expected = {{"A", "{}"}, {binary, ""}, {"", binary}};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_EQ(read(bytes, 1, piece).messages, expected) << piece;
}

TEST(ReplyReader, TakesALargePayload) {
  const std::string payload(12'000'000, 'x');
  const Read result = read(pmessage("*", "A", payload), 1, 16'384);
  ASSERT_EQ(result.messages.size(), 1u);
  EXPECT_EQ(result.messages[0].second, payload);
}

TEST(ReplyReader, GoesOnBehindALargePayloadHoweverTheBytesAreCut) {
  const std::string large(100'000, 'x');
  const std::string bytes = pmessage("*", "A", large) + pmessage("*", "B", "{}") + pmessage("*", "C", large) +
                            pmessage("*", large, "1") + pmessage("*", "D", "");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"A", large}, {"B", "{}"}, {"C", large}, {large, "1"}, {"D", ""}};
  for (const std::size_t piece : {1u, 7u, 4096u, 10'007u, 100'000u}) {
    EXPECT_EQ(read(bytes, 1, piece).messages, expected) << piece;
    EXPECT_EQ(read(bytes, 2, piece).messages, expected) << piece;
  }
}

/// Messages of every size around the ones from which on a cut one goes to the parser.
TEST(ReplyReader, TakesMessagesOfAnySizeHoweverTheBytesAreCut) {
  std::string bytes;
  std::vector<std::pair<std::string, std::string>> expected;
  for (std::size_t size = 65'430; size < 65'560; size += 5) {
    expected.emplace_back("A", std::string(size, 'x'));
    expected.emplace_back("B", "{}");
    bytes += pmessage("*", "A", expected[expected.size() - 2].second) + pmessage("*", "B", "{}");
  }
  for (const std::size_t piece : {13u, 1'448u, 65'536u, 262'144u}) EXPECT_EQ(read(bytes, 1, piece).messages, expected);
}

TEST(ReplyReader, GivesTheMemoryOfALargeMessageBack) {
  const auto used = [] {
    const auto memory = ::mallinfo2();
    return memory.uordblks + memory.hblkhd;
  };
  constexpr std::size_t kLarge = 20'000'000;
  const std::string large = pmessage("A*", std::string(kLarge, 'c'), std::string(kLarge, 'p'));
  const std::string small = pmessage("A*", "A", "{}");
  for (const std::size_t piece : {large.size(), std::size_t{256 * 1024}}) {
    ReplyReader reader(ChannelFilter({"A*", "*"}));
    std::vector<Reply> replies;
    const std::size_t before = used();
    for (const std::string_view bytes : {std::string_view(large), std::string_view(small)}) {
      std::size_t messages = 0;
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        MessageBlock block;
        ASSERT_TRUE(reader.feed(bytes.substr(at, piece), block, replies));
        messages += block.size();
      }
      EXPECT_EQ(messages, 1u);
    }
    EXPECT_LT(used(), before + 1'000'000) << piece;
  }
}

TEST(ReplyReader, TellsEverythingElseByItsKind) {
  const std::string bytes = "+OK\r\n-NOAUTH Authentication required.\r\n*3\r\n" + bulk("psubscribe") + bulk("*") +
                            ":1\r\n*2\r\n" + bulk("pong") + bulk("") + "+PONG\r\n";
  const Read result = read(bytes);
  ASSERT_EQ(result.replies.size(), 5u);
  EXPECT_EQ(result.replies[0].type, Reply::Type::kStatus);
  EXPECT_EQ(result.replies[1].type, Reply::Type::kError);
  EXPECT_EQ(result.replies[1].text, "NOAUTH Authentication required.");
  EXPECT_EQ(result.replies[2].type, Reply::Type::kSubscribed);
  EXPECT_EQ(result.replies[3].type, Reply::Type::kPong);
  EXPECT_TRUE(result.messages.empty());
}

TEST(ReplyReader, MessageThatMatchesTwoPatternsIsTakenOnceAndEqualMessagesStayTwo) {
  const std::string both = pmessage("A*", "AB", "1") + pmessage("*B", "AB", "1");
  EXPECT_EQ(read(both + both, 2).messages.size(), 2u);
  EXPECT_EQ(read(both + pmessage("A*", "AC", "1") + pmessage("A*", "AC", "1"), 2).messages.size(), 3u);
  EXPECT_EQ(read(pmessage("A*", "AB", "1") + pmessage("*B", "AB", "2"), 2).messages.size(), 2u);
}

TEST(ReplyReader, FirstMessageIsNoRepetitionAlthoughAllOfItIsEmpty) {
  EXPECT_EQ(read(pmessage("*", "", "") + pmessage("a*", "", ""), 2).messages.size(), 1u);
}

TEST(ReplyReader, LeavesRedisOwnChannelsOut) {
  for (const char* own : {"__keyspace@0__:key", "__keyevent@0__:set", "__sentinel__:hello"}) {
    EXPECT_TRUE(is_redis_own_channel(own));
    EXPECT_TRUE(read(pmessage("*", own, "x")).messages.empty()) << own;
  }
  for (const char* other : {"__key", "_keyspace@0__", "__keyspace", "x__keyspace@0__:k", ""})
    EXPECT_FALSE(is_redis_own_channel(other)) << other;
}

TEST(ReplyReader, LeavesOutWhatAMarkInFrontTakesAway) {
  ReplyReader reader(ChannelFilter({"*", "!socket.io*"}));
  MessageBlock block;
  std::vector<Reply> replies;
  ASSERT_TRUE(reader.feed(pmessage("*", "socket.io#/#", "x") + pmessage("*", "NEWS", "y"), block, replies));
  ASSERT_EQ(block.size(), 1u);
  EXPECT_EQ(block[0].channel, "NEWS");
}

TEST(ReplyReader, TellsTheModeThatHelloNames) {
  const auto hello = [](const std::string& mode) {
    return "*8\r\n" + bulk("server") + bulk("redis") + bulk("proto") + ":2\r\n" + bulk("mode") + bulk(mode) +
           bulk("modules") + "*1\r\n*2\r\n" + bulk("mode") + bulk("of a module");
  };
  const std::string bytes = hello("sentinel") + hello("standalone") + pmessage("*", "server", "mode");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Read result = read(bytes, 1, piece);
    ASSERT_EQ(result.replies.size(), 2u) << piece;
    EXPECT_EQ(result.replies[0].type, Reply::Type::kMode);
    EXPECT_EQ(result.replies[0].text, "sentinel");
    EXPECT_EQ(result.replies[1].text, "standalone");
    EXPECT_EQ(result.messages.size(), 1u);
  }
}

// Redis sends neither. A proxy may, and then nothing shall be told of the message before.
TEST(ReplyReader, NothingOfOneReplyIsToldOfTheNext) {
  const std::string nameless = "*4\r\n" + bulk("pmessage") + bulk("*") + "$-1\r\n" + bulk("{}");
  const Read result = read(nameless + pmessage("*", "A", "1") + nameless + pmessage("*", "B", "2"));
  const std::vector<std::pair<std::string, std::string>> expected = {{"A", "1"}, {"B", "2"}};
  EXPECT_EQ(result.messages, expected);
  const std::string subscribed = "*3\r\n" + bulk("psubscribe") + bulk("*") + ":1\r\n";
  EXPECT_EQ(read(subscribed + ":1\r\n$-1\r\n").replies.size(), 1u);
}

TEST(ReplyReader, WhatOnlyALaterProtocolHasIsNoMessage) {
  // We never ask for RESP3. hiredis 0.14 refuses its types, hiredis 1.0 reads them.
  const std::vector<std::string> values = {",1.5\r\n", "#t\r\n", "_\r\n", "(123\r\n", "=5\r\ntxt:a\r\n"};
  for (const std::string& value : values) {
    EXPECT_TRUE(read(value).messages.empty()) << value;
    EXPECT_TRUE(read("*2\r\n" + bulk("a") + value).messages.empty()) << value;
    EXPECT_TRUE(read("%1\r\n" + bulk("pmessage") + value, 1, 1).messages.empty()) << value;
  }
}

TEST(ReplyReader, WhatIsNoRedisIsAnError) {
  EXPECT_FALSE(read("HTTP/1.1 400 Bad Request\r\n\r\n").ok);
  EXPECT_FALSE(read("*4\r\n$99999999999999999999\r\n").ok);
}

}  // namespace
}  // namespace firebase_relay::bus
