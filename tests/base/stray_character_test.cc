#include "base/stray_character.h"

#include <gtest/gtest.h>

#include <string>

namespace firebase_relay {
namespace {

TEST(StrayCharacter, IsNamedAndToldFromWhatAPasswordMayHold) {
  struct Stray {
    std::string_view text;
    std::string_view what;
    bool is_never_meant;
  };
  const Stray cases[] = {{"redis\r", "ends with a carriage return (CR)", true},
                         {"redis\r\n", "ends with a line break (LF)", true},
                         {"\nredis", "begins with a line break (LF)", true},
                         {"\xEF\xBB\xBFredis", "begins with a byte order mark", true},
                         {std::string_view("\xFF\xFEr\0e\0", 6), "begins with the mark of UTF-16", true},
                         {"redis ", "ends with a blank", false},
                         {" redis", "begins with a blank", false},
                         {"\tredis", "begins with a tab", false},
                         {"redis\xC2\xA0", "ends with a no-break space", false},
                         {"\xE2\x80\x9Credis\xE2\x80\x9D", "begins with a typographic quote", false},
                         {"\"redis\"", "stands in quotes", false},
                         {"'redis'", "stands in quotes", false}};
  for (const Stray& one : cases) {
    const auto stray = stray_character(one.text);
    ASSERT_TRUE(stray) << one.what;
    EXPECT_TRUE(stray->what.starts_with(one.what)) << stray->what;
    EXPECT_EQ(stray->is_never_meant, one.is_never_meant) << one.what;
  }
  for (const char* clean : {"", "redis", "a b", "\"", "a\"b\"", "it's", "\"a'"})
    EXPECT_FALSE(stray_character(clean)) << clean;
}

}  // namespace
}  // namespace firebase_relay
