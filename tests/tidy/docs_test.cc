// What the pages of the project keep to: what they say of settings and tests is what the code has, and their links lead
// somewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
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

}  // namespace
}  // namespace firebase_relay
