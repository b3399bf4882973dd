#include "terminal/flag_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace firebase_relay::terminal {
namespace {

using ::testing::ElementsAre;

TEST(FlagTable, NamesEachSettingOnce) {
  std::set<std::string_view> names;
  for (const Flag& flag : flag_table()) EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
}

TEST(FlagTable, GivesEachVariableToOneSetting) {
  std::set<std::string> variables;
  for (const Flag& flag : flag_table()) {
    for (const std::string& variable : environment_of(flag)) EXPECT_TRUE(variables.insert(variable).second) << variable;
  }
}

TEST(FlagTable, HasTheDefaultsThatOptionsHave) {
  relay::Options options;
  for (const Flag& flag : flag_table()) {
    if (flag.set == nullptr || flag.default_text.empty()) continue;
    EXPECT_TRUE(flag.set(options, flag.default_text)) << flag.name;
    EXPECT_EQ(options, relay::Options{}) << flag.name;
  }
}

TEST(FlagTable, ShowsADefaultForAllButTheDatabase) {
  for (const Flag& flag : flag_table()) {
    EXPECT_EQ(flag.default_text.empty() && flag.default_note.empty(), flag.name == "database-url") << flag.name;
  }
}

TEST(FlagTable, SaysWhatEachFlagDoesInSentences) {
  for (const Flag& flag : flag_table()) EXPECT_TRUE(flag.help.ends_with('.')) << flag.name;
  for (const CommandFlag& flag : command_flag_table()) EXPECT_TRUE(flag.help.ends_with('.')) << flag.name;
}

TEST(FlagTable, ListsCommandsInTheOrderOfTheirEnumerators) {
  for (std::size_t i = 0; i < kCommandCount; ++i) EXPECT_EQ(command_table()[i].command, static_cast<Command>(i));
  EXPECT_EQ(command_table().size(), kCommandCount);
}

TEST(FlagTable, DerivesAVariableFromTheNameUnlessThereIsAKnownOne) {
  EXPECT_THAT(environment_of(*find_flag("flush-interval-ms")), ElementsAre("FIREBASE_RELAY_FLUSH_INTERVAL_MS"));
  EXPECT_THAT(environment_of(*find_flag("redis-url")), ElementsAre("REDIS_URL", "REDIS_HOST", "REDIS_PORT"));
}

TEST(FlagTable, FindsNoFlagWhoseFunctionDoesNotExistYet) {
  for (const Flag& flag : flag_table()) EXPECT_EQ(find_flag(flag.name), &flag) << flag.name;
}

}  // namespace
}  // namespace firebase_relay::terminal
