// Includes go against the direction of the data, never with it, and docs/architecture.md draws what is so.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "support/paths.h"
#include "tidy/outline.h"

namespace firebase_relay {
namespace {

using test_support::bytes_of;
using Edges = std::map<std::string, std::set<std::string>>;

/// Which folders of src/ each of them may include. All of them may include include/.
const Edges kAllowed = {
    {"base", {}},
    {"observe", {"base"}},
    {"bus", {"base", "observe"}},
    {"classify", {"base"}},
    {"coalesce", {"base"}},
    {"outbox", {"base"}},
    {"deliver", {"base", "coalesce"}},
    {"keep", {}},
    {"archive", {"base", "observe", "outbox"}},
    {"flush", {"base", "observe", "classify", "coalesce", "outbox", "deliver", "keep", "archive"}},
    {"relay", {"base", "observe", "bus", "classify", "coalesce", "outbox", "deliver", "keep", "archive", "flush"}},
    {"terminal",
     {"base", "observe", "bus", "classify", "coalesce", "outbox", "deliver", "keep", "archive", "flush", "relay"}}};

/// One `#include "folder/…"`.
struct Include {
  std::string from;  ///< folder
  std::string to;
  std::string at;  ///< file and line
};

std::vector<Include> includes_below(const std::string& folder) {
  static const std::regex kInclude("#include \"([a-z_]+)/");
  std::vector<Include> found;
  for (const auto& file : test_support::sources_in({folder})) {
    const std::string text = bytes_of(file);
    for (std::sregex_iterator it(text.begin(), text.end(), kInclude), end; it != end; ++it) {
      const auto line = std::count(text.begin(), text.begin() + it->position(), '\n') + 1;
      found.push_back(
          {file.parent_path().filename(), (*it)[1], test_support::place_of(file, static_cast<std::size_t>(line))});
    }
  }
  return found;
}

/// What the drawing behind "**Direction.**" says: each `a ──▶ b` of it. include/ stands under all and is left out.
Edges drawn() {
  static const std::regex kArrow(R"(([a-z]+) (?:─)+▶(?= ([a-z]+)))");
  const std::string page = bytes_of(std::string(test_support::source_dir()) + "/docs/architecture.md");
  const std::size_t begin = page.find("```", page.find("**Direction.**"));
  const std::string drawing = page.substr(begin, page.find("```", begin + 3) - begin);
  Edges edges;
  for (std::sregex_iterator it(drawing.begin(), drawing.end(), kArrow), end; it != end; ++it)
    if ((*it)[2] != "include") edges[(*it)[1]].insert((*it)[2]);
  return edges;
}

/// All that can be reached from `from` along `edges`.
std::set<std::string> reached(const Edges& edges, const std::string& from) {
  std::set<std::string> all;
  if (!edges.contains(from)) return all;
  for (const std::string& next : edges.at(from)) {
    all.insert(next);
    all.merge(reached(edges, next));
  }
  return all;
}

TEST(Direction, IncludesGoAgainstTheData) {
  const auto includes = includes_below("src");
  for (const Include& each : includes) {
    if (!kAllowed.contains(each.from)) continue;  // src/main.cc puts the program together
    EXPECT_TRUE(each.to == each.from || each.to == "firebase_relay" || kAllowed.at(each.from).contains(each.to))
        << each.at << ": " << each.from << " must not include " << each.to;
  }
  EXPECT_GT(includes.size(), 100u) << "this test finds too little";
}

TEST(Direction, IsDrawnInTheArchitecture) {
  const Edges edges = drawn();
  for (const auto& [from, allowed] : kAllowed) {
    EXPECT_EQ(reached(edges, from), allowed)
        << "docs/architecture.md: what can be reached from " << from << " in the drawing is not what it may include";
  }
  std::set<std::string> used;
  for (const Include& each : includes_below("src")) used.insert(each.from + ' ' + each.to);
  for (const auto& [from, to] : edges) {
    for (const std::string& each : to)
      EXPECT_TRUE(used.contains(from + ' ' + each))
          << "docs/architecture.md: no file of " << from << " includes " << each;
  }
}

TEST(Direction, LeadsFromPublicHeadersNowhere) {
  for (const Include& each : includes_below("include"))
    EXPECT_EQ(each.to, "firebase_relay") << each.at << ": a public header includes public ones only";
}

}  // namespace
}  // namespace firebase_relay
