// SIGTERM and SIGINT: what was received is delivered; a second signal ends at once.
#include <gtest/gtest.h>
#include <signal.h>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

class ShutdownBy : public testing::TestWithParam<int> {};

TEST_P(ShutdownBy, UnderLoadLosesNothing) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  emulator.control("POST", "faults", {{"kind", "delay"}, {"min_ms", 1}, {"max_ms", 30}});
  RelayProcess relay(redis, emulator, {"--workers", "4", "--max-mb-per-minute", "0"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  Process publishing(broker.command(redis, {"--rate", "8000", "--messages", "20000", "--tickers", "10"}));
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_received_total") > 3000; }));
  relay.process().signal(GetParam());
  ASSERT_EQ(relay.process().wait(), 0) << relay.process().err();
  ASSERT_EQ(publishing.wait(), 0) << publishing.err();
  const std::uint64_t received = std::stoull(relay.process().wait_for("stopped: "));
  ASSERT_LT(received, broker.published()) << "the relay was to be stopped in the middle";
  broker.keep_first(received);
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_EQ(emulator.get("relay/test/state"), "stopped");
}

INSTANTIATE_TEST_SUITE_P(Signals, ShutdownBy, testing::Values(SIGTERM, SIGINT),
                         [](const auto& signal) { return signal.param == SIGTERM ? "SIGTERM" : "SIGINT"; });

TEST(Shutdown, ReadsWhatRedisHadHandedToItsSubscription) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--max-mb-per-minute", "0"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  std::uint64_t heard = 0;
  for (int i = 0; i < 200'000; ++i) {
    const bool was_heard = client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":"1","volume":1})") > 0;
    if (!was_heard) break;
    if (++heard == 3'000) relay.process().signal(SIGTERM);
  }

  ASSERT_EQ(relay.process().wait(), 0) << relay.process().err();
  EXPECT_EQ(std::stoull(relay.process().wait_for("stopped: ")), heard);
}

/// A relay whose database never answers, with ten messages on their way.
void hold_ten_messages(const RedisServer& redis, const Emulator& emulator, const RelayProcess& relay) {
  ASSERT_TRUE(relay.wait_ready());
  emulator.control("POST", "faults", {{"kind", "hang"}, {"ms", 60'000}});
  RedisClient client(redis);
  for (int i = 0; i < 10; ++i) client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":"1","volume":1})");
  ASSERT_TRUE(
      eventually([&] { return relay.metric("messages_in_flight") == 10 && relay.metric("outbox_batches") > 0; }));
}

TEST(Shutdown, EndsAtTheDrainsDeadlineAndTheNextStartSendsWhatIsLeft) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  RelayProcess relay(redis, emulator, {"--drain-timeout-ms", "700", "--outbox", dir.file("outbox.db")});
  hold_ten_messages(redis, emulator, relay);
  relay.process().signal(SIGTERM);
  EXPECT_EQ(relay.process().wait(std::chrono::seconds(10)), 0) << relay.process().err();
  EXPECT_NE(relay.process().err().find("10 messages wait in the outbox"), std::string::npos) << relay.process().err();

  emulator.control("DELETE", "faults");
  RelayProcess next(redis, emulator, {"--outbox", dir.file("outbox.db")});

  EXPECT_TRUE(eventually([&] { return next.metric("messages_delivered_total") == 10; })) << next.metrics();
  EXPECT_EQ(next.metric("messages_recovered_total"), 10);
  EXPECT_EQ(emulator.get("services/AAPL/price"), "1");
  EXPECT_TRUE(next.accounts_add_up()) << next.metrics();
}

TEST(Shutdown, EndsAtOnceByASecondSignal) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--drain-timeout-ms", "60000"});
  hold_ten_messages(redis, emulator, relay);
  relay.process().signal(SIGTERM);
  relay.process().wait_for("draining");
  relay.process().signal(SIGTERM);
  EXPECT_EQ(relay.process().wait(std::chrono::seconds(10)), 0) << "what came is on disk by then";
  EXPECT_NE(relay.process().err().find("10 messages wait in the outbox"), std::string::npos) << relay.process().err();
}

}  // namespace
}  // namespace pipeline_test
