// What the pages of the project keep to: what they say of settings and tests is what the code has, and their links lead
// somewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/paths.h"
#include "terminal/flag_table.h"
#include "terminal/help.h"

namespace firebase_relay {
namespace {

namespace fs = std::filesystem;

using terminal::Flag;
using test_support::bytes_of;

fs::path page(const std::string& name) { return fs::path(test_support::source_dir()) / name; }

/// A cell of a table: there | would begin the next one.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

std::string variables_of(const Flag& flag) {
  std::string text;
  for (const std::string& variable : terminal::environment_of(flag))
    text.append(text.empty() ? "" : ", ").append("`" + variable + "`");
  return text;
}

std::string default_in_words(const Flag& flag) {
  const std::string shown = terminal::default_of(flag);
  return shown.empty() ? "–" : shown;
}

std::string row_of(const Flag& flag) {
  return "| `" + cell(terminal::usage_of(flag)) + "` | " + variables_of(flag) + " | " + cell(default_in_words(flag)) +
         " | " + cell(flag.help) + " |\n";
}

/// All settings, a table for each group, as docs/settings.md has them.
std::string settings_in_markdown() {
  std::string text;
  for (std::size_t i = 0; i < terminal::kGroupCount; ++i) {
    const auto group = static_cast<terminal::Group>(i);
    text.append("\n## ").append(terminal::name_of(group)).append("\n\n");
    text += "| flag | environment | default | |\n|---|---|---|---|\n";
    for (const Flag& flag : terminal::flag_table())
      if (flag.group == group) text += row_of(flag);
  }
  return text;
}

TEST(Docs, SettingsPageIsMadeFromTheTableOfFlags) {
  const std::string text = bytes_of(page("docs/settings.md"));
  const std::string mark = "<!-- made from src/terminal/flag_table.cc, as tests/tidy says -->\n";
  const std::size_t begin = text.find(mark);
  const std::size_t end = text.find("<!-- end -->\n");
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << "the marks are missing";
  const std::size_t from = begin + mark.size();
  const std::string expected = settings_in_markdown();
  EXPECT_TRUE(text.substr(from, end - from) == expected)
      << "docs/settings.md differs from the table of flags. Between its two marks this has to stand:\n"
      << expected;
}

TEST(Docs, ReadmeShowsSettingsAsTheTableOfFlagsHasThem) {
  const std::string readme = bytes_of(page("README.md"));
  const std::regex row("\n\\| `--([a-z-]+)` \\| `([A-Z_]+)` \\| ([^|]+) \\|");
  int rows = 0;
  for (std::sregex_iterator it(readme.begin(), readme.end(), row), end; it != end; ++it, ++rows) {
    const Flag* flag = terminal::find_flag((*it)[1].str());
    ASSERT_NE(flag, nullptr) << (*it)[1] << " is no flag";
    EXPECT_EQ(terminal::environment_of(*flag).front(), (*it)[2].str()) << flag->name;
    EXPECT_EQ(default_in_words(*flag), (*it)[3].str()) << flag->name;
  }
  EXPECT_EQ(rows, 10);
}

/// The text of all tests.
std::string tests_as_text() {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(page("tests")))
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cc") text += bytes_of(entry.path());
  return text;
}

TEST(Docs, FaultsNameTestsThatExist) {
  const std::string faults = bytes_of(page("docs/faults.md"));
  const std::string tests = tests_as_text();
  const std::regex row("\n\\|[^\n]*\\|([^|\n]+)\\|(?=\n)");
  const std::regex name("`(?:[A-Za-z]+/)?([A-Z][A-Za-z]+)(?:[.*][^`]*)?`");
  std::size_t names = 0;
  for (std::sregex_iterator it(faults.begin(), faults.end(), row), end; it != end; ++it) {
    const std::string shown_by = (*it)[1];
    for (std::sregex_iterator of(shown_by.begin(), shown_by.end(), name); of != end; ++of, ++names) {
      const std::string suite = (*of)[1];
      EXPECT_TRUE(std::regex_search(tests, std::regex("TEST(_[FP])?\\(" + suite))) << suite;
    }
  }
  EXPECT_GT(names, 40u);
}

TEST(Docs, ContributingNamesFilesThatExist) {
  const std::string text = bytes_of(page("CONTRIBUTING.md"));
  const std::regex name("`((?:src|include|tests|tools|scripts|monitoring|docs)/[a-z_./-]*)`");
  std::size_t names = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it, ++names)
    EXPECT_TRUE(fs::exists(page((*it)[1]))) << "CONTRIBUTING.md names " << (*it)[1];
  EXPECT_GT(names, 30u);
}

/// All pages of the tree, but those of builds and what git keeps for itself.
std::vector<fs::path> all_pages() {
  std::vector<fs::path> pages;
  for (auto it = fs::recursive_directory_iterator(page("")); it != fs::recursive_directory_iterator(); ++it) {
    const std::string name = it->path().filename();
    if (it->is_directory() && (name == "build" || name == "node_modules" || name.starts_with('.')))
      it.disable_recursion_pending();
    if (it->path().extension() == ".md") pages.push_back(it->path());
  }
  return pages;
}

/// What a heading is called in a link: small letters, - for blanks, no other signs.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') anchor += '-';
    if (std::isalnum(byte) || c == '-' || c == '_' || byte >= 0x80) anchor += static_cast<char>(std::tolower(byte));
  }
  return anchor;
}

/// Lines between ``` are no page: a # there begins no heading, and what stands in brackets is no link.
std::string without_code(const std::string& text) {
  std::istringstream lines(text);
  std::string rest;
  bool is_code = false;
  for (std::string line; std::getline(lines, line);) {
    const bool is_fence = line.find_first_not_of(' ') == line.find("```") && line.find("```") != std::string::npos;
    if (is_fence) is_code = !is_code;
    if (!is_fence && !is_code) rest += line + "\n";
  }
  return rest;
}

bool has_anchor(const fs::path& file, const std::string& anchor) {
  const std::string text = "\n" + without_code(bytes_of(file));
  if (text.find("<a id=\"" + anchor + "\"></a>") != std::string::npos) return true;
  const std::regex heading("\n#+ ([^\n]+)");
  return std::any_of(std::sregex_iterator(text.begin(), text.end(), heading), std::sregex_iterator(),
                     [&](const std::smatch& found) { return anchor_of(found[1]) == anchor; });
}

/// Nothing, or what is wrong with a link of `file`.
std::string flaw_of(const fs::path& file, const std::string& link) {
  const std::size_t hash = std::min(link.find('#'), link.size());
  const fs::path target = hash == 0 ? file : file.parent_path() / link.substr(0, hash);
  if (!fs::exists(target)) return "there is no such file";
  if (hash < link.size() && !has_anchor(target, link.substr(hash + 1))) return "there is no such heading";
  return "";
}

TEST(Docs, LinksLeadToFilesAndHeadingsOfTheTree) {
  const std::regex elsewhere("[a-z]+:.*");
  const std::regex link("\\]\\(([^)\\s]+)\\)|\n\\[[^\\]\n]+\\]: (\\S+)");
  std::size_t links = 0;
  for (const fs::path& file : all_pages()) {
    const std::string text = without_code(bytes_of(file));
    for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it) {
      const std::string to = (*it)[1].matched ? (*it)[1] : (*it)[2];
      if (std::regex_match(to, elsewhere)) continue;
      ++links;
      EXPECT_EQ(flaw_of(file, to), "") << file << " links to " << to;
    }
  }
  EXPECT_GT(links, 50u);
}

}  // namespace
}  // namespace firebase_relay
