// "guarantee N" and "decision N", wherever they stand, are those of docs/contract.md; "decision record N" is a file.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/paths.h"

namespace firebase_relay {
namespace {

namespace fs = std::filesystem;
using test_support::bytes_of;

const fs::path kTree = test_support::source_dir();

/// A numbered thing that a text names: "guarantee", "decision" or "record".
struct Mention {
  std::string what;
  std::string number;  ///< as written
  std::size_t line;

  /// As docs/contract.md has it.
  [[nodiscard]] std::string anchor() const { return what + '-' + number; }
};

/// All that `text` names. Between word and number a comment may go on in the next line; behind a plural there may be
/// several numbers.
std::vector<Mention> mentions_in(const std::string& text) {
  static const std::string kGap = R"(\s+(?:[/<#*]+\s*)?)";
  static const std::regex kInWords(R"(\b([Gg]uarantee|[Dd]ecision)(s|)" + kGap + "record)?" + kGap +
                                   R"((\d+)\b((?:,?)" + kGap + "(?:(?:and|or|to)" + kGap + R"()?\d+\b)*))");
  static const std::regex kAsLink(R"(#(guarantee|decision)-(\d+))");
  static const std::regex kNumber(R"(\d+)");
  std::vector<Mention> found;
  const auto add = [&](std::string what, std::string number, std::ptrdiff_t at) {
    std::transform(what.begin(), what.end(), what.begin(),
                   [](char letter) { return letter < 'a' ? letter + 32 : letter; });
    const auto line = std::count(text.begin(), text.begin() + at, '\n') + 1;
    found.push_back({std::move(what), std::move(number), static_cast<std::size_t>(line)});
  };
  for (std::sregex_iterator it(text.begin(), text.end(), kInWords), end; it != end; ++it) {
    const std::string behind = (*it)[2];
    const bool is_record = behind.size() > 1;
    add(is_record ? "record" : (*it)[1].str(), (*it)[3], it->position());
    if (behind != "s") continue;
    const std::string others = (*it)[4];
    for (std::sregex_iterator number(others.begin(), others.end(), kNumber); number != end; ++number)
      add((*it)[1], number->str(), it->position());
  }
  for (std::sregex_iterator it(text.begin(), text.end(), kAsLink), end; it != end; ++it)
    add((*it)[1], (*it)[2], it->position());
  return found;
}

/// Every text of the tree that people write: sources, tests, scripts, documentation.
std::vector<fs::path> texts() {
  static const std::set<std::string> kKinds = {"",    ".cc", ".h",   ".in",  ".md", ".txt",
                                               ".py", ".js", ".mjs", ".cjs", ".yml"};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kTree)) {
    if (entry.is_regular_file() && entry.path().extension() == ".md") files.push_back(entry.path());
  }
  for (const char* folder :
       {"src", "include", "tests", "tools", "bench", "scripts", "docs", "monitoring", "packaging"}) {
    for (fs::recursive_directory_iterator it(kTree / folder), end; it != end; ++it) {
      if (it->is_directory() && it->path().filename() == "node_modules") it.disable_recursion_pending();
      if (it->is_regular_file() && kKinds.contains(it->path().extension())) files.push_back(it->path());
    }
  }
  return files;
}

/// The anchors of the contract, each as often as it stands there.
std::vector<std::string> anchors() {
  const std::string contract = bytes_of(kTree / "docs/contract.md");
  static const std::regex kAnchor(R"(<a id="([^"]*)\"></a>)");
  std::vector<std::string> found;
  for (std::sregex_iterator it(contract.begin(), contract.end(), kAnchor), end; it != end; ++it)
    found.push_back((*it)[1]);
  return found;
}

TEST(Contract, HasEachNumberOnceOverTheHeadingThatSaysIt) {
  const std::string contract = bytes_of(kTree / "docs/contract.md");
  const std::vector<std::string> all = anchors();
  EXPECT_GE(all.size(), 12u) << "seven guarantees and five decisions";
  for (const std::string& anchor : all) {
    EXPECT_EQ(std::count(all.begin(), all.end(), anchor), 1) << anchor << " stands there more than once";
  }
  static const std::regex kHeading(R"((?:<a id="(guarantee|decision)-(\d+)\"></a>\n)?### (Guarantee|Decision) (\d+):)");
  std::size_t headings = 0;
  for (std::sregex_iterator it(contract.begin(), contract.end(), kHeading), end; it != end; ++it, ++headings) {
    EXPECT_EQ((*it)[1].str().substr(0, 1) == "g", (*it)[3] == "Guarantee") << it->str();
    EXPECT_EQ((*it)[2], (*it)[4]) << it->str() << ": the anchor above it has another number, or there is none";
  }
  EXPECT_EQ(headings, all.size()) << "an anchor without its heading, or the other way round";
}

TEST(Contract, HasEveryGuaranteeAndDecisionThatTheTreeNames) {
  const std::vector<std::string> all = anchors();
  const std::set<std::string> known(all.begin(), all.end());
  std::set<std::string> named;
  std::size_t mentions = 0;
  for (const fs::path& file : texts()) {
    for (const Mention& mention : mentions_in(bytes_of(file))) {
      if (mention.what == "record") continue;
      ++mentions;
      named.insert(mention.anchor());
      EXPECT_TRUE(known.contains(mention.anchor()))
          << fs::relative(file, kTree).string() << ':' << mention.line << " names " << mention.what << ' '
          << mention.number << ", which docs/contract.md does not have";
    }
  }
  EXPECT_GT(mentions, 40u) << "this test finds too little";
  EXPECT_GE(named.size(), 12u);
}

TEST(Contract, DecisionRecordsThatTheTreeNamesAreFilesThatSayTheirNumber) {
  std::map<std::string, std::string> titles;  // by number
  for (const auto& entry : fs::directory_iterator(kTree / "docs/decisions")) {
    const std::string text = bytes_of(entry.path());
    const std::string number = entry.path().filename().string().substr(0, 4);
    EXPECT_TRUE(titles.emplace(number, text.substr(0, text.find('\n'))).second) << number << " stands there twice";
    EXPECT_TRUE(titles[number].starts_with("# Decision record " + number + ": ")) << entry.path();
  }
  EXPECT_GE(titles.size(), 4u);
  std::size_t mentions = 0;
  for (const fs::path& file : texts()) {
    for (const Mention& mention : mentions_in(bytes_of(file))) {
      if (mention.what != "record") continue;
      ++mentions;
      EXPECT_TRUE(titles.contains(mention.number))
          << fs::relative(file, kTree).string() << ':' << mention.line << " names decision record " << mention.number
          << ", and docs/decisions has none of that number";
    }
  }
  EXPECT_GT(mentions, titles.size()) << "this test finds no more than the titles";
}

TEST(Contract, MentionsAreFoundOverTheEndOfALineAndInLists) {
  const auto found = [](const std::string& text) {
    std::string all;
    for (const Mention& mention : mentions_in(text)) all += mention.anchor() + '@' + std::to_string(mention.line) + ' ';
    return all;
  };
  // Put together from parts, or the tests above would take these for mentions.
  const std::string guarantee = "guarantee";
  const std::string decision = "decision";
  EXPECT_EQ(found("(" + guarantee + " 91)."), "guarantee-91@1 ");
  EXPECT_EQ(found("\n/// as " + decision + "\n///< 92 says"), "decision-92@2 ");
  EXPECT_EQ(found("# " + decision + "\n# 93"), "decision-93@1 ");
  EXPECT_EQ(found("G" + guarantee.substr(1) + "s 94, 95 and 96; of " + guarantee + " 97, 98 times"),
            "guarantee-94@1 guarantee-95@1 guarantee-96@1 guarantee-97@1 ");
  EXPECT_EQ(found(decision + "s/0099-a.md, " + decision + " record\n// 0099, contract.md#" + guarantee + "-99"),
            "record-0099@1 guarantee-99@2 ");
}

}  // namespace
}  // namespace firebase_relay
