// Guarantee 1: a live path never goes back to an older value.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

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

/// Publishes `older`, whose request the database leaves unanswered and applies 700 ms later, and `newer` behind it.
void publish_around_a_straggler(const RedisServer& redis, const Emulator& emulator, int older, int newer) {
  RedisClient client(redis);
  emulator.control("DELETE", "faults");
  emulator.control("POST", "faults", {{"kind", "straggle"}, {"ms", 700}});
  client.publish("TICKER_UPDATES_AAPL", order_state(older));
  ASSERT_TRUE(test_support::eventually(
      [&] { return emulator.control("GET", "faults").dump().find("\"hits\":1") != std::string::npos; }));
  client.publish("TICKER_UPDATES_AAPL", order_state(newer));
}

// The journal has every state, however short it stood. On a machine that stalls the straggler may be applied before the
// newer state: then nothing was set back, and there is another one.
TEST(Order, TheTreeSettlesOnTheNewestAfterAStragglerWasAppliedLate) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "journal", {{"enabled", true}, {"prefix", "services"}});
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10", "--request-timeout-ms", "2500"});
  ASSERT_TRUE(relay.wait_ready());
  std::vector<int> states;
  const auto was_set_back = [&] {
    states = applied_states(emulator);
    return !std::is_sorted(states.begin(), states.end());
  };
  int newest = 0;
  for (int tries = 0; tries < 4 && !was_set_back(); ++tries) {
    newest += 2;
    publish_around_a_straggler(redis, emulator, newest - 1, newest);
    if (HasFatalFailure()) return;
    test_support::eventually(was_set_back, std::chrono::seconds(5));
  }
  ASSERT_TRUE(was_set_back()) << "the straggler was to be applied late: " << testing::PrintToString(states);
  EXPECT_TRUE(test_support::eventually([&] { return applied_states(emulator).back() == newest; }))
      << "and to be overwritten: " << testing::PrintToString(applied_states(emulator));
}

}  // namespace
}  // namespace pipeline_test
