// Classes are small: over all their files, and in what they hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <string_view>

#include "support/paths.h"
#include "tidy/outline.h"

namespace firebase_relay {
namespace {

using test_support::Declaration;

/// A class of the tree: its body, and what its functions take elsewhere.
struct Measured {
  std::string at;       ///< file and line of its head
  std::string comment;  ///< above it
  std::size_t lines = 0;
  std::size_t members = 0;
  std::size_t bools = 0;
};

/// How many members `text` declares: commas that stand in no brackets part them.
std::size_t names_in(const std::string& text) {
  int depth = 0;
  std::size_t names = 1;
  for (const char c : text) {
    if (std::string_view("<([{").find(c) != std::string_view::npos) ++depth;
    if (std::string_view(">)]}").find(c) != std::string_view::npos) --depth;
    if (depth == 0 && c == ',') ++names;
  }
  return names;
}

void count_member(Measured& in, const Declaration& declaration) {
  static const std::regex kIsShared(R"(^(static|inline|constexpr)\b)");
  static const std::regex kIsBool(R"(^(mutable )?(const )?bool\b)");
  const bool is_member = declaration.kind == Declaration::Kind::kVariable && declaration.is_in_class &&
                         !std::regex_search(declaration.text, kIsShared);
  if (!is_member) return;
  const std::size_t names = names_in(declaration.text);
  in.members += names;
  if (std::regex_search(declaration.text, kIsBool)) in.bools += names;
}

/// All classes of src, include and tools, by their whole name. Lines are those with code, no blank ones and no
/// comments: of the body, and of each function or value that is defined outside it as `Name::…`. A class in a class is
/// one of its own, and its lines count for the outer one as well where they stand in its body.
std::map<std::string, Measured> classes_of_the_tree() {
  std::map<std::string, Measured> classes;
  for (const auto& file : test_support::sources_in({"include", "src", "tools"})) {
    for (const Declaration& declaration : test_support::outline_of(test_support::bytes_of(file))) {
      std::string whole = declaration.full_name();
      if (whole.find("(file)") != std::string::npos) whole.insert(0, file.string() + "::");
      if (declaration.is_class) {
        Measured& found = classes[whole];
        found.at = test_support::place_of(file, declaration.first_line);
        found.comment = declaration.comment;
        found.lines += declaration.code_lines;
      } else if (declaration.is_in_class) {
        count_member(classes[whole.substr(0, whole.rfind("::"))], declaration);
      } else if (declaration.name.find("::") != std::string::npos) {
        classes[whole.substr(0, whole.rfind("::"))].lines += declaration.code_lines;
      }
    }
  }
  return classes;
}

bool says(const Measured& measured, std::string_view phrase) {
  return measured.comment.find(phrase) != std::string::npos;
}

TEST(Classes, AreSmallOverAllTheirFilesOrSayWhyAtTheirHead) {
  constexpr std::size_t kLinesMax = 400;
  const auto classes = classes_of_the_tree();
  for (const auto& [name, measured] : classes) {
    EXPECT_TRUE(measured.lines <= kLinesMax || says(measured, "the largest here:"))
        << measured.at << ": " << name << " has " << measured.lines << " lines of code, and " << kLinesMax
        << " is the most; make parts of it that have names, or let its comment say why it is \"the largest here: …\"";
  }
  EXPECT_GT(classes.size(), 200u) << "this test finds too little";
}

TEST(Classes, OfDeliveryHoldFewMembersOrSayWhyAtTheirHead) {
  constexpr std::size_t kMembersMax = 12;
  constexpr std::size_t kBoolsMax = 3;
  std::size_t seen = 0;
  for (const auto& [name, measured] : classes_of_the_tree()) {
    if (!measured.at.starts_with("src/deliver/") && !measured.at.starts_with("src/coalesce/")) continue;
    ++seen;
    EXPECT_TRUE(measured.members <= kMembersMax || says(measured, "has many members:"))
        << measured.at << ": " << name << " has " << measured.members
        << " members; part it, or let its comment say why it \"has many members: …\"";
    EXPECT_LE(measured.bools, kBoolsMax) << measured.at << ": " << name
                                         << " has so many bools: let an enumeration name its states";
  }
  EXPECT_GT(seen, 20u);
}

}  // namespace
}  // namespace firebase_relay
