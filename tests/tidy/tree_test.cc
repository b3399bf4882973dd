// What the tree as a whole keeps to: small files, threads from one place, tools of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>

#include "support/paths.h"
#include "tidy/outline.h"

namespace firebase_relay {
namespace {

namespace fs = std::filesystem;

using test_support::bytes_of;

const fs::path kRoot = test_support::source_dir();

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// But how a line is made fit for a terminal, which none of them judges.
TEST(Tree, ToolsShareNothingWithTheRelayTheyJudge) {
  const std::regex include("#include \"([a-z_]+)/");
  for (const fs::path& file : test_support::sources_in({"tools"})) {
    const std::string text = bytes_of(file);
    const std::string tool = *fs::relative(file, kRoot / "tools").begin();
    for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it)
      EXPECT_TRUE((*it)[1] == tool || (*it)[1] == (tool == "terminal_line" ? "base" : "terminal_line")) << file;
  }
}

TEST(Tree, ThreadsAreStartedInOnePlaceThatForgetsNoException) {
  const std::regex started(R"(std::thread\b|std::jthread(\s+\w+)?\s*[({]|std::jthread>?\(|pthread_create|std::async)");
  for (const fs::path& file : test_support::sources_in({"src"})) {
    if (file == kRoot / "src/base/thread.h") continue;
    const std::string text = bytes_of(file);
    EXPECT_FALSE(std::regex_search(text, started)) << file << ": see base/thread.h";
  }
  EXPECT_TRUE(std::regex_search(bytes_of(kRoot / "src/base/thread.h"), started)) << "this test finds nothing";
}

TEST(Tree, FilesAreSmallAndLeaveNothingForLater) {
  const std::regex later("(TODO|FIXME)(?!\\(#\\d+\\))");
  for (const fs::path& file : test_support::sources_in({"src", "include", "tools", "tests", "bench"})) {
    const std::string text = bytes_of(file);
    EXPECT_LE(lines_of(text), 400u) << file;
    if (file.filename() != "tree_test.cc") {
      EXPECT_FALSE(std::regex_search(text, later)) << file;
    }
  }
}

TEST(Tree, TestsHaveSentencesInCamelCaseForNames) {
  const std::regex test(R"(\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))");
  const std::regex sentence("[A-Z][A-Za-z0-9]*");
  std::size_t seen = 0;
  for (const fs::path& file : test_support::sources_in({"tests", "tools"})) {
    const std::string text = bytes_of(file);
    for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it, ++seen) {
      EXPECT_TRUE(std::regex_match((*it)[1].str(), sentence) && std::regex_match((*it)[2].str(), sentence))
          << test_support::place_of(file, lines_of(text.substr(0, static_cast<std::size_t>(it->position()))) + 1)
          << ": " << it->str();
    }
  }
  EXPECT_GT(seen, 700u) << "this test finds too little";
}

TEST(Tree, ReadmeBeginsWithTheTwoCommands) {
  const std::string readme = bytes_of(kRoot / "README.md");
  for (const char* command : {"scripts/demo", "scripts/test"}) {
    const std::size_t at = readme.find(command);
    ASSERT_NE(at, std::string::npos);
    EXPECT_LT(lines_of(readme.substr(0, at)), 20u) << command;
  }
}

TEST(Tree, ScriptsAreExecutable) {
  std::size_t scripts = 0;
  for (const auto& entry : fs::directory_iterator(kRoot / "scripts")) {
    if (!entry.is_regular_file() || !bytes_of(entry.path()).starts_with("#!")) continue;
    ++scripts;
    EXPECT_NE(entry.status().permissions() & fs::perms::owner_exec, fs::perms::none) << entry.path();
  }
  EXPECT_GT(scripts, 4u);
}

}  // namespace
}  // namespace firebase_relay
