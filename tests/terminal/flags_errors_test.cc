// Every wrong setting is one line that says where, what and why not, and holds no secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "terminal/flags_fixture.h"
#include "terminal/temporary_file.h"

namespace firebase_relay::terminal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Mistake {
  const char* name;
  std::vector<std::string> words;
  Variables variables;
  std::string complaint;  ///< the start of the line
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreToldInOneLine) {
  const auto line = parse_run(GetParam().words, GetParam().variables);

  ASSERT_FALSE(line);
  EXPECT_THAT(line.error().what, StartsWith(GetParam().complaint));
  EXPECT_THAT(line.error().what, Not(HasSubstr("\n")));
  EXPECT_THAT(line.error().what + line.error().remedy, Not(HasSubstr("s3cret")));
}

INSTANTIATE_TEST_SUITE_P(
    Words, Mistakes,
    testing::Values(
        Mistake{"unknown_command", {"rum"}, {}, "unknown command 'rum'; did you mean run?"},
        Mistake{"command_with_letters_swapped", {"chekc"}, {}, "unknown command 'chekc'; did you mean check?"},
        Mistake{"very_unknown_command",
                {"dead-mail"},
                {},
                "unknown command 'dead-mail'; expected run, check, tap, dead-letters, replay, export, prune, status, "
                "healthcheck"},
        Mistake{"unknown_flag", {"--wrokers=s3cret"}, {}, "unknown flag --wrokers; did you mean --workers?"},
        Mistake{"very_unknown_flag", {"--frobnicate"}, {}, "unknown flag --frobnicate; see firebase-relay --help"},
        Mistake{"short_unknown_flag", {"replay", "--nope"}, {}, "unknown flag --nope; see firebase-relay --help"},
        Mistake{"near_a_flag_of_this_command", {"replay", "--life"}, {}, "unknown flag --life; did you mean --live?"},
        Mistake{"near_a_flag_of_another", {"--life"}, {}, "unknown flag --life; see firebase-relay --help"},
        Mistake{"short_flag", {"-x"}, {}, "unknown flag -x"},
        Mistake{"flag_of_another_command", {"--route-test", "x"}, {}, "unknown flag --route-test"},
        Mistake{"argument", {"run", "fast"}, {}, "unexpected argument 'fast': expected flags, after the command"},
        Mistake{"command_behind_flags", {"--workers", "3", "check"}, {}, "unexpected argument 'check'"},
        Mistake{"no_value", {"--workers"}, {}, "--workers: expected a value behind it"},
        Mistake{"no_value_but_a_flag",
                {"--workers", "--in-flight", "2"},
                {},
                "--workers: expected a value behind it, not the flag --in-flight"}),
    [](const auto& mistake) { return mistake.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Flags, Mistakes,
    testing::Values(
        Mistake{"empty_route_test", {"check", "--route-test="}, {}, "--route-test: expected the name of a file, or -"},
        Mistake{"empty_ticker", {"export", "--ticker="}, {}, "--ticker: expected a value, but it is empty"},
        Mistake{"empty_kind", {"export", "--kind", ""}, {}, "--kind: expected a value, but it is empty"},
        Mistake{"empty_fields", {"export", "--fields="}, {}, "--fields: expected a value, but it is empty"},
        Mistake{
            "empty_first_day_that_stays", {"prune", "--before="}, {}, "--before: expected a value, but it is empty"},
        Mistake{"yes_with_a_value", {"prune", "--yes=1"}, {}, "--yes: expected no value behind it"},
        Mistake{"yes_of_another_command", {"replay", "--yes", "file"}, {}, "unknown flag --yes"},
        Mistake{"empty_day", {"export", "--from="}, {}, "--from: expected a value, but it is empty"},
        Mistake{"tls_name_of_a_suffix",
                {"--redis-tls-name", ".com"},
                {},
                "--redis-tls-name: got '.com': expected the name or address of a host alone"},
        Mistake{"tls_name_with_a_port", {"--redis-tls-name", "redis.test:6379"}, {}, "--redis-tls-name: got"},
        Mistake{"tls_name_with_a_scheme", {"--redis-tls-name", "rediss://redis.test"}, {}, "--redis-tls-name: got"},
        Mistake{"tls_name_of_a_wildcard", {"--redis-tls-name", "*.redis.test"}, {}, "--redis-tls-name: got"},
        Mistake{"tls_name_that_is_too_long", {"--redis-tls-name", std::string(254, 'a')}, {}, "--redis-tls-name: got"},
        Mistake{"too_few", {"--workers", "0"}, {}, "--workers: got '0': expected a whole number from 1 to 64"},
        Mistake{"too_many", {"--workers=65"}, {}, "--workers: got '65': expected a whole number from 1 to 64"},
        Mistake{"negative", {"--workers", "-5"}, {}, "--workers: got '-5': expected"},
        Mistake{"word", {"--workers", "two"}, {}, "--workers: got 'two': expected"},
        Mistake{"fraction", {"--workers", "1.5"}, {}, "--workers: got '1.5': expected"},
        Mistake{"unit",
                {"--flush-interval-ms", "250ms"},
                {},
                "--flush-interval-ms: got '250ms': expected a whole number from 0 to 60000"},
        Mistake{
            "huge", {"--workers", "99999999999999999999999"}, {}, "--workers: got '99999999999999999999999': expected"},
        Mistake{"control_characters", {"--workers", "1\n\033[2J"}, {}, "--workers: got '1\\n\\x1b[2J': expected"},
        Mistake{"level", {"--log-level", "loud"}, {}, "--log-level: got 'loud': expected debug, info, warn or error"},
        Mistake{"format", {"--log-format", "xml"}, {}, "--log-format: got 'xml': expected text or json"},
        Mistake{"switch_value",
                {"--allow-plaintext=perhaps"},
                {},
                "--allow-plaintext: got 'perhaps': expected true or false"},
        Mistake{"three_way", {"--log-messages=some"}, {}, "--log-messages: got 'some': expected auto, on or off"},
        Mistake{"empty_pattern", {"--channels", "A,,B"}, {}, "--channels: got 'A,,B': expected channel patterns"},
        Mistake{
            "nothing_behind_the_mark", {"--channels", "*,! "}, {}, "--channels: got '*,! ': expected channel patterns"},
        Mistake{"all_taken_away",
                {"--channels", "A,!**"},
                {},
                "--channels: got 'A,!**': expected channel patterns of which something is left"},
        Mistake{"empty_stream", {"--streams", "a,,b"}, {}, "--streams: got 'a,,b': expected keys of streams"},
        Mistake{"stream_twice", {"--streams", "a, a"}, {}, "--streams: got 'a, a': expected keys of streams, each"},
        Mistake{"empty_group", {"--stream-group="}, {}, "--stream-group: got '': expected the name of a"},
        Mistake{"listen", {"--http-listen", "9464"}, {}, "--http-listen: got '9464': expected HOST:PORT"},
        Mistake{"listen_port",
                {"--http-listen", "0.0.0.0:70000"},
                {},
                "--http-listen: got '0.0.0.0:70000': expected HOST:PORT"},
        Mistake{"instance", {"--instance", ""}, {}, "--instance: got '': expected a name"},
        Mistake{"redis_port",
                {"--redis-url", "redis://u:s3cret@h:x"},
                {},
                "--redis-url: got 'redis://***@h:x': the port is not"},
        Mistake{"bare_redis_secret",
                {"--redis-url", "u:s3cret@h"},
                {},
                "--redis-url: got '***@h': it does not start with redis://"},
        Mistake{"database_secret",
                {"--database-url", "https://x/?auth=s3cret"},
                {},
                "--database-url: got 'https://x/?***': a database URL takes no credential"},
        Mistake{"plaintext",
                {"--database-url", "http://x:9000"},
                {},
                "--database-url: got 'http://x:9000': http:// to another machine would send everything in plain text; "
                "use https://, or --allow-plaintext"},
        Mistake{"no_archive", {"--archive", ""}, {}, "--archive: expected a value, but it is empty; is a variable"},
        Mistake{"no_archive_to_ask",
                {"prune", "--before", "2026-11-01", "--archive="},
                {},
                "--archive: expected a value, but it"},
        Mistake{"no_routes", {"--routes", ""}, {}, "--routes: expected a value, but it is empty"},
        Mistake{"no_outbox", {"--outbox", ""}, {}, "--outbox: got '': expected the name of a file"},
        Mistake{"folder_for_an_outbox",
                {"--outbox", "./data/"},
                {},
                "--outbox: got './data/': expected the name of a file"},
        Mistake{"here_for_an_outbox", {"--outbox", "."}, {}, "--outbox: got '.': expected the name of a file"},
        Mistake{"forgotten_at", {"--redis-url", "redis://:s3cret"}, {}, "--redis-url: got 'redis://***': "},
        Mistake{"forgotten_at_behind_a_user",
                {"--redis-url", "redis://default:s3cret/0"},
                {},
                "--redis-url: got 'redis://***': "},
        Mistake{"secret_behind_a_hash",
                {"--database-url", "https://x.firebaseio.com/#auth=s3cret"},
                {},
                "--database-url: got 'https://x.firebaseio.com/***': "},
        Mistake{"secret_behind_a_semicolon",
                {"--database-url", "https://x.firebaseio.com/.json;auth=s3cret"},
                {},
                "--database-url: got 'https://x.firebaseio.com/.json***': "},
        Mistake{"password_for_its_file",
                {"--redis-password-file", "s3cret"},
                {},
                "--redis-password-file: cannot read (not shown: it may be the secret itself): No such file"},
        Mistake{"no_password_file",
                {"--redis-password-file", "/no/such"},
                {},
                "--redis-password-file: cannot read /no/such: No such file"},
        Mistake{"no_config", {"--config", "/no/such"}, {}, "--config: cannot read /no/such: No such file"}),
    [](const auto& mistake) { return mistake.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Environments, Mistakes,
    testing::Values(Mistake{"number",
                            {},
                            {{"FIREBASE_RELAY_WORKERS", "many"}},
                            "environment variable FIREBASE_RELAY_WORKERS: got 'many': expected"},
                    Mistake{"redis",
                            {},
                            {{"REDIS_URL", "redis://:s3cret@h:x"}},
                            "environment variable REDIS_URL: got 'redis://***@h:x': the port"},
                    Mistake{"redis_host",
                            {},
                            {{"REDIS_HOST", "redis://s3cret@h"}},
                            "environment variable REDIS_HOST: expected a host's name"},
                    Mistake{"redis_link_port",
                            {},
                            {{"REDIS_PORT", "udp://172.17.0.2:6379"}},
                            "environment variable REDIS_PORT: got"},
                    Mistake{"emulator",
                            {},
                            {{"FIREBASE_DATABASE_EMULATOR_HOST", "http://h:9000"}},
                            "environment variable FIREBASE_DATABASE_EMULATOR_HOST: got 'http://h:9000': it has a "
                            "scheme; expected host:port"},
                    Mistake{"no_config_file",
                            {},
                            {{"FIREBASE_RELAY_CONFIG", "/no/such"}},
                            "environment variable FIREBASE_RELAY_CONFIG: cannot read /no/such"},
                    Mistake{"database",
                            {},
                            {{"FIREBASE_DATABASE_URL", "x"}},
                            "environment variable FIREBASE_DATABASE_URL: got 'x': it does not start with https://"}),
    [](const auto& mistake) { return mistake.param.name; });

struct FileMistake {
  const char* name;
  std::string content;
  std::string complaint;  ///< behind the file's name and a colon
};

class FileMistakes : public testing::TestWithParam<FileMistake> {};

TEST_P(FileMistakes, AreToldWithFileAndKey) {
  const TemporaryFile file(GetParam().content);

  const auto line = parse_run({"--config", file.path()});

  ASSERT_FALSE(line);
  EXPECT_THAT(line.error().what, HasSubstr(file.path() + ":" + GetParam().complaint));
  EXPECT_THAT(line.error().what, Not(HasSubstr("s3cret")));
}

INSTANTIATE_TEST_SUITE_P(
    All, FileMistakes,
    testing::Values(FileMistake{"number", "workers = 0\n", "1: workers: got '0': expected a whole number from 1 to 64"},
                    FileMistake{"unknown_key", "worker = 4\n", "1: worker: unknown key; did you mean workers?"},
                    FileMistake{"config_in_config", "config = \"x\"\n", "1: config: unknown key"},
                    FileMistake{"array_for_a_number", "workers = [1, 2]\n", "1: workers: got '1,2': expected"},
                    FileMistake{"secret", "redis-url = \"redis://:s3cret@h:x\"\n",
                                "1: redis-url: got 'redis://***@h:x'"}),
    [](const auto& mistake) { return mistake.param.name; });

TEST(PasswordFile, ThatHoldsNoPasswordIsRefusedWithoutBeingShown) {
  for (const char* content : {"", "\n", "s3cret\nsecond line\n"}) {
    const TemporaryFile file(content);

    const auto line = parse_run({"--redis-password-file", file.path()});

    ASSERT_FALSE(line);
    EXPECT_THAT(line.error().what, StartsWith("--redis-password-file: expected one line in " + file.path()));
    EXPECT_THAT(line.error().what, Not(HasSubstr("s3cret")));
  }
}

TEST(ConfigFileMistakes, DoNotMatterWhenAFlagOverridesThem) {
  const TemporaryFile file("workers = 0\n");

  EXPECT_TRUE(parse_run({"--config", file.path(), "--workers", "3"}));
}

}  // namespace
}  // namespace firebase_relay::terminal
