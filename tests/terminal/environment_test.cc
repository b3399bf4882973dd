// Variables that somebody else has set, or that an editor, a shell or Windows has spoilt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "terminal/flags_fixture.h"
#include "terminal/temporary_file.h"

namespace firebase_relay::terminal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const char* const kLink = "tcp://172.17.0.2:6380";

std::string redis_of(const std::vector<std::string>& words, const Variables& variables) {
  const auto line = parse_run(words, variables);
  return line ? line->options.redis.masked() : line.error().what;
}

TEST(ContainerLink, IsWhereRedisIsUnlessAPersonSaysSo) {
  const TemporaryFile config("redis-url = \"redis://file\"\n");
  EXPECT_EQ(redis_of({}, {{"REDIS_PORT", kLink}}), "redis://172.17.0.2:6380");
  EXPECT_EQ(redis_of({}, {{"REDIS_PORT", "tcp://[fd00::2]:6380"}}), "redis://[fd00::2]:6380");
  EXPECT_EQ(redis_of({}, {{"REDIS_PORT", kLink}, {"REDIS_HOST", "redis"}}), "redis://redis:6380");
  EXPECT_EQ(redis_of({}, {{"REDIS_PORT", kLink}, {"REDIS_URL", "redis://url"}}), "redis://url:6379");
  EXPECT_EQ(redis_of({"--redis-url", "redis://flag"}, {{"REDIS_PORT", kLink}}), "redis://flag:6379");
  EXPECT_EQ(redis_of({"--config", config.path()}, {{"REDIS_PORT", kLink}}), "redis://file:6379");
  EXPECT_EQ(redis_of({"--config", config.path()}, {{"REDIS_PORT", "2"}}), "redis://127.0.0.1:2") << "no link";
  EXPECT_THAT(parse_run({}, {{"REDIS_PORT", kLink}, {"REDIS_HOST", "redis"}})->warnings,
              ElementsAre(AllOf(HasSubstr("REDIS_PORT"), HasSubstr(kLink))));
  EXPECT_THAT(redis_of({}, {{"REDIS_PORT", "udp://1.2.3.4:5"}}), HasSubstr("environment variable REDIS_PORT: "));
  EXPECT_THAT(redis_of({}, {{"REDIS_PORT", "abc"}}), HasSubstr("environment variable REDIS_PORT: "));
}

TEST(Command, JudgesOnlyTheSettingsThatItUses) {
  const Variables wrong = {{"REDIS_PORT", "abc"},
                           {"REDIS_URL", "http://x"},
                           {"FIREBASE_DATABASE_URL", "nonsense"},
                           {"FIREBASE_DATABASE_EMULATOR_HOST", "http://x"},
                           {"GOOGLE_APPLICATION_CREDENTIALS", "{\"a\":1}"},
                           {"FIREBASE_RELAY_AUTH_SECRET_FILE", "/nowhere"},
                           {"FIREBASE_RELAY_REDIS_PASSWORD_FILE", "/nowhere"},
                           {"FIREBASE_RELAY_WORKERS", "many"},
                           {"FIREBASE_RELAY_INSTANCE", "a\r"}};
  for (const char* command : {"healthcheck", "status"}) {
    const auto line = parse({command}, wrong);
    EXPECT_TRUE(line) << command << ": " << line.error().what;
    EXPECT_FALSE(parse({command}, {{"FIREBASE_RELAY_HTTP_LISTEN", "x"}})) << "it uses that";
    EXPECT_FALSE(parse({command, "--workers", "many"})) << "somebody has just typed it";
  }
  EXPECT_TRUE(parse({"dead-letters", "list"}, wrong)) << "it looks into the outbox alone";
  EXPECT_FALSE(parse({"dead-letters", "list"}, {{"FIREBASE_RELAY_OUTBOX", "/a\r"}})) << "it uses that";
  EXPECT_FALSE(parse({"dead-letters", "retry", "7"}, {{"FIREBASE_DATABASE_URL", "nonsense"}})) << "it may send";
  EXPECT_TRUE(
      parse({"check", "--route-test", "x.txt"}, {{"REDIS_PORT", "abc"}, {"FIREBASE_DATABASE_URL", "nonsense"}}));
  EXPECT_FALSE(parse({"check"}, {{"REDIS_PORT", "abc"}}));
  for (const char* name : {"REDIS_PORT", "REDIS_URL", "GOOGLE_APPLICATION_CREDENTIALS", "FIREBASE_RELAY_WORKERS",
                           "FIREBASE_RELAY_INSTANCE", "FIREBASE_RELAY_REDIS_PASSWORD_FILE"}) {
    EXPECT_FALSE(parse_run({}, {{name, wrong.at(name)}})) << "run uses " << name;
  }
}

TEST(UnknownVariable, IsWarnedAboutWithTheNearestName) {
  const auto warnings = [](const Variables& variables) { return parse_run({}, variables)->warnings; };
  EXPECT_THAT(warnings({{"FIREBASE_RELAY_WORKRES", "2"}}),
              ElementsAre("environment variable FIREBASE_RELAY_WORKRES is no setting; did you mean "
                          "FIREBASE_RELAY_WORKERS?"));
  EXPECT_THAT(warnings({{"FIREBASE_RELAY_BATCH_BYTES", "2"}}),
              ElementsAre(HasSubstr("FIREBASE_RELAY_BATCH_MAX_BYTES?")));
  EXPECT_THAT(warnings({{"FIREBASE_RELAY_REDIS_URL", "redis://x"}}), ElementsAre(HasSubstr("mean REDIS_URL?")));
  EXPECT_THAT(warnings({{"FIREBASE_RELAY_CREDENTIALS", "x"}}),
              ElementsAre(HasSubstr("GOOGLE_APPLICATION_CREDENTIALS?")));
  EXPECT_THAT(warnings({{"FIREBASE_RELAY_WORKERS", "2"}, {"FIREBASE_RELAY_X", ""}, {"FIREBASE_OTHER", "1"}}),
              IsEmpty());
}

TEST(UnknownVariable, OfAServiceOfOurNameIsNobodysMistake) {
  EXPECT_THAT(parse_run({}, {{"FIREBASE_RELAY_SERVICE_HOST", "10.0.0.1"},
                             {"FIREBASE_RELAY_SERVICE_PORT", "9464"},
                             {"FIREBASE_RELAY_SERVICE_PORT_METRICS", "9464"},
                             {"FIREBASE_RELAY_METRICS_SERVICE_HOST", "10.0.0.1"},
                             {"FIREBASE_RELAY_PORT", "tcp://10.0.0.1:9464"},
                             {"FIREBASE_RELAY_PORT_9464_TCP", "tcp://10.0.0.1:9464"},
                             {"FIREBASE_RELAY_PORT_9464_TCP_ADDR", "10.0.0.1"},
                             {"FIREBASE_RELAY_NAME", "/bots/firebase-relay"},
                             {"FIREBASE_RELAY_ENV_FOO", "1"}})
                  ->warnings,
              IsEmpty());
}

TEST(Setting, ThatASpoiltFileHasLeftACharacterInIsNamedWithIt) {
  struct Case {
    const char* variable;
    const char* value;
    const char* told;
  };
  const Case cases[] = {{"REDIS_URL", "redis://:s3cret@redis:6379\r", "carriage return (CR)"},
                        {"REDIS_HOST", "redis\r", "carriage return (CR)"},
                        {"REDIS_PORT", "6379\r", "carriage return (CR)"},
                        {"REDIS_URL", "\"redis://redis:6379\"", "in quotes"},
                        {"FIREBASE_DATABASE_URL", "https://x.firebaseio.com ", "ends with a blank"},
                        {"FIREBASE_DATABASE_URL", "\xEF\xBB\xBFhttps://x.firebaseio.com", "byte order mark"},
                        {"FIREBASE_DATABASE_EMULATOR_HOST", "localhost:9000\r", "carriage return (CR)"},
                        {"GOOGLE_APPLICATION_CREDENTIALS", "'/run/secrets/key.json'", "in quotes"},
                        {"FIREBASE_RELAY_CHANNELS", "TICKER_*\r", "carriage return (CR)"},
                        {"FIREBASE_RELAY_WORKERS", "2\r", "carriage return (CR)"},
                        {"FIREBASE_RELAY_INSTANCE", "\"home\"", "in quotes"},
                        {"FIREBASE_RELAY_CONFIG", "relay.toml\r", "carriage return (CR)"},
                        {"REDIS_PASSWORD", "s3cret\r", "carriage return (CR)"}};
  for (const Case& one : cases) {
    const auto line = parse_run({}, {{one.variable, one.value}});
    ASSERT_FALSE(line) << one.variable;
    EXPECT_THAT(line.error().what, AllOf(HasSubstr(one.variable), HasSubstr(one.told), Not(HasSubstr("s3cret"))));
    EXPECT_THAT(line.error().what, Not(HasSubstr("***")));
  }
  EXPECT_EQ(parse_run({}, {{"FIREBASE_RELAY_CHANNELS", "a, b "}})->options.channels.size(), 2u) << "blanks in a list";
}

TEST(Setting, OfAFileIsNamedWithItsLine) {
  const TemporaryFile config("workers = 2\nredis-url = \"redis://redis \"\n");
  EXPECT_THAT(parse_run({"--config", config.path()}).error().what,
              AllOf(HasSubstr(":2: redis-url"), HasSubstr("ends with a blank")));
}

TEST(RedisPassword, ThatMayBeMeantSoIsTakenWithAWarning) {
  const auto line = parse_run({}, {{"REDIS_PASSWORD", "\"s3cret\""}});
  EXPECT_EQ(line->options.redis.password.reveal(), "\"s3cret\"");
  EXPECT_THAT(line->warnings,
              ElementsAre(AllOf(HasSubstr("REDIS_PASSWORD"), HasSubstr("in quotes"), Not(HasSubstr("s3cret")))));
  const TemporaryFile file("\xEF\xBB\xBFs3cret\n");
  EXPECT_THAT(parse_run({"--redis-password-file", file.path()}).error().what,
              AllOf(HasSubstr(file.path()), HasSubstr("byte order mark"), Not(HasSubstr("s3cret"))));
}

TEST(Key, InsteadOfItsFileIsNotShown) {
  const std::string json = R"({"type":"service_account","private_key":"s3cret"})";
  const std::string base64 = "eyJ0eXBlIjoic2VydmljZV9hY2NvdW50I" + std::string(200, 'x') + "==";
  for (const std::string& value : {json, "\n" + json, base64, std::string("-----BEGIN PRIVATE KEY-----s3cret")}) {
    const auto line = parse_run({}, {{"GOOGLE_APPLICATION_CREDENTIALS", value}});
    ASSERT_FALSE(line);
    EXPECT_THAT(line.error().what, AllOf(HasSubstr("GOOGLE_APPLICATION_CREDENTIALS: expected a file's name"),
                                         Not(HasSubstr("s3cret")), Not(HasSubstr("eyJ0"))));
  }
}

TEST(HttpListen, TakesIpv6InBrackets) {
  const auto at = [](const char* text) { return parse({"status", "--http-listen", text}); };
  EXPECT_EQ(at("[::1]:9464")->options.http_listen, (relay::ListenAddress{"::1", 9464}));
  EXPECT_EQ(at("[::]:0")->options.http_listen.text(), "[::]:0");
  for (const char* wrong : {"::1:9464", "[::1]", "[localhost]:1", "[]:1", "[::1:9464"})
    EXPECT_FALSE(at(wrong)) << wrong;
}

}  // namespace
}  // namespace firebase_relay::terminal
