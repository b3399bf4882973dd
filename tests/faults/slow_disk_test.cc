// A disk that stalls holds up the flusher, which owns it, and nobody else: decision record 0002.
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"
#include "support/slow_disk.h"

namespace faults_test {
namespace {

using std::chrono::seconds;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::SlowDisk;

TEST(SlowDisk, HoldsUpSendingAndNotReadingFromRedis) {
  const RedisServer redis;  // with its own limit of a subscriber that is slow
  const Emulator emulator;
  const SlowDisk disk;
  RelayProcess relay(redis, emulator, {"--max-mb-per-minute", "0"}, disk.environment());
  ASSERT_TRUE(relay.wait_ready());
  emulator.begin_outage();
  disk.begin();
  RedisClient client(redis);
  pipeline_test::BrokerRun broker;
  Process publishing(broker.command(redis, {"--rate", "4000", "--seconds", "6", "--tickers", "8", "--seed", "7"}));
  std::uint64_t most_held_back = 0;
  double most_memory = 0;
  ASSERT_TRUE(eventually(
      [&] {
        most_held_back = std::max(most_held_back, client.held_back());
        most_memory = std::max(most_memory, relay.process_metric("process_resident_memory_bytes"));
        return !publishing.is_running();
      },
      seconds(60)));
  ASSERT_EQ(publishing.wait(), 0) << publishing.err();

  const auto published = static_cast<double>(broker.receivable());
  EXPECT_TRUE(eventually([&] { return relay.metric("messages_received_total") == published; }, seconds(2)))
      << relay.metrics();
  EXPECT_GT(disk.calls() * SlowDisk::kDelayMs, 4'000u) << "the disk was to stall for most of that time";
  EXPECT_GT(relay.metric("queue_depth"), published / 2) << "the flusher was to wait for it";
  EXPECT_LT(most_held_back, 1u << 20);
  EXPECT_LT(most_memory, 96e6);
  EXPECT_EQ(relay.metric("reading_paused_seconds_total"), 0);
  EXPECT_EQ(relay.metric("subscription_gaps_total"), 0);
  EXPECT_TRUE(relay.is_ready());

  disk.end();
  emulator.end_outage();

  ASSERT_TRUE(relay.wait_delivered(published, seconds(90))) << relay.metrics() << relay.process().err();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(relay.stop(), 0);
}

}  // namespace
}  // namespace faults_test
