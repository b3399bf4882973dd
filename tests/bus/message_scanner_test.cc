#include "bus/message_scanner.h"

#include <gtest/gtest.h>

#include <random>

#include "bus/told.h"
#include "bus/wire.h"

namespace firebase_relay::bus {
namespace {

using Kind = Scanned::Kind;

TEST(MessageScanner, FindsAPlainMessageAndItsSize) {
  const std::string binary("\0\xff\r\n", 4);
  const std::string message = pmessage("A*", binary, R"({"price": 1})");
  for (const std::string& behind : {std::string(), std::string("*"), std::string("\r\n"), message}) {
    const std::string bytes = message + behind;
    const Scanned found = scan_message(bytes);
    EXPECT_EQ(found.kind, Kind::kMessage);
    EXPECT_EQ(found.size, message.size());
    EXPECT_EQ(found.pattern, "A*");
    EXPECT_EQ(found.channel, binary);
    EXPECT_EQ(found.payload, R"({"price": 1})");
  }
  EXPECT_EQ(scan_message(pmessage("", "", "")).kind, Kind::kMessage);
}

TEST(MessageScanner, TellsOfACutMessageHowLargeItIsAtLeast) {
  const std::string message = pmessage("*", "A", std::string(1'234, 'x'));
  for (std::size_t size = 0; size < message.size(); ++size) {
    const Scanned found = scan_message(std::string_view(message).substr(0, size));
    EXPECT_EQ(found.kind, Kind::kCut) << size;
    EXPECT_GT(found.size, size);
    EXPECT_LE(found.size, message.size());
  }
  EXPECT_EQ(scan_message(std::string_view(message).substr(0, 60)).size, message.size()) << "its last length is known";
}

TEST(MessageScanner, LeavesEverythingElseToHiredis) {
  const std::string opening = "*4\r\n" + bulk("pmessage");
  for (const std::string& other : {
           std::string("+OK\r\n"),
           "*3\r\n" + bulk("pmessage") + bulk("*") + bulk("A"),
           "*04\r\n" + bulk("pmessage") + bulk("*") + bulk("A") + bulk("1"),
           ">4\r\n" + bulk("pmessage") + bulk("*") + bulk("A") + bulk("1"),
           "*4\r\n" + bulk("PMESSAGE") + bulk("*") + bulk("A") + bulk("1"),
           "*4\r\n" + bulk("smessage") + bulk("*") + bulk("A") + bulk("1"),
           "*4\r\n$8\r\npmessagexx" + bulk("*") + bulk("A") + bulk("1"),
           opening + "+*\r\n" + bulk("A") + bulk("1"),
           opening + bulk("*") + "$-1\r\n" + bulk("1"),
           opening + bulk("*") + "$\r\n\r\n" + bulk("1"),
           opening + bulk("*") + "$1\r\rA\r\n" + bulk("1"),
           opening + bulk("*") + "$1\r\nA\n\r" + bulk("1"),
           opening + bulk("*") + bulk("A") + "$01\r\n1\r\n",
           opening + bulk("*") + bulk("A") + "$00\r\n\r\n",
           opening + bulk("*") + bulk("A") + "$+1\r\n1\r\n",
           opening + bulk("*") + bulk("A") + "$ 1\r\n1\r\n",
           opening + bulk("*") + bulk("A") + "$1 \r\n1\r\n",
           opening + bulk("*") + bulk("A") + "$0000000001\r\n1\r\n",
           opening + bulk("*") + bulk("A") + "$1000000000\r\n1\r\n",
           opening + bulk("*") + bulk("A") + "$18446744073709551617\r\n1\r\n",
           opening + bulk("*") + bulk("A") + "$1\r\n1xx",
           opening + bulk("*") + bulk("A") + ":1\r\n",
       }) {
    EXPECT_EQ(scan_message(other).kind, Kind::kOther) << other;
  }
}

std::size_t below(std::mt19937_64& random, std::size_t n) { return static_cast<std::size_t>(random() % n); }

/// What a subscriber may get, sound, some of it in a form that Redis would not choose.
std::string sound_reply(std::mt19937_64& random) {
  static const std::string kInside = pmessage("A*", "AB", "inside");
  static const std::string_view kMatched[] = {"A*", "*", "*B", ""};
  static const std::string_view kChannels[] = {"A", "AB", "ABC", "", "\r\n", "__keyspace@0__:k", "__sentinel__:hello"};
  static const std::string_view kPayloads[] = {"{}",   "", "\r\n", "1", R"({"type": "price", "price": "187.23"})",
                                               kInside};
  static const std::string kOthers[] = {
      "+OK\r\n",
      "-ERR x\r\n",
      ":1\r\n",
      "$-1\r\n",
      "*0\r\n",
      "*-1\r\n",
      bulk("text"),
      "*3\r\n" + bulk("psubscribe") + bulk("*") + ":1\r\n",
      "*3\r\n" + bulk("punsubscribe") + "$-1\r\n:0\r\n",
      "*2\r\n" + bulk("pong") + bulk(""),
      "*6\r\n" + bulk("server") + bulk("redis") + bulk("mode") + bulk("cluster") + bulk("modules") + "*1\r\n" +
          bulk("mode"),
      "*5\r\n" + bulk("pmessage") + bulk("*") + bulk("A") + bulk("of five") + bulk("more"),
      "*4\r\n+pmessage\r\n+*\r\n" + bulk("A") + "+by status\r\n",
      "*4\r\n" + bulk("pmessage") + bulk("*") + bulk("A") + "$2\r\nnoxx",
  };
  if (below(random, 4) == 0) return kOthers[below(random, std::size(kOthers))];
  return pmessage(kMatched[below(random, std::size(kMatched))], kChannels[below(random, std::size(kChannels))],
                  kPayloads[below(random, std::size(kPayloads))]);
}

/// Some replies, most often damaged a little, and cut somewhere.
std::string stream(std::mt19937_64& random) {
  static const std::string_view kPieces[] = {
      "\r\n", "\r",     "\n",     "$", "*4\r\n", "*4\r\n$8\r\npmessage\r\n", "$-1\r\n",    "0",       "-",
      "+",    ":7\r\n", "$1\r\n", "*", "9",      "99999999999999999999",     "$0\r\n\r\n", "pmessage"};
  std::string bytes;
  for (std::size_t replies = 1 + below(random, 5); replies > 0; --replies) bytes += sound_reply(random);
  for (std::size_t changes = below(random, 4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = below(random, bytes.size());
    switch (below(random, 4)) {
      case 0: bytes.erase(at, 1 + below(random, 3)); break;
      case 1: bytes.insert(at, kPieces[below(random, std::size(kPieces))]); break;
      case 2: bytes[at] = static_cast<char>('0' + below(random, 10)); break;
      default: bytes[at] = static_cast<char>(below(random, 256)); break;
    }
  }
  if (below(random, 4) == 0) bytes.resize(below(random, bytes.size() + 1));
  return bytes;
}

TEST(MessageScanner, ChangesNothingOfWhatAStreamTells) {
  const ChannelFilter filters[] = {ChannelFilter({"*"}), ChannelFilter({"A*", "*"}), ChannelFilter({"*", "!AB*"})};
  std::mt19937_64 random(9);
  std::size_t messages = 0;
  std::size_t broken = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string bytes = stream(random);
    const ChannelFilter& channels = filters[below(random, std::size(filters))];
    const std::size_t size_max = 1 + below(random, 2) * below(random, 100) + below(random, 8) / 7 * bytes.size();
    const Told expected = told_without_scanner(bytes, channels);
    messages += expected.messages.size();
    broken += expected.error.empty() ? 0 : 1;
    ASSERT_EQ(told_by_reader(bytes, channels, [&] { return 1 + below(random, size_max); }), expected)
        << testing::PrintToString(bytes) << ", at most " << size_max << " bytes a read";
  }
  EXPECT_GT(messages, 100'000u);
  EXPECT_GT(broken, 20'000u);
}

}  // namespace
}  // namespace firebase_relay::bus
