#include "terminal/banner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "terminal/flags_fixture.h"

namespace firebase_relay::terminal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const std::vector<std::string>& words, const Variables& variables = {}) {
  std::string text;
  for (const std::string& line : banner(parse_run(words, variables)->options)) text += line + "\n";
  return text;
}

TEST(Banner, SaysWhichOfAnEmulatorsDatabasesItIs) {
  EXPECT_THAT(text_of({}, {{"FIREBASE_DATABASE_EMULATOR_HOST", "127.0.0.1:9000?ns=home"}}),
              HasSubstr("-> http://127.0.0.1:9000?ns=home,"));
}

TEST(Banner, SaysWhomRedisHasToBeOverTls) {
  EXPECT_THAT(text_of({"--redis-url", "rediss://h", "--redis-ca-file", "ca.pem", "--redis-tls-name", "redis.test",
                       "--redis-cert-file", "own.pem", "--redis-key-file", "own.key"}),
              HasSubstr(": rediss://h:6379 (authorities of ca.pem besides the system's, its name redis.test, our "
                        "certificate own.pem) -> "));
  EXPECT_THAT(text_of({"--redis-url", "rediss://h"}), HasSubstr(": rediss://h:6379 -> "));
}

TEST(Banner, SaysTheSettingsInEffect) {
  const std::string text = text_of({"--redis-url",
                                    "redis://pi:6380/2",
                                    "--instance",
                                    "home",
                                    "--channels",
                                    "A*,B",
                                    "--flush-interval-ms",
                                    "500",
                                    "--max-mb-per-minute",
                                    "0",
                                    "--no-history",
                                    "--live-orders-max",
                                    "7",
                                    "--http-listen",
                                    "0.0.0.0:9999",
                                    "--heartbeat-seconds",
                                    "0",
                                    "--workers",
                                    "3",
                                    "--queue-max-mb",
                                    "64",
                                    "--drain-timeout-ms",
                                    "1234"});

  for (const char* part :
       {"redis://pi:6380/2 -> https://x.firebaseio.com, instance home", "channels A*,B", "every 500 ms",
        "any amount a minute", "history off", "7 a ticker", "http at 0.0.0.0:9999", "heartbeat never", "3 workers",
        "64 MiB", "1234 ms", "routes built in", "10000 tickers", "cannot be replayed"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(Banner, MasksAPassword) {
  const std::string text = text_of({"--redis-url", "redis://user@pi:6379"}, {{"REDIS_PASSWORD", "s3cret"}});

  EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(text, HasSubstr("***"));
}

TEST(Banner, NamesTheOutboxOnceThereIsOne) {
  const std::string text = text_of({});
  EXPECT_EQ(text.find("outbox ./data/outbox.db up to 2048 MiB") != std::string::npos, find_flag("outbox") != nullptr);
}

}  // namespace
}  // namespace firebase_relay::terminal
