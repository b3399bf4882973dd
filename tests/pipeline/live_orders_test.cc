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

}  // namespace
}  // namespace pipeline_test
