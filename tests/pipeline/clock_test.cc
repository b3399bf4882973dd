// A clock that is wrong (a Pi without one, a virtual machine after its sleep): the database's Date tells.
#include <gtest/gtest.h>

#include <chrono>

#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

constexpr std::int64_t kDay = 86'400;

/// A database's clock that is ahead of this machine's, or behind it.
class WrongClock : public testing::Test {
 protected:
  void set_database(std::int64_t ahead_seconds) const {
    emulator_.control("POST", "settings", {{"clock_ahead_seconds", ahead_seconds}});
  }
  /// A price whose own time is so far ahead of this machine's clock.
  void publish(std::int64_t ahead_seconds) const {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    const std::string time = std::to_string(now.count() + ahead_seconds);
    RedisClient(redis_).publish("TICKER_UPDATES_AAPL",
                                R"({"type":"price","price":"1","symbol":"AAPL","timestamp":)" + time + "}");
  }
  static bool knows(const RelayProcess& relay, std::int64_t skew) {
    return eventually([&] { return std::abs(relay.metric("clock_skew_seconds") - static_cast<double>(skew)) < 5; });
  }

  const RedisServer redis_;
  const Emulator emulator_;
};

TEST_F(WrongClock, IsToldAndMessagesAreJudgedByTheDatabases) {
  set_database(3 * kDay);
  RelayProcess relay(redis_, emulator_, {"--heartbeat-seconds", "1"});
  ASSERT_TRUE(knows(relay, -3 * kDay)) << relay.metrics();
  EXPECT_NE(relay.process().wait_for("clock: this machine's is ").find("behind the database's"), std::string::npos);
  ASSERT_TRUE(relay.wait_ready());
  publish(3 * kDay);
  ASSERT_TRUE(relay.wait_delivered(1));
  EXPECT_EQ(relay.metric("history_key_fallbacks_total"), 0) << "it is of today, by the right clock";

  set_database(-3 * kDay);
  ASSERT_TRUE(knows(relay, 3 * kDay)) << relay.metrics();
  relay.process().wait_for("ahead of the database's");
  publish(0);
  ASSERT_TRUE(relay.wait_delivered(2));
  EXPECT_EQ(relay.metric("history_key_fallbacks_total"), 1) << "three days ahead, by the right clock";

  set_database(0);
  ASSERT_TRUE(knows(relay, 0)) << relay.metrics();
  relay.process().wait_for("clock: this machine's is right again");
  publish(0);
  ASSERT_TRUE(relay.wait_delivered(3));
  EXPECT_EQ(relay.metric("history_key_fallbacks_total"), 1);
}

TEST_F(WrongClock, IsToldOnceAlthoughEveryAnswerTellsItAndByRefusalsToo) {
  set_database(600);
  emulator_.control("POST", "faults", {{"kind", "status"}, {"status", 503}, {"count", 3}});
  RelayProcess relay(redis_, emulator_, {"--heartbeat-seconds", "1"});
  ASSERT_TRUE(eventually([&] { return relay.metric("patches_total") >= 6; })) << relay.metrics();
  const std::string log = relay.process().err();
  const std::size_t first = log.find("clock: ");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("clock: ", first + 1), std::string::npos) << log;
  EXPECT_LT(first, log.find("request failed")) << log;
}

TEST_F(WrongClock, IsNotThatOfWhoeverAnswersInTheDatabasesPlace) {
  set_database(3 * kDay);
  emulator_.control(
      "POST", "faults",
      {{"kind", "status"}, {"status", 200}, {"count", 1000}, {"content_type", "text/html"}, {"body", "<p>Sign in"}});
  RelayProcess relay(redis_, emulator_, {"--drain-timeout-ms", "200"});
  ASSERT_TRUE(eventually([&] { return relay.metric("delivery_held", "unknown_answer") == 1; })) << relay.metrics();
  EXPECT_EQ(relay.metric("clock_skew_seconds"), 0);
}

TEST_F(WrongClock, IsALineOfCheckAlsoWhenTheDatabaseRefuses) {
  for (const std::int64_t ahead : {30, 600}) {
    set_database(ahead);
    for (const bool refuses : {false, true}) {
      if (refuses) emulator_.control("POST", "faults", {{"kind", "status"}, {"status", 403}, {"count", 3}});
      Process check({test_support::built("src/firebase-relay"), "check", "--redis-url", redis_.url(), "--database-url",
                     emulator_.database_url()});
      check.wait();
      const std::string shown = check.out();
      EXPECT_NE(shown.find(ahead == 600 ? "FAILED  clock" : "ok      clock"), std::string::npos) << shown;
      EXPECT_NE(shown.find("behind the database's"), std::string::npos) << shown;
    }
    emulator_.control("DELETE", "faults");
  }
}

}  // namespace
}  // namespace pipeline_test
