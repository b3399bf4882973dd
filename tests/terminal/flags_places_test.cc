// Where Redis and the database are: settings that several flags and variables decide together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "terminal/flags_fixture.h"
#include "terminal/temporary_file.h"

namespace firebase_relay::terminal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct RedisPlace {
  const char* name;
  std::vector<std::string> words;
  Variables variables;
  std::string expected;
};

class RedisPlaces : public testing::TestWithParam<RedisPlace> {};

TEST_P(RedisPlaces, AreFound) {
  const auto line = parse_run(GetParam().words, GetParam().variables);

  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ(line->options.redis.masked(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, RedisPlaces,
    testing::Values(
        RedisPlace{"by_default", {}, {}, "redis://127.0.0.1:6379"},
        RedisPlace{"by_url", {}, {{"REDIS_URL", "redis://a:1/2"}}, "redis://a:1/2"},
        RedisPlace{"by_host", {}, {{"REDIS_HOST", "b"}}, "redis://b:6379"},
        RedisPlace{"by_host_and_port", {}, {{"REDIS_HOST", "b"}, {"REDIS_PORT", "2"}}, "redis://b:2"},
        RedisPlace{"by_port", {}, {{"REDIS_PORT", "2"}}, "redis://127.0.0.1:2"},
        RedisPlace{"by_ipv6_host", {}, {{"REDIS_HOST", "::1"}, {"REDIS_PORT", "2"}}, "redis://[::1]:2"},
        RedisPlace{"by_url_rather_than_host", {}, {{"REDIS_URL", "redis://a"}, {"REDIS_HOST", "b"}}, "redis://a:6379"},
        RedisPlace{"by_flag_rather_than_environment",
                   {"--redis-url", "redis://f"},
                   {{"REDIS_URL", "redis://a"}},
                   "redis://f:6379"},
        RedisPlace{"by_flag_rather_than_host", {"--redis-url", "redis://f"}, {{"REDIS_HOST", "b"}}, "redis://f:6379"},
        RedisPlace{"by_flag_although_the_host_is_wrong",
                   {"--redis-url", "redis://f"},
                   {{"REDIS_HOST", "redis://b"}},
                   "redis://f:6379"}),
    [](const auto& place) { return place.param.name; });

TEST(RedisPassword, ComesFromAFileWithoutItsNewline) {
  const TemporaryFile file("s3cret pw\r\n");

  EXPECT_EQ(parse_run({"--redis-password-file", file.path()})->options.redis.password.reveal(), "s3cret pw");
  EXPECT_EQ(parse_run({}, {{"FIREBASE_RELAY_REDIS_PASSWORD_FILE", file.path()}})->options.redis.password.reveal(),
            "s3cret pw");
}

TEST(RedisPassword, ComesFromTheEnvironment) {
  EXPECT_EQ(parse_run({}, {{"REDIS_PASSWORD", "pw"}})->options.redis.password.reveal(), "pw");
}

TEST(RedisPassword, OfAFlagBeatsThatOfTheEnvironment) {
  const TemporaryFile file("from-file\n");

  const auto by_file = parse_run({"--redis-password-file", file.path()}, {{"REDIS_PASSWORD", "pw"}});
  const auto by_url = parse_run({"--redis-url", "redis://:url@h"}, {{"REDIS_PASSWORD", "pw"}});

  EXPECT_EQ(by_file->options.redis.password.reveal(), "from-file");
  EXPECT_EQ(by_url->options.redis.password.reveal(), "url");
}

TEST(RedisPassword, OfItsOwnBeatsThatInAUrlBesideIt) {
  const auto line = parse_run({}, {{"REDIS_URL", "redis://u:url@h"}, {"REDIS_PASSWORD", "pw"}});

  EXPECT_EQ(line->options.redis.password.reveal(), "pw");
  EXPECT_EQ(line->options.redis.user, "u");
}

TEST(RedisPassword, OfTheEnvironmentBeatsTheFileThatTheConfigNames) {
  const TemporaryFile password("from-file\n");
  const TemporaryFile config("redis-password-file = \"" + password.path() + "\"\n");

  EXPECT_EQ(parse_run({"--config", config.path()})->options.redis.password.reveal(), "from-file");
  EXPECT_EQ(parse_run({"--config", config.path()}, {{"REDIS_PASSWORD", "pw"}})->options.redis.password.reveal(), "pw");
}

TEST(RedisPassword, InAUrlOnTheCommandLineIsTakenWithAWarning) {
  const auto line = parse_run({"--redis-url", "redis://:s3cret@h"});

  EXPECT_EQ(line->options.redis.password.reveal(), "s3cret");
  EXPECT_THAT(line->warnings, ElementsAre(HasSubstr("the process list shows the password")));
}

TEST(RedisPassword, InAUrlThatNoProcessListShowsNeedsNoWarning) {
  EXPECT_THAT(parse_run({}, {{"REDIS_URL", "redis://:s3cret@h"}})->warnings, IsEmpty());
}

struct DatabasePlace {
  const char* name;
  std::vector<std::string> words;
  Variables variables;
  std::string expected;  ///< url_of the root
};

class DatabasePlaces : public testing::TestWithParam<DatabasePlace> {};

TEST_P(DatabasePlaces, AreFound) {
  const auto line = parse(GetParam().words, GetParam().variables);

  ASSERT_TRUE(line) << line.error().what;
  ASSERT_TRUE(line->options.database);
  EXPECT_EQ(line->options.database->url_of("", ""), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, DatabasePlaces,
    testing::Values(
        DatabasePlace{"by_flag", {"--database-url", "https://f.firebaseio.com/"}, {}, "https://f.firebaseio.com/.json"},
        DatabasePlace{"by_environment",
                      {},
                      {{"FIREBASE_DATABASE_URL", "https://e.firebaseio.com"}},
                      "https://e.firebaseio.com/.json"},
        DatabasePlace{
            "by_emulator", {}, {{"FIREBASE_DATABASE_EMULATOR_HOST", "h:9000"}}, "http://h:9000/.json?ns=demo"},
        DatabasePlace{
            "by_emulator_rather_than_environment",
            {},
            {{"FIREBASE_DATABASE_EMULATOR_HOST", "h:9000"}, {"FIREBASE_DATABASE_URL", "https://e.firebaseio.com/home"}},
            "http://h:9000/home.json?ns=e"},
        DatabasePlace{"by_flag_rather_than_emulator",
                      {"--database-url", "https://f.firebaseio.com"},
                      {{"FIREBASE_DATABASE_EMULATOR_HOST", "h:9000"}},
                      "https://f.firebaseio.com/.json"},
        DatabasePlace{"by_plaintext_flag",
                      {"--database-url", "http://emulator:9000?ns=n", "--allow-plaintext"},
                      {},
                      "http://emulator:9000/.json?ns=n"}),
    [](const auto& place) { return place.param.name; });

TEST(DatabasePlace, ByEmulatorImpliesPlaintext) {
  EXPECT_TRUE(parse({}, {{"FIREBASE_DATABASE_EMULATOR_HOST", "emulator:9000"}})->options.allow_plaintext);
}

TEST(DatabasePlace, ByEmulatorBeatsTheConfigFile) {
  const TemporaryFile config("database-url = \"https://c.firebaseio.com\"\n");

  const auto line = parse({"--config", config.path()}, {{"FIREBASE_DATABASE_EMULATOR_HOST", "h:9000"}});

  EXPECT_EQ(line->options.database->url_of("", ""), "http://h:9000/.json?ns=c");
}

TEST(DatabasePlace, ByFlagWarnsThatTheEmulatorIsNotUsed) {
  const auto line =
      parse({"--database-url", "https://f.firebaseio.com"}, {{"FIREBASE_DATABASE_EMULATOR_HOST", "h:9000"}});

  EXPECT_THAT(line->warnings, ElementsAre(HasSubstr("FIREBASE_DATABASE_EMULATOR_HOST is not used")));
  EXPECT_FALSE(line->options.allow_plaintext);
}

TEST(StreamPlace, GroupWithoutStreamsIsSaidToBeOfNoUse) {
  const auto alone = parse_run({"--stream-group", "mine"});
  ASSERT_TRUE(alone);
  EXPECT_THAT(alone->warnings, ElementsAre(HasSubstr("--stream-group is not used: no --streams are read")));
  const auto beside_streams = parse_run({"--stream-group", "mine", "--streams", "bus"});
  ASSERT_TRUE(beside_streams);
  EXPECT_THAT(beside_streams->warnings, ElementsAre());
}

TEST(DatabasePlace, OnAnotherMachineByHttpIsWarnedAbout) {
  const auto warnings_of = [](const std::vector<std::string>& words, const Variables& variables = {}) {
    return parse(words, variables)->warnings;
  };
  const char* const url = "http://192.168.1.9:9000";
  EXPECT_THAT(warnings_of({"--database-url", url, "--allow-plaintext"}),
              ElementsAre(HasSubstr("--database-url: http:// to another machine")));
  EXPECT_THAT(warnings_of({"--database-url", url, "--allow-plaintext", "--auth-secret-file", "/s"}),
              ElementsAre(HasSubstr("the credentials too")));
  EXPECT_THAT(warnings_of({"--database-url", "http://127.0.0.1:9000"}), IsEmpty());
  EXPECT_THAT(warnings_of({}, {{"FIREBASE_DATABASE_EMULATOR_HOST", "192.168.1.9:9000"}}), IsEmpty())
      << "it carries only the word owner, and is in the banner";
}

TEST(DatabasePlace, IsNeededByRunAlone) {
  EXPECT_THAT(parse({"run"}).error().what, HasSubstr("no database: expected --database-url"));
  for (const char* command : {"check", "tap", "healthcheck"}) EXPECT_TRUE(parse({command})) << command;
}

}  // namespace
}  // namespace firebase_relay::terminal
