// broker-sim and ledger-check as processes.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "broker_sim/ledger.h"
#include "broker_sim/manner.h"
#include "support/emulator.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace broker_sim {
namespace {

using test_support::built;
using test_support::Emulator;
using test_support::Process;
using test_support::TempDir;

TEST(LedgerCheck, AsksTheDatabaseItselfWhateverProxyTheEnvironmentNames) {
  const TempDir dir;
  std::ofstream(dir.file("ledger.jsonl")).close();
  const Emulator emulator;
  Process check(
      {built("tools/broker_sim/ledger-check"), "--ledger", dir.file("ledger.jsonl"), "--database-url", emulator.url()},
      {"http_proxy=http://127.0.0.1:1", "all_proxy=http://127.0.0.1:1", "no_proxy="});
  EXPECT_EQ(check.wait(), 0) << check.err();
}

TEST(Programs, ComplainWithoutMovingTheCursor) {
  const std::vector<std::vector<std::string>> commands = {
      {built("tools/broker_sim/broker-sim"), "--\x1b[2J"},
      {built("tools/broker_sim/broker-sim"), "--redis-url", "\x1b[2J"},
      {built("tools/broker_sim/ledger-check"), "--ledger", "x", "--database-url", "x", "--\x1b[2J"},
      {built("tools/broker_sim/ledger-check"), "--ledger", "/nonexistent/\x1b[2J", "--database-url", "x"}};
  for (const auto& command : commands) {
    Process process(command);
    EXPECT_NE(process.wait(), 0);
    EXPECT_EQ(process.err().find('\x1b'), std::string::npos) << process.err();
    EXPECT_NE(process.err().find("\\x1b[2J"), std::string::npos) << process.err();
  }
}

/// The messages that broker-sim publishes within a second at `rate`.
std::string published(const std::string& rate) {
  const TempDir dir;
  Process broker({built("tools/broker_sim/broker-sim"), "--rate", rate, "--seconds", "1", "--messages", "9",
                  "--commands", dir.file("commands")});
  EXPECT_EQ(broker.wait(std::chrono::seconds(10)), 0) << rate << ": " << broker.err();
  return broker.out();
}

TEST(BrokerSim, PacesAtRatesHoweverSmallAndEndsInTime) {
  for (const char* rate : {"0.1", "1e-12", "1e-320"}) {
    EXPECT_TRUE(published(rate).starts_with("published 1 messages")) << rate << ": " << published(rate);
  }
  EXPECT_TRUE(published("0").starts_with("published 9 messages"));
}

TEST(BrokerSim, RefusesNumbersThatNoClockCanCount) {
  for (const char* flag : {"--rate", "--seconds", "--wait-for-subscriber"}) {
    for (const char* number : {"-1", "nan", "inf", "1e300", "two"}) {
      Process broker(
          {built("tools/broker_sim/broker-sim"), flag, number, "--messages", "1", "--commands", "/dev/null"});
      EXPECT_EQ(broker.wait(), 2) << flag << " " << number;
      EXPECT_NE(broker.err().find(flag), std::string::npos) << broker.err();
    }
  }
}

TEST(BrokerSim, EndsWhenAskedToWhileItWaits) {
  const TempDir dir;
  Process broker({built("tools/broker_sim/broker-sim"), "--rate", "0.001", "--commands", dir.file("commands")});
  ASSERT_TRUE(test_support::eventually([&] { return std::ifstream(dir.file("commands")).peek() != EOF; }));
  broker.signal(SIGINT);
  EXPECT_EQ(broker.wait(std::chrono::seconds(5)), 0);
}

/// All that stands in a stream.
std::vector<Publication> entries_of(test_support::RedisClient& client, const std::string& stream) {
  const std::string script = "return cjson.encode(redis.call('XRANGE', KEYS[1], '-', '+'))";
  std::vector<Publication> entries;
  for (const auto& entry : nlohmann::json::parse(client.command({"EVAL", script, "1", stream}))) {
    const auto fields = entry[1].get<std::vector<std::string>>();
    EXPECT_EQ(fields.size(), 4u);
    EXPECT_EQ(fields[0], "channel");
    EXPECT_EQ(fields[2], "data");
    entries.push_back({fields[1], fields[3]});
  }
  return entries;
}

TEST(BrokerSim, AddsToStreamsWhatItsLedgerSaysInThatOrder) {
  const test_support::RedisServer redis;
  const TempDir dir;
  Process broker({built("tools/broker_sim/broker-sim"), "--redis-url", redis.url(), "--stream", "a,b", "--rate", "0",
                  "--messages", "2500", "--ledger", dir.file("ledger.jsonl")});
  ASSERT_EQ(broker.wait(), 0) << broker.err();
  EXPECT_EQ(broker.err(), "") << "nobody has to listen to a stream";
  std::map<std::string, std::vector<std::string>> published;
  read_ledger(dir.file("ledger.jsonl"), [&](const Publication& publication, std::int64_t) {
    published[stream_of(publication, {"a", "b"})].push_back(publication.channel + "\n" + publication.payload);
  });
  test_support::RedisClient client(redis);
  for (const char* stream : {"a", "b"}) {
    std::vector<std::string> added;
    for (const auto& [channel, payload] : entries_of(client, stream)) added.push_back(channel + "\n" + payload);
    EXPECT_GT(added.size(), 300u);
    EXPECT_EQ(added, published[stream]) << stream;
  }
}

TEST(BrokerSim, KeepsAStreamAboutAsShortAsItIsTold) {
  const test_support::RedisServer redis;
  Process broker({built("tools/broker_sim/broker-sim"), "--redis-url", redis.url(), "--stream", "bus", "--maxlen",
                  "200", "--rate", "0", "--messages", "3000"});
  ASSERT_EQ(broker.wait(), 0) << broker.err();
  test_support::RedisClient client(redis);
  const int length = std::stoi(client.command({"XLEN", "bus"}));
  EXPECT_GE(length, 200);
  EXPECT_LT(length, 500) << "Redis drops whole nodes, of a hundred entries";
}

TEST(BrokerSim, RefusesWhatMakesNoSenseOfAStream) {
  // Each with what the complaint names last.
  const std::vector<std::vector<std::string>> flags = {{"--stream", ""},
                                                       {"--wait-for-subscriber", "1", "--stream", "bus"},
                                                       {"--maxlen", "5"},
                                                       {"--stream", "bus", "--maxlen", "0"},
                                                       {"--stream", "bus", "--maxlen", "1.5"}};
  for (const auto& given : flags) {
    std::vector<std::string> command = {built("tools/broker_sim/broker-sim"), "--messages", "1", "--commands",
                                        "/dev/null"};
    command.insert(command.end(), given.begin(), given.end());
    Process broker(command);
    EXPECT_EQ(broker.wait(), 2) << testing::PrintToString(given);
    EXPECT_NE(broker.err().find(given[given.size() - 2]), std::string::npos) << broker.err();
  }
}

}  // namespace
}  // namespace broker_sim
