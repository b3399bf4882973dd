// How much history stands in the database, through the whole relay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/broker_run.h"
#include "support/command.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::Ran;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::run_relay_command;
using test_support::TempDir;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class StoredHistoryRunTest : public testing::Test {
 protected:
  void publish(int count) {
    for (int i = 0; i < count; ++i) {
      redis_client_.publish("TICKER_UPDATES_AAPL", R"({"type":"price","symbol":"AAPL","price":)" +
                                                       std::to_string(++published_) + R"(,"volume":7})");
    }
  }
  [[nodiscard]] static double stored(const RelayProcess& relay) { return relay.metric("history_stored_bytes"); }
  [[nodiscard]] static bool delivers(const RelayProcess& relay, int count) {
    return eventually([&] { return relay.metric("messages_delivered_total") == count; });
  }
  /// What stands in the emulator: "key":value, of each entry. Gaps are entries, too: a start may end one.
  [[nodiscard]] double standing() const {
    const nlohmann::json prices = emulator_.entries("history/AAPL/prices");
    const nlohmann::json gaps = emulator_.get("relay/demo/gaps");
    double bytes = 0;
    for (const nlohmann::json* entries : {&prices, &gaps}) {
      for (const auto& [key, value] : entries->items()) bytes += static_cast<double>(20 + 4 + value.dump().size());
    }
    return bytes;
  }

  const RedisServer redis_;
  const Emulator emulator_;
  const TempDir dir_;
  RedisClient redis_client_{redis_};
  const std::vector<std::string> flags_ = {"--outbox", dir_.file("outbox.db"), "--database-size-max-mb",
                                           "2",        "--instance",           "demo"};
  static constexpr double kGap = 200;  ///< more than one takes
  int published_ = 0;
};

TEST_F(StoredHistoryRunTest, IsWhatStandsInTheDatabaseAndSurvivesARestart) {
  double before = 0;
  {
    RelayProcess relay(redis_, emulator_, flags_);
    ASSERT_TRUE(relay.wait_ready());
    EXPECT_EQ(relay.metric("database_size_max_bytes"), 2 << 20);
    publish(20);
    ASSERT_TRUE(delivers(relay, 20)) << relay.metrics();
    before = stored(relay);
    EXPECT_NEAR(before, standing(), standing() / 20);
    EXPECT_GT(before, 20 * 60);
    ASSERT_EQ(relay.stop(), 0) << relay.process().err();
  }
  RelayProcess relay(redis_, emulator_, flags_);
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_GE(stored(relay), before);
  EXPECT_LT(stored(relay), before + kGap);
  publish(10);
  ASSERT_TRUE(delivers(relay, 10)) << relay.metrics();
  EXPECT_GT(stored(relay), before);
  EXPECT_NEAR(stored(relay), standing(), standing() / 20);
}

/// The outbox is written once an hour while all is well.
TEST_F(StoredHistoryRunTest, CountsNotWhatCameInTheHourBeforeAKill) {
  double before = 0;
  {
    RelayProcess relay(redis_, emulator_, flags_);
    ASSERT_TRUE(relay.wait_ready());
    publish(5);
    ASSERT_TRUE(delivers(relay, 5)) << relay.metrics();
    before = stored(relay);
    ASSERT_EQ(relay.stop(), 0) << relay.process().err();
  }
  {
    RelayProcess relay(redis_, emulator_, flags_);
    ASSERT_TRUE(relay.wait_ready());
    publish(5);
    ASSERT_TRUE(delivers(relay, 5)) << relay.metrics();
    EXPECT_GT(stored(relay), before + kGap);
    relay.kill();
  }
  const RelayProcess relay(redis_, emulator_, flags_);
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_GE(stored(relay), before);
  EXPECT_LT(stored(relay), before + kGap);
}

TEST_F(StoredHistoryRunTest, IsNothingWithoutHistory) {
  std::vector<std::string> flags = flags_;
  flags.emplace_back("--no-history");
  const RelayProcess relay(redis_, emulator_, flags);
  ASSERT_TRUE(relay.wait_ready());
  publish(5);
  ASSERT_TRUE(eventually([&] {
    return relay.metric("messages_delivered_total") + relay.metric("messages_coalesced_total") == 5;
  })) << relay.metrics();
  EXPECT_EQ(stored(relay), 0);
}

TEST_F(StoredHistoryRunTest, AnswersAreCountedAsTheDownloadThatTheyAre) {
  const RelayProcess relay(redis_, emulator_, flags_);
  ASSERT_TRUE(relay.wait_ready());
  publish(5);
  ASSERT_TRUE(delivers(relay, 5)) << relay.metrics();
  const double answers = relay.metric("patches_total");
  EXPECT_GT(relay.metric("answer_bytes_total"), 100 * answers) << "a head each";
  EXPECT_LT(relay.metric("answer_bytes_total"), 400 * answers) << "and nothing that was sent";
  EXPECT_EQ(relay.metric("download_bytes_per_day"), 0) << "not in the first hour";
}

TEST_F(StoredHistoryRunTest, IsToldByStatusAndCheck) {
  const RelayProcess relay(redis_, emulator_, flags_);
  ASSERT_TRUE(relay.wait_ready());
  const std::string address = relay.http_url().substr(std::string("http://").size());

  const Ran status = run_relay_command({"status", "--http-listen", address});
  EXPECT_THAT(status.out, HasSubstr("\nstored      0.0 of 2.1 MB\ndownload    known after an hour\n"));

  std::vector<std::string> words = {
      "check", "--redis-url", redis_.url(), "--database-url", emulator_.database_url(), "--http-listen", address};
  words.insert(words.end(), flags_.begin(), flags_.end());
  EXPECT_THAT(
      run_relay_command(words).out,
      AllOf(HasSubstr("in use by a relay; stored so far: 0.0 of 2.1 MB (of what prune removes it knows from its next "
                      "start on)\n"),
            HasSubstr("history      grows without end: history/{TICKER}/prices/{DATE}, history/{TICKER}/orders, "),
            HasSubstr("/{DATE}; how fast is known after a day\n")));
  words.emplace_back("--no-history");
  EXPECT_THAT(run_relay_command(words).out,
              AllOf(Not(HasSubstr("grows without end")), HasSubstr("history      none (--no-history)\n")));
}

}  // namespace
}  // namespace pipeline_test
