// Which orders are live survives a restart.
#include <gtest/gtest.h>
#include <signal.h>

#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

std::string filled(const std::string& id) {
  return R"({"type":"order","symbol":"AAPL","order_data":{"event":"fill","order":{"id":")" + id +
         R"(","symbol":"AAPL","status":"filled","side":"buy","qty":"1"}}})";
}

class LiveOrdersAfter : public testing::TestWithParam<int> {};

TEST_P(LiveOrdersAfter, ARestartTheThirdClosedOnePushesTheOldestOut) {
  const RedisServer redis;
  const Emulator database;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--live-orders-max", "2"};
  RedisClient client(redis);
  {
    RelayProcess relay(redis, database, flags);
    ASSERT_TRUE(relay.wait_ready());
    client.publish("TICKER_UPDATES_AAPL", filled("a"));
    client.publish("TICKER_UPDATES_AAPL", filled("b"));
    ASSERT_TRUE(relay.wait_delivered(2));
    relay.process().signal(GetParam());
    ASSERT_TRUE(relay.process().wait());
  }
  RelayProcess relay(redis, database, flags);
  ASSERT_TRUE(relay.wait_ready());

  client.publish("TICKER_UPDATES_AAPL", filled("c"));

  ASSERT_TRUE(relay.wait_delivered(1));
  EXPECT_TRUE(eventually([&] { return database.get("services/AAPL/orders/a").is_null(); }));
  EXPECT_EQ(database.get("services/AAPL/orders").size(), 2u);
  EXPECT_FALSE(database.get("services/AAPL/orders/b").is_null());
  EXPECT_EQ(database.get("history/AAPL/orders").size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Signals, LiveOrdersAfter, testing::Values(SIGTERM, SIGKILL),
                         [](const auto& signal) { return signal.param == SIGTERM ? "SIGTERM" : "SIGKILL"; });

/// How many requests the planted fault has met.
int hits_of(const Emulator& database) { return database.control("GET", "faults").at(0).at("hits"); }

TEST(LiveOrders, ThatAreToLeaveAreKnownAfterAKillWhileTheDatabaseHangs) {
  const RedisServer redis;
  const Emulator database;
  const TempDir dir;
  // What hangs is on disk within twice the interval: until then the kill has to come. Beside it goes what makes a full
  // request.
  const std::vector<std::string> flags = {
      "--outbox", dir.file("outbox.db"), "--live-orders-max", "1", "--flush-interval-ms", "2000", "--batch-max-bytes",
      "16384"};
  RedisClient client(redis);
  {
    RelayProcess relay(redis, database, flags);
    ASSERT_TRUE(relay.wait_ready());
    client.publish("TICKER_UPDATES_AAPL", filled("a"));
    ASSERT_TRUE(relay.wait_delivered(1));
    ASSERT_FALSE(database.get("services/AAPL/orders/a").is_null());
    database.control("POST", "faults", {{"kind", "hang"}, {"ms", 60'000}});
    client.publish("TICKER_UPDATES_AAPL", filled("b"));  // the first one is to leave with it
    ASSERT_TRUE(eventually([&] { return hits_of(database) > 0; }));
    for (int i = 0; i < 200; ++i) client.publish("TICKER_UPDATES_AAPL", filled("c" + std::to_string(i)));
    ASSERT_TRUE(eventually([&] { return hits_of(database) > 1; })) << "ahead of it the list is saved once more";
    relay.kill();
  }
  database.control("DELETE", "faults");
  RelayProcess relay(redis, database, flags);
  ASSERT_TRUE(relay.wait_ready());

  client.publish("TICKER_UPDATES_AAPL", filled("d"));

  ASSERT_TRUE(relay.wait_delivered(1));
  EXPECT_TRUE(eventually([&] { return database.get("services/AAPL/orders").size() == 1; }));
  EXPECT_FALSE(database.get("services/AAPL/orders/d").is_null());
}

}  // namespace
}  // namespace pipeline_test
