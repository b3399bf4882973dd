// What a person reads when the database wants one to act: the line that is logged, from the one table of remedies.
#include <gtest/gtest.h>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

struct Hold {
  int status;
  const char* reason;
  const char* remedy;
};
void PrintTo(const Hold& hold, std::ostream* out) { *out << hold.reason; }

class Remedy : public testing::TestWithParam<Hold> {};

TEST_P(Remedy, StandsInTheLineOfTheHold) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "faults", {{"kind", "status"}, {"status", GetParam().status}, {"count", 1000}});
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "20", "--drain-timeout-ms", "200"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient(redis).publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":1.5})");
  ASSERT_TRUE(eventually([&] { return relay.metric("delivery_held", GetParam().reason) == 1; })) << relay.metrics();
  const std::string line =
      relay.process().wait_for("delivery held, nothing is lost: " + std::string(GetParam().reason));
  EXPECT_NE(line.find(GetParam().remedy), std::string::npos) << line;
}

INSTANTIATE_TEST_SUITE_P(Of, Remedy,
                         testing::Values(Hold{401, "unauthorized", "check that they belong to this project"},
                                         Hold{402, "payment",
                                              "the Firebase console. A full database takes values again when history "
                                              "is removed, there or by 'firebase-relay prune'"},
                                         Hold{403, "forbidden", "give them a role"},
                                         Hold{404, "not_found", "compare the database URL"},
                                         Hold{423, "locked", "enable it"},
                                         Hold{418, "unknown_answer", "a proxy or a login page"}),
                         [](const auto& hold) { return std::string(hold.param.reason); });

TEST(TreeTooBig, IsHeldForAReasonOfItsOwn) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "20", "--drain-timeout-ms", "200"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  for (int i = 0; i < 50; ++i)
    client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":)" + std::to_string(i) + "}");
  ASSERT_TRUE(relay.wait_delivered(50)) << relay.metrics();
  emulator.control("POST", "settings", {{"size_limit_bytes", 100}, {"ignore_unlimited", true}});
  client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":50})");

  ASSERT_TRUE(eventually([&] { return relay.metric("delivery_held", "tree_too_big") == 1; })) << relay.metrics();
  const std::string line = relay.process().wait_for("delivery held, nothing is lost: tree_too_big");
  EXPECT_NE(line.find("firebase database:remove"), std::string::npos) << line;
  EXPECT_EQ(line.find("proxy"), std::string::npos) << line;
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
}

}  // namespace
}  // namespace pipeline_test
