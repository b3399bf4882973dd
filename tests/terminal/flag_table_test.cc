#include "terminal/flag_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace firebase_relay::terminal {
namespace {

using ::testing::ElementsAre;

TEST(FlagTable, names_each_setting_once) {
  std::set<std::string_view> names;
  for (const Flag& flag : flag_table()) EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
}

TEST(FlagTable, gives_each_variable_to_one_setting) {
  std::set<std::string> variables;
  for (const Flag& flag : flag_table()) {
    for (const std::string& variable : environment_of(flag)) EXPECT_TRUE(variables.insert(variable).second) << variable;
  }
}

TEST(FlagTable, has_the_defaults_that_options_have) {
  relay::Options options;
  for (const Flag& flag : flag_table()) {
    if (flag.set == nullptr || flag.default_text.empty()) continue;
    EXPECT_TRUE(flag.set(options, flag.default_text)) << flag.name;
    EXPECT_EQ(options, relay::Options{}) << flag.name;
  }
}

TEST(FlagTable, shows_a_default_for_all_but_the_database) {
  for (const Flag& flag : flag_table()) {
    EXPECT_EQ(flag.default_text.empty() && flag.default_note.empty(), flag.name == "database-url") << flag.name;
  }
}

TEST(FlagTable, says_what_each_flag_does_in_sentences) {
  for (const Flag& flag : flag_table()) EXPECT_TRUE(flag.help.ends_with('.')) << flag.name;
  for (const CommandFlag& flag : command_flag_table()) EXPECT_TRUE(flag.help.ends_with('.')) << flag.name;
}

TEST(FlagTable, lists_commands_in_the_order_of_their_enumerators) {
  for (std::size_t i = 0; i < kCommandCount; ++i) EXPECT_EQ(command_table()[i].command, static_cast<Command>(i));
  EXPECT_EQ(command_table().size(), kCommandCount);
}

TEST(FlagTable, derives_a_variable_from_the_name_unless_there_is_a_known_one) {
  EXPECT_THAT(environment_of(*find_flag("flush-interval-ms")), ElementsAre("FIREBASE_RELAY_FLUSH_INTERVAL_MS"));
  EXPECT_THAT(environment_of(*find_flag("redis-url")), ElementsAre("REDIS_URL", "REDIS_HOST", "REDIS_PORT"));
}

TEST(FlagTable, finds_no_flag_whose_function_does_not_exist_yet) {
  for (const Flag& flag : flag_table()) EXPECT_EQ(find_flag(flag.name), &flag) << flag.name;
}

}  // namespace
}  // namespace firebase_relay::terminal
