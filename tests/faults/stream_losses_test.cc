// What Redis itself loses of a stream, and what it refuses: each with the one line that says so, and nothing else lost.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "support/eventually.h"
#include "support/old_redis.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using test_support::Emulator;
using test_support::eventually;
using test_support::OldRedis;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

/// Relays over one outbox that read the streams `bus`, in which is AAPL, and `orders`, in which is MSFT.
class StreamsInTrouble : public testing::Test {
 protected:
  static std::string numbered(int i, const std::string& ticker = "AAPL") {
    return R"({"type":"price","symbol":")" + ticker + R"(","timestamp":"2026-11-28T12:00:00Z","price":)" +
           std::to_string(i) + "}";
  }
  static void add_price(RedisClient& client, int i) {
    client.command({"XADD", "bus", "*", "channel", "TICKER_UPDATES_AAPL", "data", numbered(i)});
  }
  static void add_other(RedisClient& client, int i) {
    client.command({"XADD", "orders", "*", "channel", "TICKER_UPDATES_MSFT", "data", numbered(i, "MSFT")});
  }
  [[nodiscard]] RelayProcess relay_of(const RedisServer& redis) const {
    return RelayProcess(redis, emulator_, {"--streams", "bus,orders", "--outbox", dir_.file("outbox.db")});
  }
  [[nodiscard]] std::size_t count_of(const std::string& ticker) const {
    return emulator_.entries("history/" + ticker + "/prices").size();
  }
  [[nodiscard]] bool have_come(std::size_t count, const std::string& ticker = "AAPL") const {
    return eventually([&] { return count_of(ticker) == count; });
  }
  [[nodiscard]] json live_price() const { return emulator_.get("services/AAPL/price"); }
  [[nodiscard]] json gaps() const { return emulator_.get("relay/test/gaps"); }
  /// Everything that stands in the stream `bus` is noted.
  static bool is_noted(const RedisServer& redis) {
    RedisClient client(redis);
    const std::string script =
        "local function map(l) local m = {} for i = 1, #l, 2 do m[l[i]] = l[i + 1] end return m end "
        "local g = redis.call('XINFO', 'GROUPS', 'bus')[1] if not g then return 0 end "
        "if map(g)['last-delivered-id'] == map(redis.call('XINFO', 'STREAM', 'bus'))['last-generated-id'] "
        "then return 1 end return 0";
    return eventually([&] { return client.command({"EVAL", script, "0"}) == "1"; });
  }
  static std::size_t lines_with(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
  }

  const TempDir dir_;
  const Emulator emulator_;
};

/// A Redis that keeps its data in `file()`, and had all on disk that it answered.
class TornTail : public StreamsInTrouble {
 protected:
  [[nodiscard]] std::string file() const { return redis_dir_.file("appendonlydir/appendonly.aof.1.incr.aof"); }
  /// Redis dies, and its file ends in the middle of the entry with this price.
  void tear_at(int price) {
    redis_.kill();
    std::ifstream in(file(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const std::size_t at = bytes.find("\"price\":" + std::to_string(price) + "}");
    ASSERT_NE(at, std::string::npos);
    std::filesystem::resize_file(file(), at);
    redis_.start();
  }

  const TempDir redis_dir_;
  RedisServer redis_{
      {"--appendonly", "yes", "--appendfsync", "always", "--aof-load-truncated", "yes", "--dir", redis_dir_.file("")}};
};

TEST_F(TornTail, OfRedisFileIsAGapWithoutANumberAndWhatWasKeptStandsOnce) {
  RelayProcess relay = relay_of(redis_);
  {
    RedisClient client(redis_);
    for (int i = 101; i <= 110; ++i) add_price(client, i);
    ASSERT_TRUE(is_noted(redis_));
    for (int i = 111; i <= 120; ++i) add_price(client, i);
  }
  ASSERT_TRUE(have_come(20)) << relay.process().err();
  ASSERT_TRUE(is_noted(redis_));
  ASSERT_NO_FATAL_FAILURE(tear_at(116));
  RedisClient client(redis_);
  EXPECT_EQ(client.command({"XLEN", "bus"}), "15") << "five were lost";
  ASSERT_TRUE(eventually([&] { return gaps().is_object(); })) << relay.process().err();
  for (int i = 121; i <= 123; ++i) add_price(client, i);
  ASSERT_TRUE(have_come(23)) << relay.process().err();
  EXPECT_TRUE(eventually([&] { return live_price() == 123; })) << live_price();
  EXPECT_TRUE(is_noted(redis_));
  EXPECT_TRUE(eventually([&] { return relay.metric("messages_in_flight") == 0; }));
  EXPECT_GE(relay.metric("messages_received_total"), 38) << "the fifteen that Redis still has are read again";
  EXPECT_EQ(count_of("AAPL"), 23u) << "under the same keys";
  ASSERT_EQ(gaps().size(), 1u) << gaps();
  EXPECT_FALSE(gaps().front().contains("entries")) << gaps();
  EXPECT_EQ(gaps().front().at("stream"), "bus");
  EXPECT_EQ(relay.metric("stream_entries_lost_total"), 0) << "nobody knows how many";
  EXPECT_EQ(lines_with(relay.process().err(), "gap: stream bus: entries, nobody knows how many"), 1u);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

TEST_F(TornTail, WhileTheRelayIsDownIsAGapToo) {
  {
    RelayProcess relay = relay_of(redis_);
    RedisClient client(redis_);
    for (int i = 101; i <= 110; ++i) add_price(client, i);
    ASSERT_TRUE(is_noted(redis_)) << "so the group is in the file";
    for (int i = 111; i <= 120; ++i) add_price(client, i);
    ASSERT_TRUE(have_come(20)) << relay.process().err();
    EXPECT_EQ(relay.stop(), 0);
  }
  ASSERT_NO_FATAL_FAILURE(tear_at(116));
  RelayProcess relay = relay_of(redis_);
  ASSERT_TRUE(eventually([&] { return gaps().is_object(); })) << relay.process().err();
  EXPECT_FALSE(gaps().front().contains("entries")) << gaps();
  RedisClient client(redis_);
  for (int i = 121; i <= 123; ++i) add_price(client, i);
  ASSERT_TRUE(have_come(23)) << relay.process().err();
  EXPECT_TRUE(eventually([&] { return live_price() == 123; })) << live_price();
  EXPECT_TRUE(eventually([&] { return relay.metric("messages_in_flight") == 0; }));
  EXPECT_EQ(count_of("AAPL"), 23u) << "under the same keys";
  EXPECT_EQ(gaps().size(), 1u) << gaps();
}

class OldRedisRun : public StreamsInTrouble {
 protected:
  OldRedis old_;
};

TEST_F(OldRedisRun, IsReadFromWhereTheGroupStandsAndNotedWithoutCounts) {
  RedisClient client(old_.server());
  for (int i = 1; i <= 3; ++i) add_price(client, i);
  {
    RelayProcess relay = relay_of(old_.server());
    ASSERT_TRUE(have_come(3)) << relay.process().err();
    ASSERT_TRUE(is_noted(old_.server())) << relay.process().err();
    add_price(client, 4);
    ASSERT_TRUE(have_come(4)) << relay.process().err();
    EXPECT_EQ(relay.stop(), 0);
    EXPECT_EQ(relay.process().err().find("could not be noted"), std::string::npos) << relay.process().err();
  }
  add_price(client, 5);
  RelayProcess relay = relay_of(old_.server());
  ASSERT_TRUE(have_come(5)) << relay.process().err();
  EXPECT_TRUE(eventually([&] { return live_price() == 5; }));
  EXPECT_TRUE(is_noted(old_.server())) << relay.process().err();
  EXPECT_EQ(relay.metric("messages_received_total"), 1);
  EXPECT_TRUE(gaps().is_null()) << gaps();
  EXPECT_EQ(relay.process().err().find("Redis says"), std::string::npos) << relay.process().err();
  Process check({test_support::built("src/firebase-relay"), "check", "--streams", "bus,orders", "--redis-url",
                 old_.server().url(), "--database-url", emulator_.database_url()});
  EXPECT_EQ(check.wait(), 0) << check.out() << check.err();
}

TEST_F(OldRedisRun, WhatWasTrimmedUnreadIsAGapWithoutANumberEachTime) {
  RedisClient client(old_.server());
  add_price(client, 1);
  {
    RelayProcess relay = relay_of(old_.server());
    ASSERT_TRUE(have_come(1)) << relay.process().err();
    EXPECT_EQ(relay.stop(), 0);
  }
  for (int run = 1; run <= 2; ++run) {
    for (int i = 0; i < 10; ++i) add_price(client, 100 * run + i);
    client.command({"XTRIM", "bus", "MAXLEN", "3"});
    RelayProcess relay = relay_of(old_.server());
    ASSERT_TRUE(have_come(static_cast<std::size_t>(1 + 3 * run))) << relay.process().err();
    ASSERT_TRUE(eventually([&] { return static_cast<int>(gaps().size()) == run; })) << gaps();
    EXPECT_EQ(lines_with(relay.process().err(), "gap: stream bus: entries, nobody knows how many"), 1u);
    EXPECT_EQ(relay.metric("stream_entries_lost_total"), 0);
    EXPECT_EQ(relay.stop(), 0);
  }
  const json told = gaps();
  for (const json& gap : told) EXPECT_FALSE(gap.contains("entries")) << gap;
}

/// What keeps the relay from reading `bus`, how it is taken away, and what the log says meanwhile.
struct StreamObstacle {
  const char* name;
  std::vector<std::string> comes;
  std::vector<std::string> goes;
  const char* says;
};

class StreamObstacles : public StreamsInTrouble, public testing::WithParamInterface<StreamObstacle> {};

TEST_P(StreamObstacles, AreToldOnceAndOnceTheyAreGoneAllIsRead) {
  const StreamObstacle& obstacle = GetParam();
  const RedisServer redis;
  RedisClient client(redis);
  for (int i = 1; i <= 3; ++i) add_other(client, i);
  const bool is_key = obstacle.comes.at(1) == "bus";
  if (!is_key) add_price(client, 1);
  if (obstacle.comes.front() == "XREADGROUP") client.command({"XGROUP", "CREATE", "bus", "firebase-relay", "0"});
  client.command(obstacle.comes);
  RelayProcess relay = relay_of(redis);
  ASSERT_TRUE(eventually([&] { return relay.process().err().find(obstacle.says) != std::string::npos; }))
      << relay.process().err();
  EXPECT_FALSE(relay.is_ready());
  client.command(obstacle.goes);
  add_price(client, 2);
  EXPECT_TRUE(have_come(3, "MSFT")) << relay.process().err();
  EXPECT_TRUE(have_come(is_key ? 1 : 2)) << relay.process().err();
  EXPECT_TRUE(relay.wait_ready());
  EXPECT_TRUE(is_noted(redis)) << relay.process().err();
  EXPECT_EQ(lines_with(relay.process().err(), obstacle.says), 1u) << relay.process().err();
  EXPECT_TRUE(gaps().is_null()) << gaps();
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

INSTANTIATE_TEST_SUITE_P(
    Of, StreamObstacles,
    testing::Values(
        StreamObstacle{
            "a_key_of_another_type", {"SET", "bus", "1"}, {"DEL", "bus"}, "stream 'bus': Redis says: WRONGTYPE"},
        StreamObstacle{"real_consumers",
                       {"XREADGROUP", "GROUP", "firebase-relay", "worker", "COUNT", "1", "STREAMS", "bus", ">"},
                       {"XGROUP", "DESTROY", "bus", "firebase-relay"},
                       "consumers read from the group 'firebase-relay', and have 1 entries"},
        StreamObstacle{"no_right_to_look",
                       {"ACL", "SETUSER", "default", "-xinfo"},
                       {"ACL", "SETUSER", "default", "+xinfo"},
                       "ACL SETUSER default '+xinfo"},
        StreamObstacle{"no_right_to_read",
                       {"ACL", "SETUSER", "default", "-xread"},
                       {"ACL", "SETUSER", "default", "+xread"},
                       "ACL SETUSER default '+xread'"},
        StreamObstacle{
            "a_replica", {"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}, "this is a read-only replica"}),
    [](const auto& obstacle) { return obstacle.param.name; });

class StreamsThatFailLater : public StreamsInTrouble {
 protected:
  const RedisServer redis_;
};

TEST_F(StreamsThatFailLater, AMasterThatBecomesAReplicaIsReadAndNotedOnceItIsOneAgain) {
  RedisClient client(redis_);
  RelayProcess relay = relay_of(redis_);
  add_price(client, 1);
  ASSERT_TRUE(have_come(1));
  ASSERT_TRUE(is_noted(redis_));
  add_price(client, 2);
  client.command({"REPLICAOF", "127.0.0.1", "1"});
  ASSERT_TRUE(have_come(2)) << relay.process().err();
  ASSERT_TRUE(eventually([&] { return relay.process().err().find("READONLY") != std::string::npos; }))
      << relay.process().err();
  client.command({"REPLICAOF", "NO", "ONE"});
  add_price(client, 3);
  EXPECT_TRUE(have_come(3)) << relay.process().err();
  EXPECT_TRUE(is_noted(redis_)) << relay.process().err();
  EXPECT_EQ(lines_with(relay.process().err(), "could not be noted in Redis: Redis says: READONLY"), 1u)
      << relay.process().err();
  EXPECT_TRUE(gaps().is_null()) << gaps();
}

TEST_F(StreamsThatFailLater, EntriesOfAnyFormKeepTheirPlaceAndTheirKeysOverAReplay) {
  RedisClient client(redis_);
  const std::string large =
      R"({"type":"price","symbol":"AAPL","price":3,"note":")" + std::string(10 << 20, 'x') + "\"}";
  client.command({"XADD", "bus", "1-1", "price", "1"});
  client.command({"XADD", "bus", "1-2", std::string("\0\xff\r\n", 4), "x", "data",
                  R"({"symbol":"AAPL","type":"price","price":2})"});
  client.command({"XADD", "bus", "1-3", "channel", "TICKER_UPDATES_AAPL", "data", large});
  client.command({"XADD", "bus", "1-4", "channel", "TICKER_UPDATES_AAPL", "data",
                  R"({"symbol":"AAPL","type":"price","price":4})"});
  client.command({"XADD", "bus", "1-5", "channel", "TICKER_UPDATES_AAPL", "data",
                  R"({"symbol":"AAPL","type":"price","price":4})"});
  json before;
  for (int run = 1; run <= 2; ++run) {
    RelayProcess relay = relay_of(redis_);
    ASSERT_TRUE(have_come(3)) << relay.process().err();
    ASSERT_TRUE(eventually([&] { return live_price() == 4; })) << live_price();
    ASSERT_TRUE(relay.wait_delivered(5)) << relay.metrics();
    EXPECT_EQ(relay.metric("dead_letters_total"), 2) << relay.metrics();
    EXPECT_EQ(lines_with(relay.process().err(), "entry 1-1 of the stream bus has no field 'data'; it has 'price'"), 1u)
        << relay.process().err().substr(0, 4'000);
    EXPECT_EQ(lines_with(relay.process().err(), "dead letter: "), 2u);
    EXPECT_EQ(relay.stop(), 0);
    const json entries = emulator_.entries("history/AAPL/prices");
    EXPECT_TRUE(run == 1 || entries == before) << "read again each has the key that it had: " << before << entries;
    before = entries;
    client.command({"XGROUP", "SETID", "bus", "firebase-relay", "0"});
  }
  EXPECT_TRUE(gaps().is_null()) << gaps();
}

}  // namespace
}  // namespace faults_test
