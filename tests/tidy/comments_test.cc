// What others may use is explained where it is declared: what it does, in which units, who owns it, which threads may
// call it, what its errors are.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "support/paths.h"
#include "tidy/outline.h"

namespace firebase_relay {
namespace {

using test_support::Declaration;

/// Says a reader of C++ enough by itself: a constructor without parameters, a destructor, an operator, and what is
/// deleted, defaulted, or explained where it is declared first.
bool explains_itself(const Declaration& declaration) {
  static const std::regex kPlain(R"(~|\boperator\b|\b(override|final)\b|= (delete|default)$)");
  static const std::regex kNoParameters(R"(^(\w+)\(\))");
  std::smatch found;
  const std::string& text = declaration.text;
  const bool is_constructor = std::regex_search(text, found, kNoParameters) && found[1] == declaration.name;
  const bool is_declared_elsewhere = declaration.name.find("::") != std::string::npos;
  return is_constructor || is_declared_elsewhere || std::regex_search(text, kPlain);
}

/// Does it count? Functions, types and constants do; members are explained by their class.
bool is_to_be_explained(const Declaration& declaration) {
  static const std::regex kConstant(R"(\b(constexpr|const|extern)\b)");
  switch (declaration.kind) {
    case Declaration::Kind::kType: return declaration.is_public;
    case Declaration::Kind::kFunction: return declaration.is_public && !explains_itself(declaration);
    case Declaration::Kind::kVariable:
      return declaration.is_public && std::regex_search(declaration.text, kConstant) &&
             (!declaration.is_in_class || declaration.text.find("static") != std::string::npos);
    case Declaration::Kind::kOther: return false;
  }
  return false;
}

TEST(Comments, ExplainWhatOthersMayUse) {
  constexpr double kShareMin = 0.95;
  std::vector<std::pair<std::size_t, std::string>> missing;  // per file: how many, and their list
  std::size_t all = 0;
  std::size_t missing_in_all = 0;
  for (const auto& file : test_support::sources_in({"include", "src", "tools"})) {
    if (file.extension() != ".h") continue;
    std::pair<std::size_t, std::string> here;
    for (const Declaration& declaration : test_support::outline_of(test_support::bytes_of(file))) {
      if (!is_to_be_explained(declaration)) continue;
      ++all;
      if (declaration.is_documented) continue;
      ++here.first;
      here.second += "  " + test_support::place_of(file, declaration.first_line) + ": " + declaration.name + '\n';
    }
    missing_in_all += here.first;
    if (here.first > 0) missing.push_back(std::move(here));
  }
  ASSERT_GT(all, 1000u) << "this test finds too little";
  std::stable_sort(missing.begin(), missing.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string list;
  for (const auto& [count, text] : missing) list += text;
  const double share = 1.0 - static_cast<double>(missing_in_all) / static_cast<double>(all);
  EXPECT_GE(share, kShareMin) << 100 * share << " % are explained: " << missing_in_all << " of " << all
                              << " public declarations have no /// comment, neither above them, nor above their group, "
                                 "nor behind them (///<):\n"
                              << list;
}

}  // namespace
}  // namespace firebase_relay
