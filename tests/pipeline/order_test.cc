// Guarantee 1: a live path never goes back to an older value.
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using nlohmann::json;
using test_support::Emulator;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

constexpr int kStates = 5'000;
constexpr const char* kOrderPath = "services/AAPL/orders/one";

std::string order_state(int number) {
  const json order{{"id", "one"}, {"symbol", "AAPL"}, {"status", "partially_filled"}, {"filled_qty", number}};
  return json{{"type", "order"}, {"order_data", {{"event", "partial_fill"}, {"order", order}}}}.dump();
}

/// Every value that was applied to the order's path, in order.
std::vector<int> applied_states(const Emulator& emulator) {
  std::vector<int> states;
  for (const json& entry : emulator.control("GET", std::string("journal?path=") + kOrderPath)) {
    states.push_back(entry.at("value").at("order").at("filled_qty").get<int>());
  }
  return states;
}

void publish_states(const RedisServer& redis) {
  RedisClient client(redis);
  for (int i = 1; i <= kStates; ++i) client.publish("TICKER_UPDATES_AAPL", order_state(i));
}

TEST(Order, OneOrderNeverGoesBackWhileTheDatabaseAnswersSlowlyAndOutOfStep) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "faults", {{"kind", "delay"}, {"min_ms", 5}, {"max_ms", 50}});
  emulator.control("POST", "journal", {{"enabled", true}, {"prefix", "services"}});
  RelayProcess relay(redis, emulator, {"--workers", "4", "--flush-interval-ms", "0"});
  ASSERT_TRUE(relay.wait_ready());
  publish_states(redis);
  ASSERT_TRUE(relay.wait_delivered(kStates)) << relay.metrics();
  const std::vector<int> states = applied_states(emulator);
  ASSERT_FALSE(states.empty());
  EXPECT_TRUE(std::is_sorted(states.begin(), states.end())) << testing::PrintToString(states);
  EXPECT_EQ(states.back(), kStates);
  EXPECT_EQ(emulator.get(kOrderPath)["order"]["filled_qty"], kStates);
  EXPECT_EQ(emulator.get("history/AAPL/orders").size(), static_cast<std::size_t>(kStates));
}

TEST(Order, OneOrderNeverGoesBackWhileRequestsFail) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "journal", {{"enabled", true}, {"prefix", "services"}});
  emulator.control("POST", "faults", {{"kind", "delay"}, {"min_ms", 1}, {"max_ms", 20}});
  emulator.control("POST", "faults", {{"kind", "status"}, {"status", 503}, {"count", 10}, {"probability", 0.3}});
  emulator.control("POST", "faults", {{"kind", "close"}, {"count", 5}, {"probability", 0.2}});
  RelayProcess relay(
      redis, emulator,
      {"--workers", "4", "--flush-interval-ms", "0", "--request-timeout-ms", "3000", "--batch-max-bytes", "100000"});
  ASSERT_TRUE(relay.wait_ready());
  publish_states(redis);
  ASSERT_TRUE(relay.wait_delivered(kStates)) << relay.metrics();
  // Delivered is a message by its history; in trouble its live value may still be on its way.
  EXPECT_TRUE(test_support::eventually([&] { return emulator.get(kOrderPath)["order"]["filled_qty"] == kStates; }));
  const std::vector<int> states = applied_states(emulator);
  ASSERT_FALSE(states.empty());
  EXPECT_TRUE(std::is_sorted(states.begin(), states.end())) << testing::PrintToString(states);
  EXPECT_EQ(emulator.get("history/AAPL/orders").size(), static_cast<std::size_t>(kStates));
}

TEST(Order, TheTreeSettlesOnTheNewestAfterAStragglerWasAppliedLate) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10", "--request-timeout-ms", "1500"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  emulator.control("POST", "faults", {{"kind", "straggle"}, {"ms", 700}});
  client.publish("TICKER_UPDATES_AAPL", order_state(1));
  ASSERT_TRUE(test_support::eventually(
      [&] { return emulator.control("GET", "faults").dump().find("\"hits\":1") != std::string::npos; }));
  client.publish("TICKER_UPDATES_AAPL", order_state(2));
  const auto state = [&] {
    const json order = emulator.get(kOrderPath);
    return order.is_null() ? 0 : order.at("order").at("filled_qty").get<int>();
  };
  ASSERT_TRUE(test_support::eventually([&] { return state() == 2; }));
  EXPECT_TRUE(test_support::eventually([&] { return state() == 1; })) << "the straggler was to be applied late";
  EXPECT_TRUE(test_support::eventually([&] { return state() == 2; })) << "and to be overwritten";
}

}  // namespace
}  // namespace pipeline_test
