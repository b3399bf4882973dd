// What is no answer of a database acknowledges nothing, whatever its status says.
#include <gtest/gtest.h>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using nlohmann::json;
using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

constexpr const char* kOnePrice = R"({"type":"price","price":"1.5","volume":null,"symbol":"AAPL"})";

struct Foreign {
  const char* name;
  json fault;
  const char* shown;  ///< in the line that says why delivery is held
};

void PrintTo(const Foreign& foreign, std::ostream* out) { *out << foreign.name; }

class ForeignAnswer : public testing::TestWithParam<Foreign> {
 protected:
  ForeignAnswer() {
    json fault = {{"kind", "status"}, {"count", 1000}};
    fault.update(GetParam().fault);
    emulator_.control("POST", "faults", fault);
  }
  const RedisServer redis_;
  const Emulator emulator_;
};

TEST_P(ForeignAnswer, HoldsEverythingAndSaysWhatCame) {
  const test_support::TempDir dir;
  const std::vector<std::string> flags = {"--flush-interval-ms", "20", "--drain-timeout-ms", "200", "--outbox",
                                          dir.file("outbox.db")};
  auto relay = std::make_unique<RelayProcess>(redis_, emulator_, flags);
  ASSERT_TRUE(relay->wait_ready());
  RedisClient(redis_).publish("TICKER_UPDATES_AAPL", kOnePrice);
  ASSERT_TRUE(eventually([&] { return relay->metric("delivery_held", "unknown_answer") == 1; })) << relay->metrics();
  ASSERT_TRUE(eventually([&] { return relay->metric("outbox_batches") == 1; })) << relay->metrics();
  EXPECT_EQ(relay->metric("messages_delivered_total"), 0);
  EXPECT_EQ(relay->metric("dead_letters_total"), 0);
  EXPECT_NE(relay->process().wait_for("delivery held").find(GetParam().shown), std::string::npos)
      << relay->process().err();
  EXPECT_EQ(relay->stop(), 0);

  emulator_.control("DELETE", "faults");
  relay = std::make_unique<RelayProcess>(redis_, emulator_, flags);

  EXPECT_TRUE(eventually([&] { return relay->metric("messages_delivered_total") == 1; })) << relay->metrics();
  EXPECT_EQ(emulator_.get("services/AAPL/price"), "1.5");
  EXPECT_EQ(emulator_.entries("history/AAPL/prices").size(), 1u);
}

TEST_P(ForeignAnswer, FailsTheCheckThatShowsIt) {
  Process check(
      {built("src/firebase-relay"), "check", "--redis-url", redis_.url(), "--database-url", emulator_.database_url()});
  EXPECT_EQ(check.wait(), 1) << check.out();
  const std::string shown = check.out();
  const std::size_t line = shown.find("FAILED  database");
  ASSERT_NE(line, std::string::npos) << shown;
  EXPECT_NE(shown.find(GetParam().shown, line), std::string::npos) << shown;
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ForeignAnswer,
    testing::Values(Foreign{"Accepted", {{"status", 202}, {"body", "{}"}}, "202 application/json; charset=utf-8: {}"},
                    Foreign{"Created", {{"status", 201}, {"body", "{}"}}, "201 application/json"},
                    Foreign{"LoginPage",
                            {{"status", 200}, {"content_type", "text/html"}, {"body", "<html>Sign in</html>"}},
                            "200 text/html: <html>Sign in</html>"},
                    Foreign{"ErrorInTheBody",
                            {{"status", 200}, {"body", R"({"error":"Permission denied"})"}},
                            R"(200 application/json; charset=utf-8: {"error":"Permission denied"})"},
                    Foreign{"StatusInTheBody", {{"status", 200}, {"body", R"({"status":"ok"})"}}, R"({"status":"ok"})"},
                    Foreign{"Redirect",
                            {{"status", 307}, {"location", "https://u:p@login.example/in?auth=1"}},
                            "307 to https://login.example/in: no redirect is followed; if that is the database's own "
                            "address, give it as --database-url"},
                    Foreign{"NullForAValue", {{"status", 200}, {"body", "null"}}, "200 application/json"}),
    [](const auto& foreign) { return std::string(foreign.param.name); });

class ServerThatIgnoresSilence : public testing::TestWithParam<const char*> {};

TEST_P(ServerThatIgnoresSilence, GetsEverythingOnce) {
  const RedisServer redis;
  const Emulator emulator;
  emulator.control("POST", "settings", {{"unsilent", GetParam()}});
  Process check(
      {built("src/firebase-relay"), "check", "--redis-url", redis.url(), "--database-url", emulator.database_url()});
  EXPECT_EQ(check.wait(), 0) << check.out();
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "20"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis, {"--rate", "2000", "--messages", "1000", "--seed", "3"});
  ASSERT_TRUE(relay.wait_delivered(1000)) << relay.metrics() << relay.process().err();
  EXPECT_EQ(relay.metric("retries_total"), 0) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_EQ(relay.stop(), 0);
  EXPECT_EQ(emulator.control("GET", "stats").at("answers").value("PATCH 204", 0), 0);
  EXPECT_EQ(emulator.get("relay/test/state"), "stopped");
}

INSTANTIATE_TEST_SUITE_P(AndShows, ServerThatIgnoresSilence, testing::Values("request", "tree"),
                         [](const auto& shown) { return std::string("the_") + shown.param; });

TEST(Healthcheck, IsBadWhereAnotherServerAnswers) {
  const Emulator other;
  const std::string address = other.url().substr(std::string("http://").size());
  Process check({built("src/firebase-relay"), "healthcheck", "--http-listen", address});
  EXPECT_EQ(check.wait(), 1) << check.out();
  EXPECT_NE(check.out().find("no relay answers here"), std::string::npos) << check.out();
}

}  // namespace
}  // namespace pipeline_test
