#include "terminal/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace firebase_relay::terminal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Help, FitsInto100Columns) {
  std::istringstream lines(help_text(std::nullopt));
  for (std::string line; std::getline(lines, line);) {
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LE(columns, 100) << line;
    EXPECT_FALSE(line.ends_with(' ')) << "'" << line << "'";
  }
}

TEST(Help, ShowsEveryFlagWithItsVariableAndDefault) {
  const std::string help = help_text(std::nullopt);
  for (const Flag& flag : flag_table()) {
    EXPECT_THAT(help, HasSubstr("  " + usage_of(flag))) << flag.name;
    EXPECT_THAT(help, HasSubstr(environment_of(flag).front())) << flag.name;
  }
  EXPECT_THAT(help, HasSubstr("[FIREBASE_RELAY_WORKERS; default 2]"));
  EXPECT_THAT(help, HasSubstr("[REDIS_URL, or REDIS_HOST and REDIS_PORT;"));
}

TEST(Help, ShowsEveryCommandAndThreeExamples) {
  const std::string help = help_text(std::nullopt);
  for (const CommandRow& row : command_table())
    EXPECT_THAT(help, HasSubstr("firebase-relay " + std::string(row.arguments)));
  const std::string examples = help.substr(help.find("Examples\n"));
  EXPECT_EQ(std::count(examples.begin(), examples.end(), '\n'), 7);
}

TEST(Help, OfACommandShowsItsOwnFlagsAlone) {
  const std::string tap = help_text(Command::kTap);

  EXPECT_THAT(tap, HasSubstr("--json"));
  EXPECT_THAT(tap, HasSubstr("--channels"));
  EXPECT_THAT(tap, Not(HasSubstr("--route-test")));
  EXPECT_THAT(tap, Not(HasSubstr("--workers")));
}

TEST(Help, WritesSwitchesAsTheyAreTyped) {
  EXPECT_EQ(usage_of(*find_flag("workers")), "--workers N");
  EXPECT_EQ(usage_of(*find_flag("log-messages")), "--log-messages[=auto|on|off]");
  EXPECT_EQ(usage_of(*find_flag("history")), "--history, --no-history");
  EXPECT_EQ(usage_of(*find_flag("allow-plaintext")), "--allow-plaintext");
}

TEST(Version, IsOneLine) { EXPECT_EQ(version_text(), "firebase-relay " FIREBASE_RELAY_VERSION "\n"); }

}  // namespace
}  // namespace firebase_relay::terminal
