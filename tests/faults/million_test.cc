// As fast as Redis can publish: a million prices by redis-cli --pipe.
#include <gtest/gtest.h>

#include "support/emulator.h"
#include "support/redis_server.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using test_support::Emulator;
using test_support::Process;
using test_support::RedisServer;
using test_support::RelayProcess;

constexpr double kMessages = 1'000'000;

TEST(Million, PricesFromRedisCliComeThroughWithoutLoss) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--max-mb-per-minute", "0"});
  ASSERT_TRUE(relay.wait_ready());
  const test_support::TempDir dir;
  const std::string commands = dir.file("commands");
  Process broker({test_support::built("tools/broker_sim/broker-sim"), "--kinds", "price", "--messages", "1000000",
                  "--tickers", "20", "--rate", "0", "--commands", commands});
  ASSERT_EQ(broker.wait(std::chrono::seconds(120)), 0) << broker.err();
  Process pipe({"sh", "-c", "exec redis-cli -s '" + redis.socket() + "' --pipe < '" + commands + "'"});
  ASSERT_EQ(pipe.wait(std::chrono::seconds(120)), 0) << pipe.err();
  ASSERT_TRUE(relay.wait_delivered(kMessages, std::chrono::seconds(240))) << relay.metrics();
  EXPECT_EQ(relay.metric("messages_delivered_total"), kMessages);
  EXPECT_EQ(relay.metric("subscription_gaps_total"), 0);

  const auto keys_below = [&](const std::string& path) {
    const std::string url = emulator.url() + path + ".json?ns=demo&shallow=true";
    return nlohmann::json::parse(test_support::http("GET", url).body);
  };
  double entries = 0;
  const nlohmann::json tickers = keys_below("/history");
  for (const auto& [ticker, below] : tickers.items()) {
    const std::string place = "/history/" + ticker + "/prices";
    const nlohmann::json days = keys_below(place);
    for (const auto& [day, entries_of_day] : days.items())
      entries += static_cast<double>(keys_below(place + "/" + day).size());
  }
  EXPECT_EQ(entries, kMessages);
  EXPECT_EQ(relay.stop(), 0);
}

}  // namespace
}  // namespace faults_test
