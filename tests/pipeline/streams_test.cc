// A relay that reads streams: nothing is lost by its stops and crashes, and what Redis has lost is a gap.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/eventually.h"
#include "support/paths.h"
#include "support/random_text.h"
#include "support/relay_process.h"
#include "support/temp_dir.h"

namespace pipeline_test {
namespace {

using nlohmann::json;
using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RedisTransport;
using test_support::RelayProcess;

const std::string kPrices = "history/AAPL/prices/2026-11-28";

std::string price(int i) {
  return R"({"type":"price","symbol":"AAPL","timestamp":"2026-11-28T12:00:00.000Z","volume":1,"price":)" +
         std::to_string(i) + "}";
}

std::string add(RedisClient& client, const std::string& payload, const std::string& stream = "bus") {
  return client.command({"XADD", stream, "*", "channel", "TICKER_UPDATES_AAPL", "data", payload});
}

/// Runs of a relay over one outbox.
class StreamRuns : public testing::Test {
 protected:
  explicit StreamRuns(RedisTransport transport) : redis_(transport) {}
  [[nodiscard]] std::vector<std::string> flags(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"--streams", "bus", "--outbox", dir_.file("outbox.db")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  bool have_come(int count) const {
    return eventually([&] { return static_cast<int>(emulator_.entries(kPrices).size()) == count; });
  }
  json gaps() const { return emulator_.get("relay/test/gaps"); }
  std::string group_field(const std::string& field) const {
    RedisClient client(redis_);
    return client.command({"EVAL",
                           "for _, g in ipairs(redis.call('XINFO', 'GROUPS', 'bus')) do "
                           "for i = 1, #g, 2 do if g[i] == ARGV[1] then return tostring(g[i + 1]) end end end "
                           "return 'none'",
                           "0", field});
  }

  const test_support::TempDir dir_;
  RedisServer redis_;
  const Emulator emulator_;
};

/// However Redis is reached.
class Streams : public StreamRuns, public testing::WithParamInterface<RedisTransport> {
 protected:
  Streams() : StreamRuns(GetParam()) {}
};

class StreamsOnce : public StreamRuns {
 protected:
  StreamsOnce() : StreamRuns(RedisTransport::kUnixSocket) {}
};

TEST_P(Streams, AreReadFromTheirBeginningAndOnAfterStopsAndCrashes) {
  RedisClient client(redis_);
  add(client, price(1));
  {
    RelayProcess relay(redis_, emulator_, flags());
    ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
    add(client, price(2));
    ASSERT_TRUE(have_come(2));
    EXPECT_EQ(relay.stop(), 0);
  }
  EXPECT_EQ(group_field("lag"), "0") << "noted at the stop";
  add(client, price(3));
  {
    RelayProcess relay(redis_, emulator_, flags());
    ASSERT_TRUE(have_come(3)) << relay.process().err();
    relay.kill();
  }
  add(client, price(4));
  {
    RelayProcess relay(redis_, emulator_, flags());
    ASSERT_TRUE(have_come(4)) << relay.process().err();
    EXPECT_TRUE(eventually([&] { return emulator_.get("services/AAPL/price") == 4; }));
    EXPECT_TRUE(relay.accounts_add_up());
    EXPECT_EQ(relay.process().err().find("somebody has moved"), std::string::npos) << relay.process().err();
  }
  EXPECT_TRUE(gaps().is_null()) << gaps();
}

TEST_P(Streams, NeedNoOutboxOnceAllIsNoted) {
  RedisClient client(redis_);
  {
    RelayProcess relay(redis_, emulator_, flags());
    for (int i = 1; i <= 3; ++i) add(client, price(i));
    ASSERT_TRUE(have_come(3));
    ASSERT_TRUE(eventually([&] { return group_field("lag") == "0"; }));
    relay.kill();
  }
  for (const char* part : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(dir_.file("outbox.db") + part);
  add(client, price(4));
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(have_come(4));
  EXPECT_TRUE(relay.wait_delivered(1)) << "the others were not read again";
  EXPECT_TRUE(gaps().is_null()) << gaps();
}

INSTANTIATE_TEST_SUITE_P(Over, Streams, testing::Values(RedisTransport::kUnixSocket, RedisTransport::kTls),
                         [](const auto& of) { return of.param == RedisTransport::kTls ? "tls" : "unix_socket"; });

TEST_F(StreamsOnce, WhatWasTrimmedUnreadIsAGapWithItsCountEachTime) {
  RedisClient client(redis_);
  {
    RelayProcess relay(redis_, emulator_, flags());
    add(client, price(0));
    ASSERT_TRUE(have_come(1));
    EXPECT_EQ(relay.stop(), 0);
  }
  for (int run = 1; run <= 2; ++run) {
    for (int i = 0; i < 10; ++i) add(client, price(100 * run + i));
    client.command({"XTRIM", "bus", "MAXLEN", "3"});
    RelayProcess relay(redis_, emulator_, flags());
    ASSERT_TRUE(have_come(1 + 3 * run)) << relay.process().err();
    ASSERT_TRUE(eventually([&] { return gaps().is_object() && static_cast<int>(gaps().size()) == run; })) << gaps();
    EXPECT_EQ(relay.metric("stream_entries_lost_total"), 7);
    EXPECT_NE(relay.process().err().find("gap: stream bus: 7 entries of the time from "), std::string::npos)
        << relay.process().err();
    EXPECT_EQ(relay.stop(), 0);
  }
  const json told = gaps();
  for (const auto& [key, gap] : told.items()) {
    EXPECT_EQ(gap["stream"], "bus");
    EXPECT_EQ(gap["entries"], 7);
    EXPECT_LT(gap["from"], gap["to"]) << "since the newest entry that was read";
    EXPECT_EQ(gap["cause"], "trimmed before they were read (MAXLEN or MINID)");
  }
}

TEST_F(StreamsOnce, AGapThatIsToldAgainBecauseNothingCouldBeNotedStandsOnce) {
  RedisClient client(redis_);
  {
    RelayProcess relay(redis_, emulator_, flags());
    add(client, price(0));
    ASSERT_TRUE(have_come(1));
    EXPECT_EQ(relay.stop(), 0);
  }
  client.command({"ACL", "SETUSER", "default", "-eval"});  // as if it were killed before it notes anything
  for (int run = 1; run <= 3; ++run) {
    for (int i = 0; i < 10; ++i) add(client, price(100 * run + i));
    client.command({"XTRIM", "bus", "MAXLEN", "3"});
    RelayProcess relay(redis_, emulator_, flags());
    ASSERT_TRUE(eventually([&] { return gaps().is_object() && gaps().front().at("entries") == 10 * run - 3; }))
        << gaps() << relay.process().err();
    EXPECT_EQ(gaps().size(), 1u) << "the newest telling has what the others had: " << gaps();
    relay.kill();
  }
}

TEST_F(StreamsOnce, AStreamThatWasLostIsAGapWithoutACountAndIsReadFromItsBeginning) {
  RedisClient client(redis_);
  RelayProcess relay(redis_, emulator_, flags());
  for (int i = 1; i <= 5; ++i) add(client, price(i));
  ASSERT_TRUE(have_come(5));
  ASSERT_TRUE(eventually([&] { return group_field("lag") == "0"; }));
  client.command({"FLUSHALL"});
  ASSERT_TRUE(eventually([&] { return gaps().is_object(); })) << relay.process().err();
  for (int i = 6; i <= 8; ++i) add(client, price(i));
  ASSERT_TRUE(have_come(8)) << relay.process().err();
  EXPECT_TRUE(eventually([&] { return emulator_.get("services/AAPL/price") == 8; }));
  EXPECT_EQ(gaps().size(), 1u) << gaps();
  EXPECT_FALSE(gaps().begin()->contains("entries")) << gaps();
}

TEST_F(StreamsOnce, AStreamThatWasLostIsOneGapThoughTheRelayIsKilledBeforeItIsNoted) {
  RedisClient client(redis_);
  int last = 0;
  const auto add_some = [&](int count) {
    for (int i = 0; i < count; ++i) add(client, price(++last));
  };
  for (const int at_once : {0, 2}) {  // the stream is empty for now, or has been read as it came
    const std::size_t before = gaps().size();
    client.command({"ACL", "SETUSER", "default", "+eval"});
    {
      RelayProcess relay(redis_, emulator_, flags());
      add_some(5);
      ASSERT_TRUE(have_come(last)) << relay.process().err();
      ASSERT_TRUE(eventually([&] { return group_field("lag") == "0"; }));
      add_some(1);
      ASSERT_TRUE(eventually([&] { return group_field("lag") == "0"; }));
      client.command({"ACL", "SETUSER", "default", "-eval"});
      client.command({"FLUSHALL"});
      add_some(at_once);
      ASSERT_TRUE(eventually([&] { return gaps().size() > before; })) << relay.process().err();
      relay.kill();
    }
    for (int run = 0; run < 2; ++run) {
      add_some(1);
      RelayProcess relay(redis_, emulator_, flags());
      ASSERT_TRUE(have_come(last)) << relay.process().err();
      EXPECT_EQ(gaps().size(), before + 1) << gaps();
      relay.kill();
    }
  }
}

TEST_F(StreamsOnce, AGroupThatWasMovedForwardsAfterAKillIsTold) {
  RedisClient client(redis_);
  {
    RelayProcess relay(redis_, emulator_, flags());
    for (int i = 1; i <= 3; ++i) {
      add(client, price(i));
      ASSERT_TRUE(have_come(i));
      ASSERT_TRUE(eventually([&] { return group_field("lag") == "0"; }));
    }
    relay.kill();
  }
  add(client, price(4));
  const std::string moved_to = add(client, price(5));
  add(client, price(6));
  client.command({"XGROUP", "SETID", "bus", "firebase-relay", moved_to});
  {
    RelayProcess relay(redis_, emulator_, flags());
    ASSERT_TRUE(have_come(4)) << relay.process().err();
    EXPECT_NE(relay.process().err().find("the group stands at " + moved_to + ", and not as this relay has noted it"),
              std::string::npos)
        << relay.process().err();
    ASSERT_TRUE(eventually([&] { return group_field("lag") == "0"; }));
    relay.kill();
  }
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_EQ(relay.process().err().find("somebody has moved"), std::string::npos) << relay.process().err();
  EXPECT_TRUE(gaps().is_null()) << gaps();
}

TEST_F(StreamsOnce, LiveValuesWaitForTheEndOfAReplay) {
  RedisClient client(redis_);
  {
    RelayProcess relay(redis_, emulator_, flags());
    for (int i = 1; i <= 500; ++i) add(client, price(i));
    ASSERT_TRUE(have_come(500));
    ASSERT_TRUE(eventually([&] { return group_field("lag") == "0"; }));
    EXPECT_EQ(relay.stop(), 0);
  }
  client.command({"XGROUP", "SETID", "bus", "firebase-relay", "0"});
  emulator_.control("POST", "journal", {{"enabled", true}, {"prefix", "services"}});
  RelayProcess relay(redis_, emulator_, flags({"--flush-interval-ms", "0"}));
  ASSERT_TRUE(relay.wait_delivered(500)) << relay.process().err();
  EXPECT_NE(relay.process().err().find("somebody has moved it back"), std::string::npos) << relay.process().err();
  ASSERT_TRUE(eventually([&] { return emulator_.get("services/AAPL/price") == 500; }));
  for (const json& write : emulator_.control("GET", "journal?path=services/AAPL/price"))
    EXPECT_EQ(write.at("value"), 500) << "an older one was sent";
  EXPECT_EQ(emulator_.entries(kPrices).size(), 500u) << "the same keys";
  EXPECT_TRUE(gaps().is_null()) << gaps();
}

TEST_F(StreamsOnce, AtTheOutboxLimitReadingStopsAndNothingIsShed) {
  RedisClient client(redis_);
  RelayProcess relay(redis_, emulator_, flags({"--outbox-max-mb", "1", "--queue-max-mb", "1"}));
  ASSERT_TRUE(relay.wait_ready());
  emulator_.begin_outage();
  constexpr int kCount = 6000;
  for (int i = 0; i < kCount; ++i) {
    add(client, R"({"type":"price","symbol":"AAPL","timestamp":"2026-11-28T12:00:00Z","price":)" + std::to_string(i) +
                    R"(,"note":")" + test_support::random_text(static_cast<std::uint64_t>(i), 1000) + "\"}");
  }
  ASSERT_TRUE(eventually([&] { return relay.process().err().find("outbox is at its limit") != std::string::npos; }))
      << relay.process().err();
  EXPECT_TRUE(eventually([&] { return relay.metric("stream_entries_behind") > 0; }));
  emulator_.end_outage();
  ASSERT_TRUE(eventually([&] { return emulator_.entries(kPrices).size() == static_cast<std::size_t>(kCount); },
                         std::chrono::seconds(60)))
      << emulator_.entries(kPrices).size() << relay.metrics() << relay.process().err();
  EXPECT_EQ(relay.metric("messages_shed_total"), 0);
  EXPECT_TRUE(eventually([&] { return relay.metric("stream_entries_behind") == 0; }));
}

TEST_F(StreamsOnce, CheckNamesEachRightThatLacksAndMakesNoGroup) {
  RedisClient client(redis_);
  add(client, price(1));
  const auto check = [&] {
    test_support::Process process({test_support::built("src/firebase-relay"), "check", "--streams", "bus",
                                   "--redis-url", redis_.url(), "--database-url", emulator_.database_url(), "--outbox",
                                   dir_.file("outbox.db")});
    const auto status = process.wait();
    return std::to_string(status.value_or(-1)) + process.out();
  };
  EXPECT_EQ(check()[0], '0') << check();
  for (const std::string right : {"xgroup", "xinfo", "xread", "eval"}) {
    client.command({"ACL", "SETUSER", "default", "-" + right});
    const std::string said = check();
    EXPECT_EQ(said[0], '1') << right;
    EXPECT_NE(said.find("ACL SETUSER default '+" + right), std::string::npos) << said;
    client.command({"ACL", "SETUSER", "default", "+" + right});
  }
  EXPECT_EQ(group_field("name"), "none") << "it makes none";
}

TEST_F(StreamsOnce, APathThatTwoOfThemFeedIsToldOnce) {
  RelayProcess relay(redis_, emulator_, {"--streams", "bus,other"});
  RedisClient client(redis_);
  const std::string told = "services/AAPL/price is fed from the streams ";
  int i = 0;
  const auto is_told = [&] {  // once one of the workers has had both
    for (const char* stream : {"bus", "other"}) add(client, price(++i), stream);
    return relay.process().err().find(told) != std::string::npos;
  };
  EXPECT_TRUE(eventually(is_told)) << relay.process().err();
  EXPECT_TRUE(have_come(i));
  EXPECT_EQ(relay.stop(), 0);
  const std::string said = relay.process().err();
  EXPECT_EQ(said.find(told), said.rfind(told)) << said;
}

TEST_F(StreamsOnce, AnOrderThatWasPushedOutInAReplayLeavesThoughTheRelayIsKilledThen) {
  RedisClient client(redis_);
  const auto close = [&](const std::string& id) {
    add(client, R"({"type":"order","order_data":{"event":"fill","order":{"id":")" + id +
                    R"(","symbol":"AAPL","status":"filled"}}})");
  };
  const auto live = [&] { return emulator_.get("services/AAPL/orders"); };
  const std::vector<std::string> few = {"--live-orders-max", "1", "--outbox-max-mb", "2", "--queue-max-mb", "1"};
  {
    RelayProcess relay(redis_, emulator_, flags(few));
    close("first");
    ASSERT_TRUE(eventually([&] { return live().contains("first"); })) << relay.process().err();
    EXPECT_EQ(relay.stop(), 0);
  }
  constexpr int kCount = 9000;  // more than the outbox takes: the replay cannot end
  for (int i = 0; i < kCount; ++i) {
    if (i % 100 == 0) close(std::to_string(i));  // each pushes out the one before, and the list is saved again
    add(client, R"({"type":"price","symbol":"AAPL","timestamp":"2026-11-28T12:00:00Z","price":)" + std::to_string(i) +
                    R"(,"note":")" + test_support::random_text(static_cast<std::uint64_t>(i), 2000) + "\"}");
  }
  emulator_.begin_outage();
  {
    RelayProcess relay(redis_, emulator_, flags(few));
    ASSERT_TRUE(eventually([&] { return relay.process().err().find("outbox is at its limit") != std::string::npos; }))
        << relay.process().err();
    ASSERT_TRUE(eventually([&] { return relay.metric("stream_entries_behind") > 0; })) << "it was to prove something";
    relay.kill();
  }
  emulator_.end_outage();
  RelayProcess relay(redis_, emulator_, flags(few));
  ASSERT_TRUE(eventually([&] { return live().contains("8900"); }, std::chrono::seconds(60))) << relay.process().err();
  EXPECT_TRUE(eventually([&] { return live().size() == 1; }, std::chrono::seconds(5))) << live();
}

TEST_F(StreamsOnce, ADeadLetterThatIsRetriedHasTheKeyOfItsEntry) {
  RedisClient client(redis_);
  {
    RelayProcess relay(redis_, emulator_, flags({"--message-max-bytes", "1024"}));
    add(client, R"({"type":"price","symbol":"AAPL","price":1,"note":")" + std::string(1100, 'x') + "\"}");
    ASSERT_TRUE(eventually([&] { return relay.metric("dead_letters_stored") == 1; }));
    EXPECT_EQ(relay.stop(), 0);
  }
  const std::string program = test_support::built("src/firebase-relay");
  const std::string outbox = dir_.file("outbox.db");
  const std::string id = client.command({"EVAL", "return redis.call('XRANGE', 'bus', '-', '+')[1][1]", "0"});
  test_support::Process list({program, "dead-letters", "list", "--json", "--outbox", outbox});
  ASSERT_EQ(list.wait(), 0) << list.err();
  const json listed = json::parse(list.out());
  EXPECT_EQ(listed.at("stream"), "bus");
  EXPECT_EQ(listed.at("entry"), id);
  test_support::Process show({program, "dead-letters", "show", "1", "--outbox", outbox});
  EXPECT_EQ(show.wait(), 0);
  EXPECT_NE(show.err().find("stream   bus\nentry    " + id + "\n"), std::string::npos) << show.err();
  test_support::Process retry(
      {program, "dead-letters", "retry", "--all", "--outbox", outbox, "--database-url", emulator_.database_url()});
  ASSERT_EQ(retry.wait(), 0) << retry.err();
  const auto keys = [&] {
    std::vector<std::string> all;
    const json days = emulator_.get("history/AAPL/prices");
    for (const auto& [day, entries] : days.items())
      for (const auto& [key, entry] : entries.items()) all.push_back(day + "/" + key);
    return all;
  };
  ASSERT_EQ(keys().size(), 1u);
  const std::vector<std::string> retried = keys();
  client.command({"XGROUP", "SETID", "bus", "firebase-relay", "0"});
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_delivered(1)) << relay.process().err();
  EXPECT_EQ(keys(), retried) << "read again it stands in the same place";
}

}  // namespace
}  // namespace pipeline_test
