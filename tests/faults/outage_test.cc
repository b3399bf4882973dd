// Guarantee 3: the database is away, and comes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

const std::vector<std::string> kUnboundedSubscribers = {"--client-output-buffer-limit", "pubsub 0 0 0"};

/// Publishes for ten seconds at 2,000 a second, and returns how much memory the relay took at most, and at first.
struct Memory {
  double first = 0;
  double most = 0;
};
Memory publish_for_ten_seconds(pipeline_test::BrokerRun& broker, const RedisServer& redis, const RelayProcess& relay) {
  Process publishing(broker.command(redis, {"--rate", "2000", "--seconds", "10", "--tickers", "8", "--seed", "3"}));
  Memory memory;
  eventually(
      [&] {
        const double now = relay.process_metric("process_resident_memory_bytes");
        if (memory.first == 0 && relay.metric("messages_received_total") > 2'000) memory.first = now;
        memory.most = std::max(memory.most, now);
        return !publishing.is_running();
      },
      seconds(60));
  EXPECT_EQ(publishing.wait(), 0) << publishing.err();
  return memory;
}

/// What was written below `services` ahead of all history, by path. It is one request, but for a value that came so
/// late that the outbox did not have it yet when the database came back: that one follows in a second.
std::map<std::string, json> live_values_ahead_of_history(const Emulator& emulator) {
  std::map<std::string, json> values;
  for (const json& line : emulator.control("GET", "journal")) {
    const std::string path = line.at("path").get<std::string>();
    if (path.starts_with("history/")) return values;
    if (path.starts_with("services/")) values[path] = line.at("value");
  }
  ADD_FAILURE() << "no history was written";
  return values;
}

TEST(Outage, OfTenSecondsKeepsMemoryFlatAndLiveValuesAreCurrentBeforeHistoryGoes) {
  const RedisServer redis(kUnboundedSubscribers);
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--heartbeat-seconds", "0"});
  ASSERT_TRUE(relay.wait_ready());
  emulator.control("POST", "journal", {{"enabled", true}, {"prefix", ""}});
  emulator.begin_outage();
  pipeline_test::BrokerRun broker;
  const Memory memory = publish_for_ten_seconds(broker, redis, relay);
  const auto published = static_cast<double>(broker.receivable());
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_received_total") == published; })) << relay.metrics();
  EXPECT_LT(memory.most, 96e6);
  EXPECT_LT(memory.most - memory.first, 20e6);
  EXPECT_GT(relay.metric("outbox_batches"), 0);
  EXPECT_EQ(relay.metric("messages_in_flight"), published) << "nothing can have been delivered";
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_TRUE(relay.is_ready()) << "an outage is no reason to restart";

  emulator.end_outage();

  ASSERT_TRUE(relay.wait_delivered(published, seconds(90))) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  const std::map<std::string, json> first = live_values_ahead_of_history(emulator);
  const json services = emulator.get("services");
  ASSERT_GE(services.size(), 8u);
  for (const auto& [ticker, node] : services.items()) {
    for (const char* name : {"price", "performance", "profit", "registration", "status"}) {
      if (!node.contains(name)) continue;
      const auto sent = first.find("services/" + ticker + "/" + name);
      ASSERT_NE(sent, first.end()) << ticker << "'s " << name << " came after history";
      EXPECT_EQ(sent->second, node.at(name)) << ticker;
    }
  }
}

TEST(Outage, IsOverWithinTwoSecondsOfTheDatabasesReturnHoweverLongItWas) {
  const RedisServer redis(kUnboundedSubscribers);
  auto emulator = std::make_unique<Emulator>();
  const std::string address = emulator->url().substr(std::string("http://").size());
  RelayProcess relay(redis, *emulator, {"--heartbeat-seconds", "0"});
  ASSERT_TRUE(relay.wait_ready());
  emulator.reset();  // nobody listens any more
  test_support::RedisClient client(redis);
  const auto publish = [&client](int price) {
    client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","symbol":"AAPL","price":)" + std::to_string(price) + "}");
  };
  publish(1);
  constexpr double kTries = 12;  // by then a backoff that doubles waits for half a minute
  ASSERT_TRUE(eventually([&] { return relay.metric("retries_total", R"(reason="connect")") >= kTries; }, seconds(20)))
      << relay.metrics();
  publish(2);

  emulator = std::make_unique<Emulator>(std::vector<std::string>{"--test-controls"}, address);

  EXPECT_TRUE(eventually([&] { return emulator->get("services/AAPL/price") == 2; }, seconds(2))) << relay.metrics();
  EXPECT_TRUE(relay.wait_delivered(2));
}

TEST(Outage, IsFollowedByABackfillThatSaysHowFarItIs) {
  const RedisServer redis(kUnboundedSubscribers);
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--batch-max-bytes", "65536", "--in-flight", "1"});
  ASSERT_TRUE(relay.wait_ready());
  emulator.begin_outage();
  pipeline_test::BrokerRun broker;
  broker.publish(redis, {"--rate", "2000", "--messages", "6000", "--tickers", "8", "--seed", "4"});
  ASSERT_TRUE(eventually([&] { return relay.metric("outbox_batches") > 0; }));

  emulator.end_outage();
  emulator.control("POST", "faults", {{"kind", "delay"}, {"min_ms", 300}});

  ASSERT_TRUE(relay.wait_delivered(static_cast<double>(broker.receivable()), seconds(120))) << relay.metrics();
  EXPECT_NE(relay.process().wait_for("backfill: ").find("done in about"), std::string::npos) << relay.process().err();
  relay.process().wait_for("backfill done");
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

TEST(Quota, GivesHistoryWhatLiveValuesLeaveInSmallRequests) {
  const RedisServer redis(kUnboundedSubscribers);
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--max-mb-per-minute", "1"});
  ASSERT_TRUE(relay.wait_ready());
  pipeline_test::BrokerRun backlog;  // of some two megabytes
  backlog.publish(redis, {"--rate", "0", "--messages", "10000", "--kinds", "price", "--tickers", "4", "--seed", "6"});

  pipeline_test::BrokerRun live;
  Process publishing(
      live.command(redis, {"--rate", "10", "--seconds", "10", "--kinds", "price", "--tickers", "4", "--seed", "7"}));

  ASSERT_TRUE(eventually([&] { return relay.metric("messages_delivered_total") > 2'000; }, seconds(20)))
      << "a full request never fits into this quota: " << relay.metrics();
  EXPECT_EQ(publishing.wait(), 0) << publishing.err();
  EXPECT_GT(relay.metric("messages_in_flight"), 1'000) << "the rest waits for the next minute";
  EXPECT_LE(relay.metric("patch_bytes_total"), 1e6);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

TEST(Outage, SurvivesARestartInItsMiddle) {
  const RedisServer redis(kUnboundedSubscribers);
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--drain-timeout-ms", "500"};
  auto relay = std::make_unique<RelayProcess>(redis, emulator, flags);
  ASSERT_TRUE(relay->wait_ready());
  emulator.begin_outage();
  pipeline_test::BrokerRun broker;
  broker.publish(redis, {"--rate", "2000", "--messages", "6000", "--tickers", "8", "--seed", "5"});
  const auto published = static_cast<double>(broker.receivable());
  ASSERT_TRUE(eventually([&] { return relay->metric("messages_received_total") == published; }));
  EXPECT_EQ(relay->stop(), 0);

  RelayProcess next(redis, emulator, flags);
  ASSERT_TRUE(next.wait_ready());
  EXPECT_EQ(next.metric("messages_recovered_total"), published);
  EXPECT_EQ(next.metric("messages_in_flight"), published);
  emulator.end_outage();

  ASSERT_TRUE(next.wait_delivered(0, seconds(90))) << next.metrics();
  EXPECT_EQ(next.metric("messages_delivered_total"), published) << next.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(next.accounts_add_up()) << next.metrics();
}

}  // namespace
}  // namespace faults_test
