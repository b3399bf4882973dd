// SIGTERM while the queue is at its bound and Redis buffers: nothing that was received is lost.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/broker_run.h"
#include "support/relay_process.h"
#include "support/slow_disk.h"

namespace faults_test {
namespace {

using test_support::Emulator;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::SlowDisk;
using test_support::TempDir;

enum class Database : std::uint8_t { kStaysAway, kComesBack };

class FullQueueAndADatabaseThat : public testing::TestWithParam<Database> {};

TEST_P(FullQueueAndADatabaseThat, AreStoppedWithoutLosingAnythingReceived) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  const SlowDisk disk;
  const TempDir dir;
  const char* drain_ms = GetParam() == Database::kComesBack ? "60000" : "1000";
  const std::vector<std::string> flags = {
      "--outbox", dir.file("outbox.db"), "--queue-max-mb", "1", "--workers", "1", "--max-mb-per-minute",
      "0",        "--drain-timeout-ms",  drain_ms};
  RelayProcess relay(redis, emulator, flags, disk.environment());
  ASSERT_TRUE(relay.wait_ready());
  emulator.begin_outage();
  disk.begin();  // the flusher waits for it, and so all others for the flusher
  RedisClient client(redis);
  pipeline_test::BrokerRun broker;
  broker.publish(redis, {"--rate", "0", "--messages", "30000", "--tickers", "8", "--seed", "9"});
  relay.process().wait_for("reading paused: ");
  ASSERT_GT(relay.metric("queue_depth"), 1'000);
  ASSERT_GT(client.held_back(), 1u << 20) << "Redis buffers what the relay does not read";

  relay.process().signal(SIGTERM);
  relay.process().wait_for("draining");
  ASSERT_GT(relay.metric("queue_depth"), 1'000) << "it was to be full at that time";
  if (GetParam() == Database::kComesBack) emulator.end_outage();
  disk.end();

  ASSERT_EQ(relay.process().wait(), 0) << relay.process().err();
  const std::uint64_t received = std::stoull(relay.process().wait_for("stopped: "));
  EXPECT_GT(received, 1'000u);
  ASSERT_LT(received, broker.published()) << "the rest was to be with Redis";
  broker.keep_first(received);
  const bool all_waits =
      relay.process().err().find(std::to_string(received) + " messages wait in the outbox") != std::string::npos;
  EXPECT_EQ(all_waits, GetParam() == Database::kStaysAway) << relay.process().err();
  if (GetParam() == Database::kComesBack) {
    EXPECT_EQ(broker.difference(emulator), "");
  }

  emulator.end_outage();
  RelayProcess next(redis, emulator, flags);

  ASSERT_TRUE(next.wait_ready());
  EXPECT_EQ(next.metric("messages_recovered_total"), all_waits ? static_cast<double>(received) : 0);
  ASSERT_TRUE(next.wait_delivered(0)) << next.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(next.accounts_add_up()) << next.metrics();
}

INSTANTIATE_TEST_SUITE_P(Is, FullQueueAndADatabaseThat, testing::Values(Database::kStaysAway, Database::kComesBack),
                         [](const auto& database) {
                           return database.param == Database::kStaysAway ? "StaysAway" : "ComesBack";
                         });

}  // namespace
}  // namespace faults_test
