#include "observe/printable.h"

#include <gtest/gtest.h>

namespace firebase_relay::observe {
namespace {

using namespace std::string_view_literals;
using std::chrono::milliseconds;

struct Case {
  const char* name;
  std::string_view input;
  std::string_view expected;
};

class PrintableForms : public testing::TestWithParam<Case> {};

TEST_P(PrintableForms, Become) { EXPECT_EQ(printable(GetParam().input), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(All, PrintableForms,
                         testing::Values(Case{"plain", "AAPL 187.2", "AAPL 187.2"},       //
                                         Case{"utf8", "Grüße 🚀 €", "Grüße 🚀 €"},          //
                                         Case{"newline", "a\nb\tc\r", "a\\nb\\tc\\x0d"},  //
                                         Case{"escape_sequence", "\033[2J", "\\x1b[2J"},  //
                                         Case{"nul", "a\0b"sv, "a\\x00b"},                //
                                         Case{"delete_character", "\x7f", "\\x7f"},       //
                                         Case{"c1_control", "\xC2\x9B", "\\xc2\\x9b"},    //
                                         Case{"byte_order_mark", "\xEF\xBB\xBF{}", "\\xef\\xbb\\xbf{}"},
                                         Case{"no_width", "a\u200B\u2060", "a\\xe2\\x80\\x8b\\xe2\\x81\\xa0"},
                                         Case{"lone_continuation", "\x80", "\\x80"},                          //
                                         Case{"overlong", "\xC0\xAF", "\\xc0\\xaf"},                          //
                                         Case{"surrogate", "\xED\xA0\x80", "\\xed\\xa0\\x80"},                //
                                         Case{"beyond_unicode", "\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  //
                                         Case{"truncated", "x\xE2\x82", "x\\xe2\\x82"},                       //
                                         Case{"empty", "", ""}),
                         [](const auto& form) { return form.param.name; });

TEST(Printable, SaysThatThereIsMoreThanItShows) {
  EXPECT_EQ(printable("abcdef", 4), "abcd…");
  EXPECT_EQ(printable("abcd", 4), "abcd");
}

TEST(Printable, NeverCutsACharacterInTwo) { EXPECT_EQ(printable("abc€", 4), "abc…"); }

TEST(IsoUtc, HasMillisecondsAndAZone) {
  EXPECT_EQ(iso_utc(UtcMillis(milliseconds(1778078351786))), "2026-05-06T14:39:11.786Z");
  EXPECT_EQ(iso_utc(UtcMillis(milliseconds(0))), "1970-01-01T00:00:00.000Z");
}

TEST(DurationText, IsAsExactAsAPersonNeeds) {
  EXPECT_EQ(duration_text(milliseconds(850)), "850 ms");
  EXPECT_EQ(duration_text(milliseconds(2499)), "2.4 s");
  EXPECT_EQ(duration_text(milliseconds(200'000)), "3 min 20 s");
  EXPECT_EQ(duration_text(milliseconds(18'180'000)), "5 h 3 min");
}

}  // namespace
}  // namespace firebase_relay::observe
