// What the tree is judged by has to see what is there.
#include "tidy/outline.h"

#include <gtest/gtest.h>

#include <string>

namespace firebase_relay {
namespace {

using test_support::Declaration;
using test_support::outline_of;

/// Kind, name and line of each: `T house::Room@3`.
std::string shown(const std::vector<Declaration>& declarations) {
  std::string text;
  for (const Declaration& each : declarations) {
    const char kind = std::string("TFV-")[static_cast<std::size_t>(each.kind)];
    text += std::string(1, kind) + ' ' + each.full_name() + '@' + std::to_string(each.first_line) + ' ';
  }
  return text;
}

TEST(Outline, FindsWhatIsDeclaredAndNothingInsideFunctions) {
  EXPECT_EQ(shown(outline_of("#pragma once\n"
                             "namespace house {\n"
                             "class Door;\n"
                             "template <class T>\n"
                             "class Room final : public Place<T, 3> {\n"
                             " public:\n"
                             "  explicit Room(int size = 3) : size_{size} { if (size > 0) { open(); } }\n"
                             "  std::function<void(int)> on_open; int a = 1, b{2};\n"
                             "  bool operator==(const Room&) const = default;\n"
                             "};\n"
                             "constexpr std::array<int, 2> kSizes = [] {\n"
                             "  int inside = 60'000; return std::array{inside, 1}; }();\n"
                             "enum class Colour : int { kRed, kBlue };\n"
                             "using Rooms = std::vector<Room<int>>;\n"
                             "}  // namespace house\n"
                             "void house::Room::close() const { const char* text = \"};\"; }\n")),
            "- house::Door@3 T house::Room@4 F house::Room::Room@7 V house::Room::on_open@8 V house::Room::a@8 "
            "F house::Room::operator_@9 V house::kSizes@11 T house::Colour@13 T house::Rooms@14 "
            "F house::Room::close@16 ");
}

TEST(Outline, CountsLinesOfCodeOnly) {
  const auto found = outline_of("/* a\n b */\nclass Room {\n\n  // a comment\n  int size_ = 0;  // another\n};\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].code_lines, 3u);
  EXPECT_EQ(found[0].last_line, 7u);
}

/// For each whether it is explained, and in capitals whether others may use it: `Y`, `N`, or `y`, `n`.
std::string explained(const std::string& text) {
  std::string answers;
  for (const Declaration& each : outline_of(text)) {
    const bool is_class = each.is_class;
    if (!is_class) answers += each.is_public ? (each.is_documented ? 'Y' : 'N') : (each.is_documented ? 'y' : 'n');
  }
  return answers;
}

TEST(Outline, CommentExplainsItsGroupUpToAnEmptyLine) {
  EXPECT_EQ(explained("/// Both.\nint a();\nint b();\n\nint c();\n"), "YYN");
  EXPECT_EQ(explained("int a();  ///< this one\nint b();\n"), "YN");
  EXPECT_EQ(explained("// No such comment.\nint a();\n"), "N");
  EXPECT_EQ(explained("/// Of the class.\nclass C {\n public:\n  int a();\n  /// This.\n  int b();\n  int c();\n};\n"),
            "NYY");
  EXPECT_EQ(explained("int a() {\n  /// Nothing of it.\n  return 1;\n}\nint b();\n"), "NN");
}

TEST(Outline, KnowsWhatOthersMayUse) {
  EXPECT_EQ(explained("class C {\n  int a();\n public:\n  int b();\n private:\n  struct D {\n    int e();\n  };\n};\n"),
            "nNn");
  EXPECT_EQ(explained("namespace {\nint a();\n}\nnamespace detail {\nint b();\n}\nnamespace c::d {\nint e();\n}\n"),
            "nnN");
}

}  // namespace
}  // namespace firebase_relay
