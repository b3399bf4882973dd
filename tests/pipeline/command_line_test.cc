// What a person types: every subcommand against real servers.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/eventually.h"
#include "support/names.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

const std::string kProgram = built("src/firebase-relay");
constexpr const char* kPrice = R"({"type":"price","price":"1.5","volume":null,"symbol":"AAPL"})";

bool has_subscriber(RedisClient& client) { return client.command({"PUBSUB", "NUMPAT"}) != "0"; }

TEST(Tap, PrintsMessagesAsLines) {
  const RedisServer redis;
  RedisClient client(redis);
  Process tap({kProgram, "tap", "--redis-url", redis.url()});
  ASSERT_TRUE(eventually([&] { return has_subscriber(client); })) << tap.err();
  client.publish("TICKER_UPDATES_AAPL", kPrice);
  tap.wait_for("AAPL");
  EXPECT_NE(tap.out().find("price"), std::string::npos);
  EXPECT_NE(tap.out().find(kPrice), std::string::npos);
  tap.signal(SIGINT);
  EXPECT_EQ(tap.wait(), 0);
}

TEST(Tap, WarnsOfAPasswordThatTheProcessListShows) {
  const RedisServer redis;
  const std::string socket = redis.url().substr(std::string("unix://").size());
  Process tap({kProgram, "tap", "--redis-url", "unix://:s3cret@" + socket});
  ASSERT_TRUE(eventually([&] { return tap.err().find("the process list shows the password") != std::string::npos; }))
      << tap.err();
  EXPECT_EQ(tap.err().find("s3cret"), std::string::npos);
  tap.signal(SIGINT);
  EXPECT_EQ(tap.wait(), 0);
}

TEST(Tap, PrintsJsonThatRouteTestTakes) {
  const RedisServer redis;
  RedisClient client(redis);
  const test_support::TempDir dir;
  Process tap({kProgram, "tap", "--json", "--redis-url", redis.url()});
  ASSERT_TRUE(eventually([&] { return has_subscriber(client); })) << tap.err();
  client.publish("TICKER_UPDATES_AAPL", kPrice);
  client.publish(std::string("bin\xff\0", 5), std::string("\xfe\0", 2));
  tap.wait_for("base64");
  tap.signal(SIGTERM);
  ASSERT_EQ(tap.wait(), 0);
  std::istringstream lines(tap.out());
  std::string first;
  std::getline(lines, first);
  const nlohmann::json message = nlohmann::json::parse(first);
  EXPECT_EQ(message.at("channel"), "TICKER_UPDATES_AAPL");
  EXPECT_EQ(message.at("payload"), kPrice);
  EXPECT_EQ(message.at("ticker"), "AAPL");

  std::ofstream(dir.file("tapped.jsonl")) << tap.out();
  Process check({kProgram, "check", "--route-test", dir.file("tapped.jsonl")});
  ASSERT_EQ(check.wait(), 0) << check.err();
  EXPECT_NE(check.out().find("services/AAPL/price"), std::string::npos) << check.out();
  EXPECT_NE(check.out().find("invalid_utf8"), std::string::npos) << check.out();
}

TEST(RouteTest, ShowsThePathsOfEachLine) {
  const test_support::TempDir dir;
  std::ofstream(dir.file("messages.tsv")) << "TICKER_UPDATES_BRK.B\t"
                                          << R"({"type":"price","price":"1","volume":2})"
                                          << "\nNEWS\t{\"a\":1}\nNEWS\t{\"a\":{\"b\":NaN}}\n";
  Process check({kProgram, "check", "--route-test", dir.file("messages.tsv")});
  ASSERT_EQ(check.wait(), 0) << check.err();
  std::istringstream lines(check.out());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  nlohmann::json shown = nlohmann::json::parse(line);
  EXPECT_NE(line.find("services/BRK%2EB/price"), std::string::npos) << line;
  EXPECT_NE(line.find("history/BRK%2EB/prices/"), std::string::npos) << line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_NE(line.find("channels/NEWS"), std::string::npos) << line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line, R"({"line":3,"dead_letter":"invalid_json","fault":"byte 10, a/b: NaN is no JSON value"})");
}

TEST(RouteTest, SaysOnStderrWhatCannotBeTried) {
  const test_support::TempDir dir;
  std::ofstream(dir.file("messages.tsv")) << "NEWS\t{\"a\":1}\r\n\r\n";
  std::ofstream(dir.file("routes.json")) << R"({"routes":7})";
  const auto expect_one_line = [](const std::vector<std::string>& words) {
    Process check(words);
    EXPECT_EQ(check.wait(), 2);
    EXPECT_EQ(check.out(), "");
    EXPECT_EQ(std::ranges::count(check.err(), '\n'), 1) << check.err();
  };
  expect_one_line({kProgram, "check", "--routes", dir.file("routes.json"), "--route-test", dir.file("messages.tsv")});
  expect_one_line({kProgram, "check", "--route-test", dir.file("")});
  expect_one_line({kProgram, "check", "--route-test", dir.file("nowhere.tsv")});
  Process good({kProgram, "check", "--route-test", dir.file("messages.tsv")});
  EXPECT_EQ(good.wait(), 0) << good.out();
  EXPECT_EQ(std::ranges::count(good.out(), '\n'), 1) << "a blank line is none: " << good.out();
}

TEST(BrokerSim, RefusesNumbersThatAreNone) {
  for (const char* mistake : {"--rate=-1", "--rate=nan", "--tickers=0", "--seconds=-1", "--wait-for-subscriber=inf"}) {
    Process broker({built("tools/broker_sim/broker-sim"), mistake});
    EXPECT_EQ(broker.wait(), 2) << mistake;
    EXPECT_NE(broker.err().find("expected a number from "), std::string::npos) << mistake << ": " << broker.err();
  }
}

TEST(Check, SaysWhatIsWellAndWhatIsNot) {
  const RedisServer redis;
  const Emulator emulator;
  Process good({kProgram, "check", "--redis-url", redis.url(), "--database-url", emulator.database_url()});
  EXPECT_EQ(good.wait(), 0) << good.out() << good.err();
  EXPECT_EQ(good.out().find("FAILED"), std::string::npos) << good.out();
  EXPECT_TRUE(emulator.get("relay").is_null()) << "check leaves nothing behind";

  Process bad({kProgram, "check", "--redis-url", "unix:///nowhere/redis.sock", "--database-url",
               "http://127.0.0.1:1/?ns=demo"});
  EXPECT_EQ(bad.wait(), 1) << bad.out() << bad.err();
  EXPECT_NE(bad.out().find("FAILED  redis"), std::string::npos) << bad.out();
  EXPECT_NE(bad.out().find("FAILED  database"), std::string::npos) << bad.out();
}

TEST(Check, SaysWhatToDoByWhatTheDatabaseAnswersAndWhereNoArchiveCanBe) {
  const RedisServer redis;
  const Emulator emulator;
  for (const auto& [status, remedy] : {std::pair(402, "402: the plan's quota is used up, or its payment failed"),
                                       std::pair(404, "404: no database at this address")}) {
    emulator.control("POST", "faults", {{"kind", "status"}, {"status", status}, {"count", 1000}});
    Process bad({kProgram, "check", "--redis-url", redis.url(), "--database-url", emulator.database_url(), "--archive",
                 "/proc/x"});
    EXPECT_EQ(bad.wait(), 1);
    EXPECT_NE(bad.out().find(remedy), std::string::npos) << bad.out();
    EXPECT_NE(bad.out().find("FAILED  archive"), std::string::npos) << bad.out();
    emulator.control("DELETE", "faults");
  }
}

TEST(Healthcheck, IsGoodWhileTheRelayRuns) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  const std::string address = relay.http_url().substr(std::string("http://").size());
  Process good({kProgram, "healthcheck", "--http-listen", address});
  EXPECT_EQ(good.wait(), 0) << good.err();
  ASSERT_EQ(relay.stop(), 0);
  Process bad({kProgram, "healthcheck", "--http-listen", address});
  EXPECT_EQ(bad.wait(), 1) << bad.err();
}

// What a person typed, or another program in an environment, may hold anything.
TEST(Complaints, HaveNoControlCharacters) {
  Process replay({kProgram, "replay", "/nowhere/\033[2J\n"});
  EXPECT_EQ(replay.wait(), 2);
  Process routes({kProgram, "check", "--route-test", "/nowhere/\033[2J"});
  EXPECT_EQ(routes.wait(), 2);
  Process check({kProgram, "check", "--redis-url", "unix:///nowhere/\033[2J", "--database-url", "http://127.0.0.1:1",
                 "--allow-plaintext"});
  EXPECT_EQ(check.wait(), 1);
  for (const std::string& text : {replay.err(), routes.err(), check.out(), check.err()})
    EXPECT_EQ(text.find('\033'), std::string::npos) << text;
  EXPECT_NE(check.out().find("\\x1b[2J"), std::string::npos) << check.out();
}

std::string address_of(const RelayProcess& relay) { return relay.http_url().substr(std::string("http://").size()); }

TEST(Status, ShowsHowTheRelayIsThatRuns) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("TICKER_UPDATES_AAPL", kPrice);
  client.publish("TICKER_UPDATES_AAPL", "no JSON");
  ASSERT_TRUE(relay.wait_delivered(2));

  Process status({kProgram, "status", "--http-listen", address_of(relay)});

  ASSERT_EQ(status.wait(), 0) << status.err();
  const std::string text = status.out();
  for (const char* part :
       {"redis       connected\n", "database    reachable\n", "received             2 ", "delivered            1 ",
        "dead                 1\n", "in flight            0\n", "gaps        none\n"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
  EXPECT_EQ(text.find("p99 none"), std::string::npos) << text;
  EXPECT_EQ(text.find('\033'), std::string::npos) << "no colours into a file";
}

TEST(Status, AsksTheRelayDirectByWhateverNameAlthoughThereIsAProxy) {
  const RedisServer redis;
  const Emulator emulator;
  const RelayProcess relay(redis, emulator);
  const std::string port = address_of(relay).substr(address_of(relay).rfind(':'));
  for (const char* command : {"status", "healthcheck"}) {
    std::vector<std::string> environment = test_support::with_test_names();
    environment.insert(environment.end(), {"http_proxy=http://127.0.0.1:1", "ALL_PROXY=http://127.0.0.1:1"});
    Process asking({kProgram, command, "--http-listen", "relay.here.test" + port}, environment);
    EXPECT_EQ(asking.wait(), 0) << asking.out() << asking.err();
  }
}

TEST(Status, OfNoRelayIsOneLineAndExit1) {
  Process status({kProgram, "status", "--http-listen", "127.0.0.1:1"});
  EXPECT_EQ(status.wait(), 1);
  EXPECT_EQ(status.out(), "");
  const std::string said = status.err();
  EXPECT_NE(said.find("--http-listen"), std::string::npos) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST(Status, WatchLooksAgainAndSaysWhenTheRelayIsGone) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  Process watch({kProgram, "status", "--watch", "--http-listen", address_of(relay)});
  watch.wait_for("just now", std::chrono::seconds(30));
  ASSERT_EQ(relay.stop(), 0);
  watch.wait_for("is the relay running", std::chrono::seconds(30));
  watch.signal(SIGINT);
  EXPECT_EQ(watch.wait(), 1) << "as it was seen last";
}

TEST(Run, SumsUpAtItsEnd) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  for (int i = 0; i < 3; ++i) client.publish("TICKER_UPDATES_AAPL", kPrice);
  ASSERT_TRUE(relay.wait_delivered(3));

  ASSERT_EQ(relay.stop(), 0);

  const std::string text = relay.process().err();
  EXPECT_NE(text.find("stopped: 3 messages received, 3 delivered, lag p99 <= "), std::string::npos) << text;
}

TEST(Run, ShowsEachMessageWhenAsked) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--log-messages=on"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("TICKER_UPDATES_AAPL", kPrice);
  relay.process().wait_for("TICKER_UPDATES_AAPL");
  EXPECT_NE(relay.process().out().find(kPrice), std::string::npos);
  EXPECT_NE(relay.process().err().find("cannot be replayed"), std::string::npos) << "the banner says what pub/sub is";
}

TEST(Run, ShowsEachMessageAsAnObjectWithItsTicker) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--log-messages=on", "--log-format", "json"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("TICKER_UPDATES_AAPL", kPrice);
  ASSERT_TRUE(eventually([&] { return relay.process().out().ends_with("}\n"); })) << relay.process().out();
  const nlohmann::json message = nlohmann::json::parse(relay.process().out());
  EXPECT_EQ(message.at("kind"), "price");
  EXPECT_EQ(message.at("ticker"), "AAPL");
  EXPECT_EQ(message.at("channel"), "TICKER_UPDATES_AAPL");
  EXPECT_EQ(message.at("payload"), kPrice);
}

TEST(Run, RefusesAPortThatIsTaken) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  const std::string address = relay.http_url().substr(std::string("http://").size());
  Process second({kProgram, "run", "--redis-url", redis.url(), "--database-url", emulator.database_url(),
                  "--http-listen", address});
  EXPECT_EQ(second.wait(), 1) << second.err();
  EXPECT_NE(second.err().find("--http-listen"), std::string::npos) << second.err();
}

TEST(Run, RefusesAWrongRoutesFileWithItsPlace) {
  const test_support::TempDir dir;
  std::ofstream(dir.file("routes.json"))
      << R"({"routes":[{"live":{"services":"@message","services/{TICKER}/x":"@message"}}]})";
  Process relay(
      {kProgram, "run", "--routes", dir.file("routes.json"), "--database-url", "http://127.0.0.1:1/?ns=demo"});
  EXPECT_EQ(relay.wait(), 2) << relay.err();
  EXPECT_NE(relay.err().find("routes.json"), std::string::npos) << relay.err();
  EXPECT_NE(relay.err().find("services"), std::string::npos) << relay.err();
}

TEST(Run, WithRoutesOfItsOwnWritesThere) {
  const RedisServer redis;
  const Emulator emulator;
  const test_support::TempDir dir;
  std::ofstream(dir.file("routes.json"))
      << R"({"ticker":{"fields":["symbol"],"channels":[]},"routes":[{"channel":"NEWS","live":{"latest/{TICKER}/headline":"headline"},"history":false}]})";
  RelayProcess relay(redis, emulator, {"--routes", dir.file("routes.json")});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("NEWS", R"({"symbol":"AAPL","headline":"up"})");
  client.publish("OTHER", R"({"a":1})");
  ASSERT_TRUE(relay.wait_delivered(2));
  EXPECT_EQ(emulator.get("latest/AAPL/headline"), "up");
  EXPECT_EQ(emulator.get("channels/OTHER/a"), 1);
  EXPECT_TRUE(emulator.get("history/AAPL").is_null());
}

TEST(HttpListen, AtIpv6IsFoundByHealthcheckAndStatus) {
  const RedisServer redis;
  const Emulator emulator;
  const RelayProcess relay(redis, emulator, {"--http-listen", "[::]:0"});
  const std::string port = relay.http_url().substr(relay.http_url().rfind(':') + 1);
  EXPECT_EQ(relay.http_url(), "http://[::]:" + port);
  for (const char* host : {"[::]:", "[::1]:", "127.0.0.1:"}) {
    for (const char* command : {"healthcheck", "status"}) {
      Process process({built("src/firebase-relay"), command, "--http-listen", host + port});
      EXPECT_EQ(process.wait(), 0) << host << process.out() << process.err();
    }
  }
}

}  // namespace
}  // namespace pipeline_test
