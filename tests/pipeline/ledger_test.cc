// What was published is what stands in the database: judged by ledger-check, which shares no code with the relay.
#include <gtest/gtest.h>

#include "pipeline/broker_run.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::RedisServer;
using test_support::RelayProcess;

class LedgerOf : public testing::TestWithParam<const char*> {};

TEST_P(LedgerOf, EqualsTheTree) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "20"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--kinds", GetParam(), "--rate", "0", "--messages", "3000", "--seed", "7"});
  ASSERT_TRUE(relay.wait_delivered(3000)) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_EQ(relay.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(EachKind, LedgerOf,
                         testing::Values("price", "order", "performance", "profit", "registration", "other",
                                         "price,order,performance,profit,registration,other"),
                         [](const auto& kinds) {
                           const std::string name = kinds.param;
                           return name.find(',') == std::string::npos ? name : "all";
                         });

class AwkwardLedger : public testing::TestWithParam<int> {};

TEST_P(AwkwardLedger, EqualsTheTreeAndEveryMessageIsAccountedFor) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "20", "--workers", "4"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--awkward", "--rate", "0", "--messages", "8000", "--tickers", "12", "--seed",
                         std::to_string(GetParam())});
  ASSERT_TRUE(relay.wait_delivered(static_cast<double>(broker.receivable()))) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_GT(relay.metric("dead_letters_total"), 100);
  EXPECT_EQ(relay.metric("dead_letters_total", "refused"), 0) << "the database refused what the relay let through";
  EXPECT_EQ(relay.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AwkwardLedger, testing::Values(1, 2, 3));

TEST(Ledger, EqualsTheTreeAfterAHundredThousandPrices) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--max-mb-per-minute", "0"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--kinds", "price", "--rate", "0", "--messages", "100000", "--tickers", "20"});
  ASSERT_TRUE(relay.wait_delivered(100'000)) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_EQ(relay.metric("messages_delivered_total"), 100'000);
  EXPECT_EQ(relay.stop(), 0);
}

TEST(Ledger, KeepsOnlyTheNewestClosedOrdersLive) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "5", "--live-orders-max", "3"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--kinds", "order", "--rate", "0", "--messages", "3000", "--tickers", "2"});
  ASSERT_TRUE(relay.wait_delivered(3000)) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator, {"--live-orders-max", "3"}), "");
}

TEST(Ledger, WithoutHistoryCountsOvertakenMessagesAsCoalesced) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--no-history"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--kinds", "price", "--rate", "0", "--messages", "5000", "--tickers", "3"});
  ASSERT_TRUE(relay.wait_delivered(5000)) << relay.metrics();
  EXPECT_GT(relay.metric("messages_coalesced_total"), 4000);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_TRUE(emulator.get("history").is_null());
  EXPECT_TRUE(emulator.get("services/AAPL/price").is_string());
}

}  // namespace
}  // namespace pipeline_test
