#include "firebase_relay/history_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace firebase_relay {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kAlphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

UtcMillis at(std::int64_t ms) { return UtcMillis(milliseconds(ms)); }

std::string key(std::int64_t ms, std::string_view payload, std::uint64_t channel, std::uint32_t n) {
  return std::string(HistoryKey(at(ms), key_seed(payload, channel), n).text());
}

TEST(HistoryKey, HasTwentyCharactersOfThePushIdAlphabet) {
  for (std::uint32_t n = 0; n < 1000; ++n) {
    const std::string text = key(1'778'078'351'786, "{}", 7, n);
    ASSERT_EQ(text.size(), 20u);
    EXPECT_EQ(text.find_first_not_of(kAlphabet), std::string::npos) << text;
  }
}

TEST(HistoryKey, BeginsWithTheTimeAsPushIdsDo) {
  // NextPushId.ts of the JS SDK, with its alphabet, gives these for the moments.
  EXPECT_EQ(key(0, "", 0, 0).substr(0, 8), "--------");
  EXPECT_EQ(key(1, "", 0, 0).substr(0, 8), "-------0");
  EXPECT_EQ(key(63, "", 0, 0).substr(0, 8), "-------z");
  EXPECT_EQ(key(64, "", 0, 0).substr(0, 8), "------0-");
  EXPECT_EQ(key(1LL << 42, "", 0, 0).substr(0, 8), "0-------");
}

TEST(HistoryKey, SortsByTime) {
  std::string before;
  for (std::int64_t ms = 1; ms < (1LL << 45); ms = ms * 3 + 1) {
    const std::string now = key(ms, "{}", 1, 0);
    EXPECT_LT(before, now);
    before = now;
  }
}

TEST(HistoryKey, IsTheSameForTheSameMessageAndAnotherForAnyOther) {
  EXPECT_EQ(key(5, "{\"a\":1}", 9, 0), key(5, "{\"a\":1}", 9, 0)) << "a retry or a second relay writes the same key";
  std::set<std::string> keys;
  for (const char* payload : {"{\"a\":1}", "{\"a\": 1}", "", "x"}) {
    for (std::uint64_t channel = 0; channel < 10; ++channel) {
      for (std::uint32_t n = 0; n < 10; ++n) keys.insert(key(5, payload, channel, n));
    }
  }
  EXPECT_EQ(keys.size(), 400u);
}

TEST(HistoryKey, OfAnotherNIsWrittenOverTheFirst) {
  std::string text = key(5, "{}", 9, 0);
  HistoryKey::write_n(key_seed("{}", 9), 3, text.data());
  EXPECT_EQ(text, key(5, "{}", 9, 3));
  EXPECT_NE(text, key(5, "{}", 9, 0));
}

}  // namespace
}  // namespace firebase_relay
