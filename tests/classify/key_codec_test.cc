#include "classify/key_codec.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace firebase_relay::classify {
namespace {

std::string encoded(std::string_view raw) {
  std::string key;
  const std::size_t size = append_encoded_key(raw, key);
  EXPECT_EQ(size, key.size());
  return key;
}

TEST(KeyCodec, EncodesEveryReservedByteAndNoOther) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const bool reserved = byte < 0x20 || byte == 0x7F ||
                          std::string_view(".$#[]/%").find(static_cast<char>(byte)) != std::string_view::npos;
    EXPECT_EQ(is_reserved_in_key(static_cast<unsigned char>(byte)), reserved) << byte;
    const std::string raw(1, static_cast<char>(byte));
    EXPECT_EQ(encoded(raw) == raw, !reserved) << byte;
  }
  EXPECT_EQ(encoded("BRK.B"), "BRK%2EB");
  EXPECT_EQ(encoded("BTC/USD"), "BTC%2FUSD");
  EXPECT_EQ(encoded(std::string_view("\0\x1f\x7f", 3)), "%00%1F%7F");
  EXPECT_EQ(encoded(""), "%");
  EXPECT_EQ(encoded("%"), "%25");
}

TEST(KeyCodec, KeepsUtf8AndEncodesBytesThatAreNone) {
  EXPECT_EQ(encoded("\xc3\x9c"
                    "ber \xe6\x97\xa5 \xf0\x9f\x98\x80"),
            "\xc3\x9c"
            "ber \xe6\x97\xa5 \xf0\x9f\x98\x80");
  EXPECT_EQ(encoded("\xc2\x80"), "\xc2\x80") << "U+0080 is allowed";
  const std::map<std::string, std::string> cases = {
      {"\xff", "%FF"},
      {"a\x80z", "a%80z"},
      {"\xc3", "%C3"},                       // cut off
      {"\xc3(", "%C3("},                     // no continuation
      {"\xc0\xaf", "%C0%AF"},                // overlong
      {"\xe0\x80\xaf", "%E0%80%AF"},         // overlong
      {"\xed\xa0\x80", "%ED%A0%80"},         // a surrogate
      {"\xf4\x90\x80\x80", "%F4%90%80%80"},  // beyond U+10FFFF
      {"\xe6\x97", "%E6%97"},                // cut off
  };
  for (const auto& [raw, key] : cases) EXPECT_EQ(encoded(raw), key);
}

TEST(KeyCodec, TwoNamesNeverMeetAndDecodeBack) {
  std::mt19937_64 random(1);
  std::map<std::string, std::string> raw_of;
  for (int i = 0; i < 20'000; ++i) {
    std::string raw;
    // Mostly bytes that are special somewhere, so that names are close to each other.
    constexpr std::string_view kLikely = "%2E.a/\xc3\x9c\xff";
    for (std::uint64_t size = random() % 6; size > 0; --size) raw.push_back(kLikely[random() % kLikely.size()]);
    const std::string key = encoded(raw);
    EXPECT_EQ(decode_key(key), raw);
    EXPECT_EQ(raw_of.try_emplace(key, raw).first->second, raw) << key;
    for (const char c : key) EXPECT_TRUE(c == '%' || !is_reserved_in_key(static_cast<unsigned char>(c)));
  }
}

TEST(KeyCodec, DecodesWhatIsNoEncodingAsItIs) {
  EXPECT_EQ(decode_key("100%"), "100%");
  EXPECT_EQ(decode_key("%zz"), "%zz");
  EXPECT_EQ(decode_key("%"), "");
}

TEST(KeyCodec, EscapesForJson) {
  std::string out;
  append_json_escaped("a\"b\\c\n\x01\xc3\x9c", out);
  EXPECT_EQ(out, "a\\\"b\\\\c\\u000A\\u0001\xc3\x9c");
}

TEST(KeyCodec, UnescapesAllOfJsonsEscapes) {
  bool lone_surrogate = false;
  std::string out;
  EXPECT_TRUE(append_json_unescaped(R"(\"\\\/\b\f\n\r\t\u0041\u00fc\u65e5\ud83d\ude00)", out, lone_surrogate));
  EXPECT_EQ(out, "\"\\/\b\f\n\r\tA\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80");
  for (const char* lone : {R"(\ud800)", R"(\ud800x)", R"(\udc00)", R"(\ud800\u0041)"}) {
    lone_surrogate = false;
    EXPECT_FALSE(append_json_unescaped(lone, out, lone_surrogate)) << lone;
    EXPECT_TRUE(lone_surrogate) << lone;
  }
  for (const char* wrong : {R"(\x41)", R"(\u12)", R"(\u12g4)", "\\"}) {
    lone_surrogate = false;
    EXPECT_FALSE(append_json_unescaped(wrong, out, lone_surrogate)) << wrong;
    EXPECT_FALSE(lone_surrogate) << wrong;
  }
}

}  // namespace
}  // namespace firebase_relay::classify
