#include "terminal/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "terminal/flags_fixture.h"
#include "terminal/temporary_file.h"

namespace firebase_relay::terminal {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Flags, NameOfRedisCertificateIsAHostOrAnAddressWithOrWithoutBrackets) {
  const std::initializer_list<std::pair<const char*, const char*>> names = {
      {"redis.home.arpa", "redis.home.arpa"}, {"192.168.1.10", "192.168.1.10"}, {"[::1]", "::1"}, {"::1", "::1"}};
  for (const auto& [given, taken] : names) {
    const auto line = parse_run({"--redis-url=rediss://h", std::string("--redis-tls-name=") + given});
    ASSERT_TRUE(line) << line.error().what;
    EXPECT_EQ(line->options.redis_tls_name, taken);
  }
}

TEST(CommandLine, AloneRunsWithTheDefaults) {
  const auto line = parse_run({});

  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ(line->command, Command::kRun);
  EXPECT_THAT(line->warnings, IsEmpty());
  EXPECT_NE(line->options.instance, "");
  relay::Options options = line->options;
  options.instance = "";
  options.database.reset();
  EXPECT_EQ(options, relay::Options{});
}

TEST(CommandLine, KnowsTheCommands) {
  EXPECT_EQ(parse_run({"run"})->command, Command::kRun);
  EXPECT_EQ(parse({"check"})->command, Command::kCheck);
  EXPECT_EQ(parse({"tap"})->command, Command::kTap);
  EXPECT_EQ(parse({"status"})->command, Command::kStatus);
  EXPECT_EQ(parse({"healthcheck"})->command, Command::kHealthcheck);
}

TEST(CommandLine, TakesTheFlagsOfACommand) {
  EXPECT_EQ(parse({"check", "--route-test", "-"})->route_test_file, "-");
  EXPECT_EQ(parse({"check", "--route-test=lines.tsv"})->route_test_file, "lines.tsv");
  EXPECT_TRUE(parse({"tap", "--json"})->json);
  EXPECT_FALSE(parse({"tap"})->json);
  EXPECT_FALSE(parse_run({"run", "--json"}));
}

TEST(CommandLine, PrintsHelpAndVersionWhateverElseStandsThere) {
  EXPECT_THAT(parse({"--help"})->print.value_or(""), HasSubstr("Examples"));
  EXPECT_THAT(parse({"-h"})->print.value_or(""), HasSubstr("Examples"));
  EXPECT_THAT(parse({"tap", "--workers", "--help"})->print.value_or(""), HasSubstr("tap alone"));
  EXPECT_THAT(parse({"--version"})->print.value_or(""), StartsWith("firebase-relay "));
  EXPECT_FALSE(parse_run({})->print);
}

TEST(CommandLine, PutsEveryFlagIntoItsOption) {
  const auto line = parse({"run",
                           "--redis-url=redis://r:1/2",
                           "--channels=A*, B*",
                           "--streams=bus, orders",
                           "--stream-group=g",
                           "--routes=r.json",
                           "--database-url=http://d:9000/base?ns=n",
                           "--allow-plaintext",
                           "--flush-interval-ms=0",
                           "--batch-max-bytes=2048",
                           "--request-timeout-ms=100",
                           "--in-flight=64",
                           "--max-mb-per-minute=3",
                           "--database-size-max-mb=5",
                           "--live-orders-max=0",
                           "--no-history",
                           "--drain-timeout-ms=1",
                           "--workers=8",
                           "--queue-max-mb=2",
                           "--message-max-bytes=4096",
                           "--heartbeat-seconds=0",
                           "--instance=home",
                           "--http-listen=0.0.0.0:0",
                           "--log-level=debug",
                           "--log-format=json",
                           "--log-messages"});

  ASSERT_TRUE(line) << line.error().what;
  relay::Options expected;
  expected.redis.host = "r";
  expected.redis.port = 1;
  expected.redis.database = 2;
  expected.channels = {"A*", "B*"};
  expected.streams = {"bus", "orders"};
  expected.stream_group = "g";
  expected.routes_file = "r.json";
  expected.database = flush::DatabaseUrl{false, "d", 9000, "base", "n", true};
  expected.allow_plaintext = true;
  expected.flush_interval = milliseconds(0);
  expected.batch_bytes_max = 2048;
  expected.request_timeout = milliseconds(100);
  expected.in_flight_max = 64;
  expected.bytes_per_minute_max = 3'000'000;
  expected.database_bytes_max = 5ull << 20;
  expected.live_orders_max = 0;
  expected.history = false;
  expected.drain_timeout = milliseconds(1);
  expected.workers = 8;
  expected.queue_bytes_max = 2 << 20;
  expected.message_bytes_max = 4096;
  expected.heartbeat = std::chrono::seconds(0);
  expected.instance = "home";
  expected.http_listen = {"0.0.0.0", 0};
  expected.log_level = observe::LogLevel::kDebug;
  expected.log_format = observe::LogFormat::kJson;
  expected.log_messages = relay::LogMessages::kOn;
  EXPECT_EQ(line->options, expected);
}

TEST(CommandLine, TakesTheLastOfAFlagGivenTwiceAndAddsUpChannels) {
  const auto line = parse_run({"--workers", "3", "--channels", "A", "--workers=4", "--channels", "B,! C*"});

  EXPECT_EQ(line->options.workers, 4u);
  EXPECT_THAT(line->options.channels, ElementsAre("A", "B", "!C*"));
}

TEST(CommandLine, NeverTakesTheNextWordForTheValueOfASwitch) {
  EXPECT_EQ(parse_run({"--log-messages=off"})->options.log_messages, relay::LogMessages::kOff);
  EXPECT_FALSE(parse_run({"--log-messages", "off"}));
}

TEST(CommandLine, UnderstandsSwitchesInEitherSense) {
  EXPECT_TRUE(parse_run({"--history"})->options.history);
  EXPECT_FALSE(parse_run({"--history=false"})->options.history);
  EXPECT_FALSE(parse_run({"--no-history"})->options.history);
  EXPECT_FALSE(parse_run({"--allow-plaintext=false"})->options.allow_plaintext);
}

// Which of flag, environment and file wins: 3 of 4 workers is the file's, 4 the environment's, 5 the flag's.
struct Source {
  const char* name;
  bool flag;
  bool environment;
  bool file;
  std::uint32_t workers;
};

class Precedence : public testing::TestWithParam<Source> {};

TEST_P(Precedence, IsFlagThenEnvironmentThenFile) {
  const TemporaryFile file(GetParam().file ? "workers = 3\nin-flight = 9\n" : "in-flight = 9\n");
  std::vector<std::string> words = {"run", "--config", file.path()};
  if (GetParam().flag) words.insert(words.end(), {"--workers", "5"});
  Variables variables;
  if (GetParam().environment) variables["FIREBASE_RELAY_WORKERS"] = "4";

  const auto line = parse_run(words, variables);

  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ(line->options.workers, GetParam().workers);
  EXPECT_EQ(line->options.in_flight_max, 9u);
  EXPECT_EQ(line->config_file, file.path());
}

INSTANTIATE_TEST_SUITE_P(All, Precedence,
                         testing::Values(Source{"default_alone", false, false, false, 2},        //
                                         Source{"file", false, false, true, 3},                  //
                                         Source{"environment", false, true, false, 4},           //
                                         Source{"environment_over_file", false, true, true, 4},  //
                                         Source{"flag", true, false, false, 5},                  //
                                         Source{"flag_over_file", true, false, true, 5},         //
                                         Source{"flag_over_environment", true, true, false, 5},  //
                                         Source{"flag_over_both", true, true, true, 5}),
                         [](const auto& source) { return source.param.name; });

TEST(Environment, NamesTheConfigFileUnlessAFlagDoes) {
  const TemporaryFile three("workers = 3\n");
  const TemporaryFile four("workers = 4\n");
  const Variables variables = {{"FIREBASE_RELAY_CONFIG", three.path()}};

  EXPECT_EQ(parse_run({}, variables)->options.workers, 3u);
  EXPECT_EQ(parse_run({"--config", four.path()}, variables)->options.workers, 4u);
}

TEST(Environment, ThatIsEmptyCountsAsUnset) {
  const auto line = parse_run({}, {{"FIREBASE_RELAY_WORKERS", ""}, {"REDIS_URL", ""}, {"FIREBASE_RELAY_CONFIG", ""}});

  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ(line->options.workers, 2u);
}

TEST(Environment, TurnsSwitchesOffAndOn) {
  EXPECT_FALSE(parse_run({}, {{"FIREBASE_RELAY_HISTORY", "off"}})->options.history);
  EXPECT_TRUE(parse_run({"--history"}, {{"FIREBASE_RELAY_HISTORY", "off"}})->options.history);
  EXPECT_EQ(parse_run({}, {{"FIREBASE_RELAY_LOG_MESSAGES", "on"}})->options.log_messages, relay::LogMessages::kOn);
}

TEST(ConfigKeys, AreTheFlagsLongNames) {
  const TemporaryFile file(R"(
# Redis
redis-url = "redis://box:6380"
channels = ["A*", "B*"]
# Database
database-url = "https://x.firebaseio.com/home"
history = false
log-messages = true
)");

  const auto line = parse({"--config", file.path()});

  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ(line->options.redis.masked(), "redis://box:6380");
  EXPECT_THAT(line->options.channels, ElementsAre("A*", "B*"));
  EXPECT_EQ(line->options.database->text(), "https://x.firebaseio.com/home");
  EXPECT_FALSE(line->options.history);
  EXPECT_EQ(line->options.log_messages, relay::LogMessages::kOn);
}

TEST(Flags, WatchBelongsToStatus) {
  EXPECT_FALSE(parse({"status"})->watch);
  EXPECT_TRUE(parse({"status", "--watch"})->watch);
  EXPECT_FALSE(parse({"healthcheck", "--watch"}));
}

TEST(Flags, OfPruneAreTakenAsTheyAreGiven) {
  const auto line = parse_run({"prune", "--before", "2026-11-28", "--ticker", "BRK.B", "--kind=price", "--flat",
                               "--unsealed", "--yes", "--outbox", "/tmp/o.db", "--max-mb-per-minute", "5"});
  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ(line->command, Command::kPrune);
  EXPECT_EQ(line->prune_flags.before, "2026-11-28");
  EXPECT_EQ(line->prune_flags.ticker, "BRK.B");
  EXPECT_EQ(line->prune_flags.kind, "price");
  EXPECT_TRUE(line->prune_flags.flat && line->prune_flags.unsealed && line->prune_flags.yes);
  EXPECT_EQ(line->options.bytes_per_minute_max, 5'000'000u);
  const auto plain = parse_run({"prune", "--before", "2026-11-28"});
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->prune_flags.flat || plain->prune_flags.unsealed || plain->prune_flags.yes);
  EXPECT_FALSE(parse({"prune", "--before", "2026-11-28"})) << "no database is named";
}

}  // namespace
}  // namespace firebase_relay::terminal
