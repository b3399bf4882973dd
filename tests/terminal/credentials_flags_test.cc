// Where the database is and what lets the relay in, as far as flags and variables say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rsa_key.h"
#include "terminal/flags_fixture.h"
#include "terminal/temporary_file.h"

namespace firebase_relay::terminal {
namespace {

using ::testing::HasSubstr;

/// A key file that only its owner may read, as mkstemp makes it.
std::string key_json(const char* project) {
  static const test_support::RsaKey key;
  nlohmann::json json = test_support::account_json(key, "https://oauth2.googleapis.com/token");
  json["project_id"] = project;
  return json.dump();
}

TEST(CredentialsFlags, DatabaseIsTheProjectsWhenNoOtherIsNamed) {
  const TemporaryFile key(key_json("home-1234"));
  const auto by_flag = parse({"run", "--credentials", key.path()});
  ASSERT_TRUE(by_flag) << by_flag.error().what;
  EXPECT_EQ(by_flag->options.database->text(), "https://home-1234-default-rtdb.firebaseio.com");
  const auto by_variable = parse({"check"}, {{"GOOGLE_APPLICATION_CREDENTIALS", key.path()}});
  ASSERT_TRUE(by_variable) << by_variable.error().what;
  EXPECT_EQ(by_variable->options.database->text(), "https://home-1234-default-rtdb.firebaseio.com");

  const auto named = parse_run({"--credentials", key.path()});
  EXPECT_EQ(named->options.database->text(), "https://x.firebaseio.com");
}

TEST(CredentialsFlags, EmulatorsNameSpaceIsTheProjects) {
  const TemporaryFile key(key_json("home-1234"));
  const auto line =
      parse({"run", "--credentials", key.path()}, {{"FIREBASE_DATABASE_EMULATOR_HOST", "localhost:9000"}});
  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ(line->options.database->name_space, "home-1234");
  EXPECT_TRUE(line->options.database->emulator) << "it gets no credential but its own";
}

TEST(CredentialsFlags, DatabaseOfPlainHttpIsNoEmulatorWhenThereAreCredentialsForIt) {
  const Variables url = {{"FIREBASE_DATABASE_URL", "http://127.0.0.1:9000"}};
  EXPECT_TRUE(parse({"run"}, url)->options.database->emulator);
  EXPECT_FALSE(parse({"run", "--credentials", "key.json"}, url)->options.database->emulator);
  EXPECT_FALSE(parse({"run", "--auth-secret-file", "secret"}, url)->options.database->emulator);
}

TEST(CredentialsFlags, KeyThatCannotBeUsedIsToldWhenItHasToNameTheDatabase) {
  const auto missing = parse({"run", "--credentials", "/nowhere/key.json"});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, HasSubstr("--credentials /nowhere/key.json: No such file"));
  const TemporaryFile legacy(key_json("example.com:home"));
  const auto unnamable = parse({"run", "--credentials", legacy.path()});
  ASSERT_FALSE(unnamable);
  EXPECT_THAT(unnamable.error().what, HasSubstr("--database-url"));
  EXPECT_TRUE(parse({"check", "--credentials", "/nowhere/key.json"})) << "check has a line for it";
  EXPECT_TRUE(parse({"tap", "--credentials", "/nowhere/key.json"})) << "tap needs no database";
}

TEST(CredentialsFlags, TwoKindsAtOnceAreRefusedWhateverTheirOrigin) {
  const auto line =
      parse_run({"--auth-secret-file", "secret"}, {{"GOOGLE_APPLICATION_CREDENTIALS", "/home/me/key.json"}});
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(line.error().what,
              HasSubstr("environment variable GOOGLE_APPLICATION_CREDENTIALS and --auth-secret-file"));
}

TEST(CredentialsFlags, PlaintextToAnotherMachineIsRefusedUnlessAllowed) {
  const auto refused = parse({"run", "--database-url", "http://emulator:9000"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("--allow-plaintext"));
  EXPECT_TRUE(parse({"run", "--allow-plaintext", "--database-url", "http://emulator:9000"}));
  EXPECT_TRUE(parse({"run", "--database-url", "http://localhost:9000"})) << "it does not leave this machine";
}

TEST(CredentialsFlags, KnowThatASecretWillBeInMemory) {
  EXPECT_FALSE(parse_run({})->options.hold_secret());
  EXPECT_TRUE(parse_run({"--credentials", "key.json"})->options.hold_secret());
  EXPECT_TRUE(parse_run({"--auth-secret-file", "secret"})->options.hold_secret());
  EXPECT_TRUE(parse_run({}, {{"REDIS_PASSWORD", "pa55"}})->options.hold_secret());
}

}  // namespace
}  // namespace firebase_relay::terminal
