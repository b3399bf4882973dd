// Guarantee 5: each time nobody was subscribed is written down for a phone to see.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "support/eventually.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using nlohmann::json;
using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

constexpr const char* kPrice = R"({"type":"price","price":"1.5","volume":null,"symbol":"AAPL"})";

/// The one gap that stands in the database.
json only_gap(const Emulator& emulator) {
  if (!eventually([&] { return !emulator.get("relay/test/gaps").is_null(); })) return {};
  const json gaps = emulator.get("relay/test/gaps");
  EXPECT_EQ(gaps.size(), 1u) << gaps;
  return gaps.front();
}

TEST(Gaps, OfASubscriptionThatRedisClosedIsReportedAndTheRelaySubscribesAgain) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--heartbeat-seconds", "1"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("TICKER_UPDATES_AAPL", kPrice);
  ASSERT_TRUE(relay.wait_delivered(1));

  ASSERT_EQ(client.command({"CLIENT", "KILL", "TYPE", "pubsub"}), "1");

  ASSERT_TRUE(eventually([&] { return relay.metric("subscription_gaps_total") == 1 && relay.is_ready(); }));
  EXPECT_EQ(client.publish("TICKER_UPDATES_AAPL", kPrice), 1);
  ASSERT_TRUE(relay.wait_delivered(2));
  const json gap = only_gap(emulator);
  ASSERT_TRUE(gap.is_object());
  EXPECT_LE(gap.at("from"), gap.at("to"));
  EXPECT_FALSE(gap.at("cause").get<std::string>().empty());
  EXPECT_TRUE(eventually([&] { return emulator.get("relay/test/gap_count") == 1; }));
  EXPECT_EQ(relay.metric("subscription_gaps_total"), 1);
  EXPECT_EQ(emulator.entries("history/AAPL/prices").size(), 2u);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

TEST(Gaps, BeforeThisRunAreInItsCountWithoutWaitingForTheNextHeartbeat) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--heartbeat-seconds", "3600"};
  {
    RelayProcess first(redis, emulator, flags);
    EXPECT_TRUE(eventually([&] { return emulator.get("relay/test/gap_count") == 0; })) << "there was no run before it";
    ASSERT_TRUE(first.wait_ready());
    ASSERT_EQ(first.stop(), 0);
  }
  const RelayProcess second(redis, emulator, flags);
  EXPECT_TRUE(eventually([&] { return emulator.get("relay/test/gap_count") == 1; })) << emulator.get("relay/test");
  // The gap itself is history, which may travel in another request.
  EXPECT_TRUE(eventually([&] { return emulator.get("relay/test/gaps").size() == 1; })) << emulator.get("relay/test");
}

TEST(Gaps, OfAKilledRelayBeginsAtItsLastHeartbeat) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--heartbeat-seconds", "1"};
  RelayProcess relay(redis, emulator, flags);
  ASSERT_TRUE(relay.wait_ready());
  const auto heartbeat = [&] { return emulator.get("relay/test/heartbeat_at"); };
  ASSERT_TRUE(eventually([&] { return !heartbeat().is_null(); }));
  const json first = heartbeat();
  ASSERT_TRUE(eventually([&] { return heartbeat() != first; })) << "it beats each second";
  relay.kill();
  const json last = heartbeat();

  RelayProcess next(redis, emulator, flags);

  ASSERT_TRUE(next.wait_ready());
  const json gap = only_gap(emulator);
  ASSERT_TRUE(gap.is_object());
  EXPECT_EQ(gap.at("cause"), "the relay was killed");
  EXPECT_EQ(gap.at("from"), last);
  EXPECT_LT(gap.at("from"), gap.at("to"));
  EXPECT_EQ(next.metric("subscription_gaps_total"), 1);
  EXPECT_TRUE(eventually([&] { return heartbeat() > gap.at("to"); })) << "it beats again";
}

TEST(Gaps, OfARelayKilledInAnOutageBeginsAtTheHeartbeatThatWaitedInTheOutbox) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--heartbeat-seconds", "1"};
  RelayProcess relay(redis, emulator, flags);
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_TRUE(eventually([&] { return emulator.get("relay/test/state") == "running"; }));
  emulator.begin_outage();
  const json before = emulator.get("relay/test/heartbeat_at");
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - begin > std::chrono::seconds(4); }));
  relay.kill();
  emulator.end_outage();

  RelayProcess next(redis, emulator, flags);

  ASSERT_TRUE(next.wait_ready());
  const json gap = only_gap(emulator);
  ASSERT_TRUE(gap.is_object());
  EXPECT_EQ(gap.at("cause"), "the relay was killed");
  EXPECT_GT(gap.at("from"), before) << "it lived on in the outage";
}

TEST(Gaps, OfAStoppedRelayBeginsAtItsStop) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--heartbeat-seconds", "1"};
  RelayProcess relay(redis, emulator, flags);
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_TRUE(eventually([&] { return emulator.get("relay/test/state") == "running"; }));
  const json beaten = emulator.get("relay/test/heartbeat_at");
  ASSERT_EQ(relay.stop(), 0);
  ASSERT_EQ(emulator.get("relay/test/state"), "stopped");
  ASSERT_TRUE(emulator.get("relay/test/gaps").is_null());

  RelayProcess next(redis, emulator, flags);

  ASSERT_TRUE(next.wait_ready());
  const json gap = only_gap(emulator);
  ASSERT_TRUE(gap.is_object());
  EXPECT_EQ(gap.at("cause"), "the relay was stopped");
  EXPECT_LE(gap.at("from"), gap.at("to"));
  EXPECT_GE(gap.at("from"), beaten) << "it still ran then";
  EXPECT_EQ(next.metric("subscription_gaps_total"), 1);
}

TEST(Gaps, AcrossAClockThatWasSetBackAreOfUnknownLength) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--heartbeat-seconds", "1"};
  RelayProcess relay(redis, emulator, flags);
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_EQ(relay.stop(), 0);
  // As if it had run by a clock that was two hours ahead.
  sqlite3* outbox = nullptr;
  ASSERT_EQ(sqlite3_open(dir.file("outbox.db").c_str(), &outbox), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(outbox, "UPDATE meta SET value=value+7200000 WHERE name IN ('started_at','stopped_at')",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(outbox);

  RelayProcess next(redis, emulator, flags);

  ASSERT_TRUE(next.wait_ready());
  const json gap = only_gap(emulator);
  ASSERT_TRUE(gap.is_object());
  EXPECT_EQ(gap.at("cause"),
            "the relay was stopped; the clock was set back meanwhile, so how long it was is not known");
  EXPECT_GT(gap.at("from"), gap.at("to")) << "both as the clock said, and no length of 0";
  EXPECT_NE(next.process().err().find("(of unknown length): the relay was stopped"), std::string::npos)
      << next.process().err();
}

TEST(Gaps, GoOnOverARunThatNeverReachedRedis) {
  RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--heartbeat-seconds", "1"};
  RelayProcess relay(redis, emulator, flags);
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_EQ(relay.stop(), 0);
  const json stopped = emulator.get("relay/test/heartbeat_at");
  redis.kill();
  RelayProcess deaf(redis, emulator, flags);
  ASSERT_TRUE(eventually([&] { return emulator.get("relay/test/heartbeat_at") > stopped; })) << "it beats all the same";
  const json deaf_beat = emulator.get("relay/test/heartbeat_at");
  ASSERT_EQ(deaf.stop(), 0);
  redis.start();

  RelayProcess next(redis, emulator, flags);

  ASSERT_TRUE(next.wait_ready());
  const json gap = only_gap(emulator);
  ASSERT_TRUE(gap.is_object());
  EXPECT_EQ(gap.at("cause"), "the relay was stopped");
  EXPECT_LE(gap.at("from"), stopped) << "not when the one stopped that heard nothing";
  EXPECT_GE(gap.at("to"), deaf_beat);
}

}  // namespace
}  // namespace faults_test
