// What was set aside can be listed, shown, retried and dropped, while the relay runs and while it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

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
using ::testing::HasSubstr;

/// Over 1,100 bytes: too long for a relay with --message-max-bytes 1100, fine for the default.
std::string long_price(const std::string& price) {
  return R"({"type":"price","price":")" + price + R"(","volume":null,"symbol":"AAPL","note":")" +
         std::string(1'200, 'x') + "\"}";
}

class DeadLettersCommand : public testing::Test {
 protected:
  std::unique_ptr<RelayProcess> relay(std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--outbox", outbox, "--flush-interval-ms", "10"});
    auto process = std::make_unique<RelayProcess>(redis, database, flags);
    EXPECT_TRUE(process->wait_ready());
    return process;
  }
  Ran command(std::vector<std::string> words) {
    words.insert(words.begin(), "dead-letters");
    const bool sends = words[1] == "retry";
    words.insert(words.end(), {"--outbox", outbox});
    if (sends) words.insert(words.end(), {"--database-url", database.database_url(), "--drain-timeout-ms", "1500"});
    return run_relay_command(words);
  }
  std::vector<nlohmann::json> rows() {
    std::vector<nlohmann::json> all;
    std::istringstream lines(command({"list", "--json"}).out);
    for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  /// A relay that takes only short messages, and has set `payload` aside.
  std::unique_ptr<RelayProcess> relay_that_set_aside(const std::string& payload) {
    auto process = relay({"--message-max-bytes", "1100"});
    RedisClient(redis).publish("TICKER_UPDATES_AAPL", payload);
    EXPECT_TRUE(eventually([&] { return process->metric("dead_letters_stored") == 1; })) << process->metrics();
    return process;
  }
  void leave_one(const std::string& payload) { EXPECT_EQ(relay_that_set_aside(payload)->stop(), 0); }

  TempDir dir;
  std::string outbox = dir.file("outbox.db");
  const RedisServer redis;
  const Emulator database;
};

TEST_F(DeadLettersCommand, ListsShowsAndDropsWhatWasSetAsideBesideTheRelayAndWithoutIt) {
  auto process = relay();
  const std::string raw("{\0\xFE\"\n", 5);
  RedisClient client(redis);
  client.publish("NEWS", raw);
  client.publish("NEWS", "hello");
  ASSERT_TRUE(eventually([&] { return process->metric("dead_letters_stored") == 2; })) << process->metrics();

  const std::vector<nlohmann::json> listed = rows();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[1]["channel"], "NEWS");
  EXPECT_EQ(listed[1]["payload"], "hello");
  EXPECT_EQ(listed[1]["reason"], "invalid_json");
  EXPECT_EQ(listed[1]["count"], 1);
  EXPECT_THAT(listed[1]["arrived_at"].get<std::string>(), testing::MatchesRegex("20..-..-..T..:..:..\\..*Z"));
  const std::string id = listed[0]["id"].dump();
  const Ran shown = command({"show", id});
  EXPECT_EQ(shown.status, 0);
  EXPECT_EQ(shown.out, raw) << "the bytes and nothing else";
  EXPECT_THAT(shown.err, HasSubstr("NEWS"));
  EXPECT_THAT(shown.err, HasSubstr("invalid_json at byte 1: \\x00 stands where a key"));
  EXPECT_THAT(command({"list"}).out, HasSubstr("hello  at byte 0: hello is no JSON value\n"));
  EXPECT_EQ(command({"drop", id}).out, "1 dropped\n");
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_TRUE(eventually([&] { return process->metric("dead_letters_stored") == 1; }));
  EXPECT_TRUE(process->accounts_add_up()) << process->metrics();

  ASSERT_EQ(process->stop(), 0);

  EXPECT_EQ(rows().size(), 1u);
  EXPECT_EQ(command({"drop", "--all"}).status, 0);
  EXPECT_EQ(command({"list"}).out, "no dead letters\n");
}

TEST_F(DeadLettersCommand, SayClearlyWhatTheyWereAskedWrongly) {
  leave_one("hello" + std::string(1'200, 'x'));
  for (const char* action : {"show", "retry", "drop"}) {
    const Ran ran = command({action, "99"});
    EXPECT_NE(ran.status, 0) << action;
    EXPECT_THAT(ran.err, HasSubstr("there is no dead letter 99")) << action;
  }
  EXPECT_EQ(command({"retry"}).status, 2);
  EXPECT_EQ(command({"drop", "1", "--all"}).status, 2);
  EXPECT_THAT(command({"show", "one"}).err, HasSubstr("'one' is no id"));
  EXPECT_THAT(command({"burn", "1x"}).err, HasSubstr("expected list, show, retry or drop"));
  EXPECT_EQ(rows().size(), 1u) << "and did nothing";
  EXPECT_EQ(run_relay_command({"dead-letters", "list", "--outbox", dir.file("other.db")}).status, 1);
}

TEST_F(DeadLettersCommand, RetryIsSentOnceByTheRelayThatRunsAndNotLive) {
  leave_one(long_price("7"));
  auto process = relay();

  const Ran ran = command({"retry", "--all"});

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("1 marked"));
  EXPECT_TRUE(eventually([&] { return database.entries("history/AAPL/prices").size() == 1; }));
  EXPECT_TRUE(eventually([&] { return process->metric("dead_letters_stored") == 0; }));
  EXPECT_TRUE(eventually([&] { return process->metric("messages_in_flight") == 0; }));
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(process->metric("messages_recovered_total"), 1);
  EXPECT_EQ(process->metric("messages_delivered_total"), 1);
  EXPECT_TRUE(process->accounts_add_up()) << process->metrics();
  EXPECT_EQ(process->stop(), 0);
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 1u);
  EXPECT_TRUE(database.get("services/AAPL/price").is_null()) << "it may be old";
}

TEST_F(DeadLettersCommand, RetryWithLiveWritesTheLiveValuesToo) {
  leave_one(long_price("7"));
  auto process = relay();

  EXPECT_EQ(command({"retry", "--all", "--live"}).status, 0);

  EXPECT_TRUE(eventually([&] { return database.get("services/AAPL/price") == "7"; })) << process->metrics();
  EXPECT_TRUE(eventually([&] { return database.entries("history/AAPL/prices").size() == 1; }));
  EXPECT_TRUE(eventually([&] { return process->metric("messages_in_flight") == 0; }));
  EXPECT_TRUE(process->accounts_add_up()) << process->metrics();
}

TEST_F(DeadLettersCommand, RetryDeliversByItselfWhileNoRelayRuns) {
  leave_one(long_price("7"));
  const std::string state = database.get("relay/test/heartbeat_at");

  const Ran ran = command({"retry", "1"});

  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("1 delivered"));
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 1u);
  EXPECT_TRUE(database.get("services/AAPL/price").is_null());
  EXPECT_EQ(database.get("relay/test/heartbeat_at"), state) << "it is no relay";
  EXPECT_TRUE(rows().empty());
}

TEST_F(DeadLettersCommand, RetryWithoutTheDatabaseFailsAndTheNextRelaySendsIt) {
  leave_one(long_price("7"));
  database.control("POST", "faults", {{"kind", "status"}, {"status", 503}, {"ms", 600'000}});

  const Ran ran = command({"retry", "--all"});

  EXPECT_EQ(ran.status, 1) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("1 wait in the outbox"));
  database.control("DELETE", "faults");
  auto process = relay();
  EXPECT_TRUE(eventually([&] { return process->metric("messages_delivered_total") == 1; })) << process->metrics();
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 1u);
  EXPECT_TRUE(process->accounts_add_up()) << process->metrics();
}

TEST_F(DeadLettersCommand, RetryThatFailsAgainComesBackWithItsCount) {
  auto process = relay_that_set_aside(long_price("7"));

  EXPECT_EQ(command({"retry", "--all"}).status, 0);

  EXPECT_TRUE(eventually([&] {
    const auto listed = rows();
    return listed.size() == 1 && listed[0]["count"] == 2;
  }));
  EXPECT_EQ(rows()[0]["payload"], long_price("7"));
  EXPECT_TRUE(process->accounts_add_up()) << process->metrics();
  ASSERT_EQ(process->stop(), 0);
}

TEST_F(DeadLettersCommand, PoisonIsListedWithTheMessageAndCanBeRetried) {
  auto process = relay();
  database.control("POST", "faults", {{"kind", "poison"}, {"marker", "p01son"}});
  const std::string poison = R"({"type":"price","price":"p01son","volume":null,"symbol":"AAPL"})";
  RedisClient client(redis);
  client.publish("TICKER_UPDATES_AAPL", poison);
  client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":"2","volume":null,"symbol":"AAPL"})");

  ASSERT_TRUE(eventually([&] { return process->metric("dead_letters_stored") == 1; })) << process->metrics();

  const auto listed = rows();
  EXPECT_EQ(listed.at(0)["reason"], "refused");
  EXPECT_EQ(listed.at(0)["payload"], poison);
  EXPECT_EQ(listed.at(0)["channel"], "TICKER_UPDATES_AAPL");
  database.control("DELETE", "faults");
  EXPECT_EQ(command({"retry", "--all"}).status, 0);
  EXPECT_TRUE(eventually([&] { return database.entries("history/AAPL/prices").size() == 2; }));
  EXPECT_EQ(database.get("services/AAPL/price"), "2");
}

TEST_F(DeadLettersCommand, WhatIsCutOffCannotBeRetriedAndSaysSo) {
  leave_one(long_price(std::string(70'000, '7')));
  EXPECT_EQ(rows().at(0)["cut_off"], true);

  const Ran ran = command({"retry", "1"});

  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, HasSubstr("only the first are kept"));
  const Ran all = command({"retry", "--all"});
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.out, HasSubstr("0 marked for a retry\n1 stay: of their payload only the first bytes are kept"));
  EXPECT_EQ(command({"show", "1"}).out.size(), 4096u);
  EXPECT_EQ(rows().size(), 1u);
}

TEST_F(DeadLettersCommand, AreBoundedAndWhatHadToGoIsCounted) {
  auto process = relay({"--dead-letters-max", "120"});
  RedisClient client(redis);
  for (int i = 0; i < 150; ++i) client.publish("CHANNEL" + std::to_string(i), "hello");

  EXPECT_TRUE(eventually([&] { return process->metric("dead_letters_evicted_total") == 30; })) << process->metrics();
  EXPECT_EQ(process->metric("dead_letters_total"), 150);
  const auto listed = rows();
  EXPECT_EQ(listed.size(), 120u);
  EXPECT_EQ(listed.at(0)["channel"], "CHANNEL30") << "the oldest went";
}

TEST_F(DeadLettersCommand, ARowOfTheListCanBeReplayed) {
  leave_one(long_price("7"));
  std::ofstream(dir.file("rows")) << command({"list", "--json"}).out;

  const Ran ran = run_relay_command({"replay", dir.file("rows"), "--database-url", database.database_url()});

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 1u);
}

TEST_F(DeadLettersCommand, CheckTellsHowTheOutboxIsAndDoesNotTouchIt) {
  const auto outbox_line = [&] {
    const std::string all = run_relay_command({"check", "--redis-url", redis.url(), "--database-url",
                                               database.database_url(), "--outbox", outbox})
                                .out;
    const std::size_t at = all.find("outbox ");
    return at == std::string::npos ? all : all.substr(all.rfind('\n', at) + 1);
  };
  EXPECT_THAT(outbox_line(), testing::AllOf(testing::StartsWith("ok"), HasSubstr("not there yet")));
  EXPECT_FALSE(std::filesystem::exists(outbox));
  auto process = relay_that_set_aside(long_price("7"));
  EXPECT_THAT(outbox_line(), testing::AllOf(testing::StartsWith("ok"), HasSubstr("in use by a relay")));
  EXPECT_EQ(process->stop(), 0);
  EXPECT_THAT(outbox_line(), testing::AllOf(testing::StartsWith("ok"), HasSubstr("1 dead letters")));
  std::ofstream(outbox, std::ios::trunc) << std::string(10'000, 'x');
  EXPECT_THAT(outbox_line(), testing::AllOf(testing::StartsWith("FAILED"), HasSubstr("sets it aside")));
}

}  // namespace
}  // namespace pipeline_test
