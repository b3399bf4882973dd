// Two relays at once are the way to upgrade without a gap: they write the same history keys.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using std::chrono::milliseconds;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisServer;
using test_support::RelayProcess;

std::vector<std::string> named(const std::string& instance) {
  return {"--instance", instance, "--max-mb-per-minute", "30"};
}

class TwoRelays : public testing::TestWithParam<const char*> {};

// The one that is killed is behind the other then, so it may have written an order's state that the other one's had
// overtaken (guarantee 1): where that order's next message is in neither's future, the older state stays. What goes on
// being published is the survivor's within an interval.
TEST_P(TwoRelays, LoseAndDoubleNothingWhenOneIsKilled) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  emulator.control("POST", "faults", {{"kind", "delay"}, {"min_ms", 1}, {"max_ms", 30}});
  RelayProcess first(redis, emulator, named("first"));
  RelayProcess second(redis, emulator, named("second"));
  ASSERT_TRUE(first.wait_ready() && second.wait_ready());
  const bool kills_first = std::string(GetParam()) == "first";
  RelayProcess& killed = kills_first ? first : second;
  RelayProcess& survivor = kills_first ? second : first;
  const auto moment = milliseconds(500 + std::random_device{}() % 3'000);
  SCOPED_TRACE("killed after " + std::to_string(moment.count()) + " ms");

  pipeline_test::BrokerRun broker;
  // Messages with a time of their own: for those without, each relay takes its arrival, and so another key.
  Process publishing(broker.command(redis, {"--rate", "1000", "--seconds", "5", "--tickers", "6", "--seed", "8",
                                            "--kinds", "price,order,performance"}));
  std::this_thread::sleep_for(moment);  // the moment of the kill
  ASSERT_GT(killed.metric("messages_delivered_total"), 0);
  killed.process().signal(SIGSTOP);
  std::this_thread::sleep_for(milliseconds(300));  // how far it is behind
  killed.process().signal(SIGCONT);
  const double before = killed.metric("messages_delivered_total");
  ASSERT_TRUE(eventually([&] { return killed.metric("messages_delivered_total") > before; }));
  killed.kill();
  ASSERT_TRUE(publishing.is_running()) << "it was to be killed in the middle";
  ASSERT_EQ(publishing.wait(), 0) << publishing.err();

  ASSERT_TRUE(survivor.wait_delivered(static_cast<double>(broker.receivable()))) << survivor.metrics();
  EXPECT_EQ(broker.difference(emulator, {"--without-live-orders"}), "");
  EXPECT_TRUE(survivor.accounts_add_up()) << survivor.metrics();
  EXPECT_EQ(survivor.metric("subscription_gaps_total"), 0);
  EXPECT_EQ(emulator.get("relay").size(), 2u) << "each has a place of its own";
}

INSTANTIATE_TEST_SUITE_P(OfWhom, TwoRelays, testing::Values("first", "second"),
                         [](const auto& which) { return std::string(which.param); });

TEST(OneOutbox, OfTwoRelaysIsRefusedToTheSecond) {
  const RedisServer redis;
  const Emulator emulator;
  const test_support::TempDir dir;
  RelayProcess first(redis, emulator, {"--outbox", dir.file("outbox.db")});
  ASSERT_TRUE(first.wait_ready());

  Process second({test_support::built("src/firebase-relay"), "run", "--redis-url", redis.url(), "--database-url",
                  emulator.database_url(), "--http-listen", "127.0.0.1:0", "--outbox", dir.file("outbox.db")});

  ASSERT_EQ(second.wait(), 1) << second.err();
  EXPECT_NE(second.err().find("in use: another relay holds"), std::string::npos) << second.err();
  EXPECT_NE(second.err().find("end the other relay"), std::string::npos) << "what to do: " << second.err();
  EXPECT_TRUE(first.is_ready());
}

}  // namespace
}  // namespace faults_test
