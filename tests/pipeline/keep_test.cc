// `keep` in a route: old days of history leave the database, and nothing else does.
#include <gtest/gtest.h>

#include <fstream>

#include "pipeline/broker_run.h"
#include "pipeline/days_in_database.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::eventually;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

class Keep : public DaysInDatabase {
 protected:
  Keep() {
    std::ofstream(routes_) << R"({"ticker":{"fields":["symbol"]},"routes":[)"
                              R"({"kind":"price","match":{"type":"price"},"live":{"services/{TICKER}/price":"price"},)"
                              R"("history":{"path":"history/{TICKER}/prices/{DATE}","keep":"7d"}}]})";
  }
  const RedisServer redis_;
  const TempDir dir_;
  const std::string routes_ = dir_.file("routes.json");
};

TEST_F(Keep, RemovesAMonthDownToSevenDaysAndNothingElseWithLiveTrafficBeside) {
  for (const char* ticker : {"AAPL", "BRK%252EB", "2026-11-28"})
    put_days(std::string("history/") + ticker + "/prices", 30, 40);
  put_days("history/AAPL/performance", 30, 1);
  put_days("history/_channels/prices", 30, 1);
  put("history/OLD/prices", {{"-P7CPCZbXhYYICIK96M9", {{"price", 1}}}});
  put_days("history/OLD/prices", 30, 1);
  emulator_.control("POST", "settings", {{"tiny_limit_bytes", 300}});  // a whole day is more
  RelayProcess relay(redis_, emulator_,
                     {"--routes", routes_, "--flush-interval-ms", "100", "--max-mb-per-minute", "600"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  broker.publish(redis_, {"--kinds", "price", "--rate", "200", "--messages", "600", "--tickers", "3"});

  ASSERT_TRUE(eventually([&] { return relay.metric("history_removed_total", "price") == 3 * 23; })) << relay.metrics();
  for (const char* ticker : {"AAPL", "BRK%2EB", "2026-11-28"}) {
    const std::string place = std::string("history/") + ticker + "/prices";
    EXPECT_EQ(days_of(place), newest(7)) << ticker;
    const json kept = emulator_.get(place);
    for (const auto& [day, entries] : kept.items())
      EXPECT_GE(entries.size(), 40u) << ticker << ", " << day << ": what is kept is whole";
  }
  EXPECT_EQ(days_of("history/AAPL/performance").size(), 30u) << "nobody asked for that";
  EXPECT_EQ(days_of("history/_channels/prices").size(), 30u) << "that is no ticker";
  EXPECT_EQ(days_of("history/OLD/prices").size(), 31u) << "not listed: an earlier version's entries stand there";
  EXPECT_NE(relay.process().wait_for("nothing is removed at ").find("history/OLD/prices"), std::string::npos);
  const std::string log = relay.process().err();
  EXPECT_NE(log.find("history removed: history/AAPL/prices/" + utc_day(7)), std::string::npos) << log;
  EXPECT_TRUE(relay.wait_delivered(600));
  EXPECT_EQ(relay.metric("relay_lag_seconds_bucket", "le=\"0.2\""), relay.metric("relay_lag_seconds_count"))
      << "live values wait for none of it: " << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_EQ(relay.metric("invariants_broken_total"), 0);
}

TEST_F(Keep, NamesAKeyThatIsNeitherADayNorAnEntry) {
  put_days("history/AAPL/prices", 10, 1);
  put("history/AAPL/prices", {{"-foo", 1}});
  put_days("history/MSFT/prices", 10, 1);
  RelayProcess relay(redis_, emulator_, {"--routes", routes_});
  ASSERT_TRUE(relay.wait_ready());

  const std::string line = relay.process().wait_for("nothing is removed at history/AAPL/prices");
  EXPECT_NE(line.find("its key '-foo' is neither a day nor an entry's"), std::string::npos) << line;
  EXPECT_NE(line.find("Remove that key, or move it elsewhere"), std::string::npos) << line;
  EXPECT_TRUE(eventually([&] { return relay.metric("history_removed_total") == 3; })) << relay.process().err();
  EXPECT_EQ(days_of("history/AAPL/prices").size(), 11u);
}

TEST_F(Keep, RemovesNothingWhenTheDatabasesClockIsAnother) {
  put_days("history/AAPL/prices", 30, 1);
  emulator_.control("POST", "settings", {{"clock_ahead_seconds", 3600}});
  RelayProcess relay(redis_, emulator_, {"--routes", routes_});
  ASSERT_TRUE(relay.wait_ready());

  EXPECT_NE(relay.process().wait_for("history: nothing is removed:").find("behind the database's"), std::string::npos);
  EXPECT_EQ(days_of("history/AAPL/prices").size(), 30u);
}

TEST_F(Keep, WaitsWhileDeliveryIsHeldAndGoesOnAfterARestart) {
  put_days("history/AAPL/prices", 10, 1);
  emulator_.control("POST", "faults", {{"kind", "status"}, {"status", 403}, {"count", 1000}, {"method", "DELETE"}});
  const std::vector<std::string> flags = {"--routes", routes_, "--outbox", dir_.file("outbox.db")};
  {
    RelayProcess relay(redis_, emulator_, flags);
    ASSERT_TRUE(relay.wait_ready());
    const std::string line = relay.process().wait_for("history: removing what is too old has stopped");
    EXPECT_NE(line.find("60 s. 403: these credentials may not write there"), std::string::npos) << line;
    EXPECT_EQ(relay.metric("history_removed_total"), 0);
    relay.kill();
  }
  emulator_.control("DELETE", "faults");
  RelayProcess relay(redis_, emulator_, flags);

  EXPECT_TRUE(eventually([&] { return relay.metric("history_removed_total") == 3; })) << relay.process().err();
  EXPECT_EQ(days_of("history/AAPL/prices"), newest(7));
}

TEST_F(Keep, WhatIsRemovedStandsThereNoMore) {
  const std::vector<std::string> flags = {"--routes", routes_, "--outbox", dir_.file("outbox.db")};
  const auto keep = [this](const std::string& time) {
    std::ofstream(routes_)
        << R"({"ticker":{"fields":["symbol"]},"routes":[{"kind":"price","match":{"type":"price"},"history":{"path":)"
           R"("history/{TICKER}/prices/{DATE}","keep":")"
        << time << R"("}}]})";
  };
  keep("30d");
  double before = 0;
  {
    RelayProcess relay(redis_, emulator_, flags);
    ASSERT_TRUE(relay.wait_ready());
    test_support::RedisClient client(redis_);
    for (int i = 0; i < 50; ++i)
      client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":)" + std::to_string(i) +
                                                R"(,"symbol":"AAPL","timestamp":")" + utc_day(10) + "T12:00:00Z\"}");
    ASSERT_TRUE(relay.wait_delivered(50));
    before = relay.metric("history_stored_bytes");
    EXPECT_GT(before, 50 * 80);
    EXPECT_EQ(relay.stop(), 0);
  }
  keep("7d");
  RelayProcess relay(redis_, emulator_, flags);
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_TRUE(eventually([&] { return relay.metric("history_removed_total") == 1; })) << relay.process().err();
  // The gap between the two runs stands there, too.
  EXPECT_TRUE(eventually([&] { return relay.metric("history_stored_bytes") < before / 5; })) << relay.metrics();
}

TEST_F(Keep, WithAnArchiveThatIsYoungerNothingGoesThoughALineComesLate) {
  put_days("history/AAPL/prices", 10, 1);
  const std::vector<std::string> flags = {"--routes",          routes_, "--outbox", dir_.file("outbox.db"), "--archive",
                                          dir_.file("archive")};
  {
    RelayProcess relay(redis_, emulator_, flags);
    ASSERT_TRUE(relay.wait_ready());
    test_support::RedisClient(redis_).publish(
        "TICKER_UPDATES_MSFT",
        R"({"type":"price","price":1,"symbol":"MSFT","timestamp":")" + utc_day(9) + "T12:00:00Z\"}");
    ASSERT_TRUE(relay.wait_delivered(1));
    EXPECT_EQ(relay.stop(), 0);
  }
  RelayProcess relay(redis_, emulator_, flags);  // seals the day, which has one line
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_NE(relay.process().wait_for(utc_day(9) + " is sealed").find("1 lines"), std::string::npos);
  EXPECT_NE(relay.process().wait_for("days are older than routes keep, and stay").find("archive"), std::string::npos);
  EXPECT_EQ(days_of("history/AAPL/prices").size(), 10u);
  EXPECT_EQ(relay.metric("history_removed_total"), 0);
}

TEST_F(Keep, AStartWithoutTheArchiveThatThoseBeforeHadSaysWhatThatCosts) {
  const std::vector<std::string> without = {"--routes", routes_, "--outbox", dir_.file("outbox.db")};
  std::vector<std::string> with = without;
  with.insert(with.end(), {"--archive", dir_.file("archive")});
  const auto log_of = [this](const std::vector<std::string>& flags) {
    RelayProcess relay(redis_, emulator_, flags);
    EXPECT_TRUE(relay.wait_ready());
    EXPECT_EQ(relay.stop(), 0);
    return relay.process().err();
  };
  constexpr const char* kLine = "archive: this start is without --archive, which every one since 20";
  EXPECT_EQ(log_of(without).find(kLine), std::string::npos) << "none had one";
  EXPECT_EQ(log_of(with).find(kLine), std::string::npos);
  const std::string log = log_of(without);
  EXPECT_NE(log.find(kLine), std::string::npos) << log;
  EXPECT_NE(log.find("start again with --archive now"), std::string::npos) << log;
  EXPECT_EQ(log_of(without).find(kLine), std::string::npos) << "once";
}

TEST_F(Keep, GoesByTheRoutesThatAreReadAgain) {
  put_days("history/AAPL/prices", 10, 1);
  RelayProcess relay(redis_, emulator_, {"--routes", routes_, "--heartbeat-seconds", "1"});
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_TRUE(eventually([&] { return relay.metric("history_removed_total") == 3; })) << relay.process().err();
  std::ofstream(routes_) << R"({"routes":[{"kind":"price","match":{"type":"price"},"history":{"path":)"
                            R"("history/{TICKER}/prices/{DATE}","keep":"2d"}}]})";
  relay.process().signal(SIGHUP);

  EXPECT_TRUE(eventually([&] { return relay.metric("history_removed_total") == 8; })) << relay.process().err();
  EXPECT_EQ(days_of("history/AAPL/prices"), newest(2));
}

}  // namespace
}  // namespace pipeline_test
