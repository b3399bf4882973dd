// The database's side: answers that are late, lost or refusals.
#include <gtest/gtest.h>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using nlohmann::json;
using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

std::string price(const std::string& ticker, const std::string& value) {
  return json{{"type", "price"}, {"price", value}, {"volume", nullptr}, {"symbol", ticker}}.dump();
}

struct Fault {
  const char* name;
  json fault;
  const char* reason;  ///< in retries_total
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class DatabaseThat : public testing::TestWithParam<Fault> {};

TEST_P(DatabaseThat, LosesNothingAndDoublesNothing) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "faults", GetParam().fault);
  RelayProcess relay(redis, emulator,
                     {"--flush-interval-ms", "20", "--request-timeout-ms", "1000", "--batch-max-bytes", "20000"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--rate", "2000", "--messages", "2000", "--seed", "3"});
  ASSERT_TRUE(relay.wait_delivered(2000)) << relay.metrics() << relay.process().err();
  EXPECT_GT(relay.metric("retries_total", GetParam().reason), 0) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(relay.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, DatabaseThat,
    testing::Values(
        Fault{"AnswersUnavailable", {{"kind", "status"}, {"status", 503}, {"count", 4}}, "unavailable"},
        Fault{"AnswersTooManyRequestsWithRetryAfter",
              {{"kind", "status"}, {"status", 429}, {"retry_after", 1}, {"count", 2}},
              "too_many_requests"},
        Fault{"AppliesAndAnswersServerError",
              {{"kind", "status"}, {"status", 500}, {"after_apply", true}, {"count", 4}},
              "server_error"},
        Fault{"AppliesAndClosesUnanswered", {{"kind", "close"}, {"after_apply", true}, {"count", 4}}, "reset"},
        Fault{"ClosesBeforeApplying", {{"kind", "close"}, {"count", 4}}, "reset"},
        Fault{"NeverAnswers", {{"kind", "hang"}, {"count", 2}}, "timeout"}),
    [](const auto& fault) { return std::string(fault.param.name); });

TEST(Database, IsWaitedForWhenItIsNotThere) {
  const RedisServer redis;
  auto emulator = std::make_unique<Emulator>();
  const test_support::TempDir dir;
  RelayProcess relay(redis, *emulator, {"--flush-interval-ms", "20"});
  ASSERT_TRUE(relay.wait_ready());
  emulator->begin_outage();
  RedisClient client(redis);
  for (int i = 0; i < 100; ++i) client.publish("TICKER_UPDATES_AAPL", price("AAPL", std::to_string(i)));
  EXPECT_TRUE(eventually([&] { return relay.metric("database_reachable") == 0; })) << relay.metrics();
  EXPECT_TRUE(relay.is_ready()) << "an outage is no reason to restart";
  emulator->end_outage();
  ASSERT_TRUE(relay.wait_delivered(100)) << relay.metrics();
  EXPECT_EQ(relay.metric("database_reachable"), 1);
  EXPECT_EQ(emulator->get("services/AAPL/price"), "99");
  EXPECT_EQ(emulator->entries("history/AAPL/prices").size(), 100u);
}

TEST(Database, RefusalOfOneMessageMakesOneDeadLetterAndSparesTheOthers) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "faults", {{"kind", "poison"}, {"marker", "venomous"}});
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "300"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  for (int i = 0; i < 300; ++i)
    client.publish("TICKER_UPDATES_AAPL", price("AAPL", i == 137 ? "venomous" : std::to_string(i)));
  client.publish("TICKER_UPDATES_MSFT", price("MSFT", "7"));
  ASSERT_TRUE(relay.wait_delivered(301)) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total", "refused"), 1) << relay.metrics();
  EXPECT_EQ(relay.metric("messages_delivered_total"), 300);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(emulator.entries("history/AAPL/prices").size(), 299u);
  EXPECT_EQ(emulator.get("services/AAPL/price"), "299");
  EXPECT_EQ(emulator.get("services/MSFT/price"), "7");
}

TEST(Database, RefusalOfTheWritesSizeLeadsToNarrowerUrlsAndNoDeadLetter) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "settings", {{"size_limit_bytes", 20000}, {"ignore_unlimited", true}});
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "20"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  // Many tickers: no single location reaches the limit, the root soon does.
  broker.publish(redis, {"--kinds", "price", "--rate", "0", "--messages", "300", "--tickers", "60", "--seed", "5"});
  ASSERT_TRUE(relay.wait_delivered(300)) << relay.metrics();
  EXPECT_GT(relay.metric("retries_total", "write_too_big"), 0) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_EQ(broker.difference(emulator), "");
}

TEST(Database, FrontEndThatTakesSmallBodiesOnlyGetsHalves) {
  const RedisServer redis;
  const Emulator emulator({"--test-controls", "--body-bytes-max", "5000"});
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "100"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--rate", "0", "--messages", "500", "--seed", "5"});
  ASSERT_TRUE(relay.wait_delivered(500)) << relay.metrics();
  EXPECT_GT(relay.metric("retries_total", "too_large"), 0) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_EQ(broker.difference(emulator), "");
}

TEST(Database, ThatForbidsHoldsEverythingAndSaysWhatToDo) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "faults", {{"kind", "status"}, {"status", 403}, {"count", 100}});
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "20", "--drain-timeout-ms", "500"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  for (int i = 0; i < 50; ++i) client.publish("TICKER_UPDATES_AAPL", price("AAPL", std::to_string(i)));
  ASSERT_TRUE(eventually([&] { return relay.metric("delivery_held", "forbidden") == 1; })) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_EQ(relay.metric("messages_in_flight"), 50);
  EXPECT_TRUE(relay.accounts_add_up());
  EXPECT_NE(relay.process().err().find("role"), std::string::npos) << relay.process().err();
}

TEST(Database, OneFlushHoldsLiveAndHistoryTogetherAndIsSentAtOnceWhenIdle) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "60000", "--heartbeat-seconds", "0"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient(redis).publish("TICKER_UPDATES_AAPL", price("AAPL", "1"));
  ASSERT_TRUE(relay.wait_delivered(1, std::chrono::seconds(10))) << "the leading edge does not wait for the interval";
  EXPECT_EQ(emulator.control("GET", "stats").at("answers").value("PATCH 204", 0), 1);
  EXPECT_EQ(emulator.entries("history/AAPL/prices").size(), 1u);
  EXPECT_EQ(emulator.get("services/AAPL/price"), "1");
}

TEST(Flush, HoldsAllThatHasComeUntilItIsDue) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "2000", "--heartbeat-seconds", "0"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("TICKER_UPDATES_AAPL", price("AAPL", "1"));
  ASSERT_TRUE(relay.wait_delivered(1)) << "sent at once: the relay was idle";

  for (int i = 2; i <= 6; ++i) {  // each is read and classified alone
    client.publish("TICKER_UPDATES_AAPL", price("AAPL", std::to_string(i)));
    ASSERT_TRUE(eventually([&] { return relay.metric("messages_received_total") == i; }));
  }

  ASSERT_TRUE(relay.wait_delivered(6));
  EXPECT_EQ(relay.metric("patches_total"), 2) << "none of the five waited for another interval";
}

}  // namespace
}  // namespace pipeline_test
