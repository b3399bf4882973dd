// SIGHUP: the routes are read again while messages flow; a terminal that goes takes nothing along.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "pipeline/broker_run.h"
#include "support/at_a_terminal.h"
#include "support/eventually.h"
#include "support/http.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::AtATerminal;
using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::http;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

/// A table that writes everything below `root`: live values and history.
std::string routes_below(const std::string& root, const std::string& history) {
  return R"({"ticker":{"channels":["N_{TICKER}"]},"routes":[{"channel":"N_*","live":{")" + root +
         R"(/{TICKER}/n":"n",")" + root + R"(/{TICKER}/m":"n"},"history":"history/{TICKER}/)" + history + R"("}]})";
}
std::string routes_below(const std::string& root) { return routes_below(root, root); }

void write_file(const std::string& file, const std::string& text) {
  std::ofstream(file + ".new") << text;
  ASSERT_EQ(::rename((file + ".new").c_str(), file.c_str()), 0);
}

double reloads(const RelayProcess& relay, const std::string& result) {
  return relay.metric("config_reloads_total", "result=\"" + result + "\"");
}

/// The numbers of the messages whose entries stand at `path`.
std::multiset<int> numbers_at(const Emulator& emulator, const std::string& path) {
  std::multiset<int> numbers;
  const auto entries = emulator.get(path);
  for (const auto& entry : entries) numbers.insert(entry.at("n").get<int>());
  return numbers;
}

TEST(Reload, UnderLoadSendsEachMessageByOneTableWhole) {
  constexpr int kMessages = 40'000;
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  const TempDir dir;
  const std::string file = dir.file("routes.json");
  write_file(file, routes_below("a"));
  RelayProcess relay(redis, emulator,
                     {"--routes", file, "--workers", "4", "--flush-interval-ms", "5", "--max-mb-per-minute", "0"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  int turns = 0;
  for (int n = 1; n <= kMessages; ++n) {
    client.publish(n % 2 == 0 ? "N_X" : "N_Y", R"({"n":)" + std::to_string(n) + "}");
    if (n % 4000 != 0) continue;
    write_file(file, routes_below(++turns % 2 == 0 ? "a" : "b"));
    relay.process().signal(SIGHUP);
    ASSERT_TRUE(eventually([&] { return reloads(relay, "ok") == turns; })) << relay.process().err();
  }
  ASSERT_TRUE(relay.wait_delivered(kMessages)) << relay.metrics();
  ASSERT_EQ(relay.stop(), 0) << relay.process().err();

  std::multiset<int> all;
  for (const char* ticker : {"X", "Y"}) {
    for (const char* root : {"a", "b"}) {
      const std::multiset<int> numbers = numbers_at(emulator, std::string("history/") + ticker + "/" + root);
      ASSERT_GT(numbers.size(), 1000u) << ticker << root;
      const std::string live = std::string(root) + "/" + ticker;
      EXPECT_EQ(emulator.get(live + "/n"), *numbers.rbegin()) << "live values went by the table of their history";
      EXPECT_EQ(emulator.get(live + "/m"), *numbers.rbegin()) << live;
      all.insert(numbers.begin(), numbers.end());
    }
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kMessages));
  EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), static_cast<std::size_t>(kMessages)) << "each once";
}

TEST(Reload, AtFullSpeedLeavesTheLedgerRight) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator,
                     {"--routes", test_support::source_dir() + "/routes.json", "--workers", "4", "--max-mb-per-minute",
                      "0", "--live-orders-max", "3"});
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  Process publishing(broker.command(redis, {"--rate", "0", "--messages", "60000", "--tickers", "20"}));
  int asked = 0;
  while (publishing.is_running()) {
    relay.process().signal(SIGHUP);
    ++asked;
    ASSERT_TRUE(eventually([&] { return reloads(relay, "ok") == asked; })) << relay.process().err();
  }
  ASSERT_EQ(publishing.wait(), 0) << publishing.err();
  ASSERT_GT(asked, 2);
  ASSERT_TRUE(relay.wait_delivered(static_cast<double>(broker.receivable()))) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator, {"--live-orders-max", "3"}), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

TEST(Reload, TakesOverWithinASecondAndRefusesWhatIsWrong) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::string file = dir.file("routes.json");
  write_file(file, routes_below("a"));
  RelayProcess relay(redis, emulator, {"--routes", file, "--flush-interval-ms", "5"});
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_NE(relay.metrics().find("config_reloads_total{result=\"refused\"} 0"), std::string::npos) << relay.metrics();
  EXPECT_NE(relay.metrics().find("config_reloads_total{result=\"ok\"} 0"), std::string::npos);
  RedisClient client(redis);

  write_file(file, "{\"routes\": [\n  {\"live\": {},\n");
  relay.process().signal(SIGHUP);
  const std::string refused = relay.process().wait_for("routes: refused, those before stay: ");
  EXPECT_NE(refused.find(file), std::string::npos) << refused;
  EXPECT_NE(refused.find("line 3"), std::string::npos) << refused;

  write_file(file, routes_below("a/{TICKER}", "c"));
  relay.process().signal(SIGHUP);
  EXPECT_NE(relay.process().wait_for("could be below").find("'a/{TICKER}/n' (/routes/0/live there)"),
            std::string::npos);
  EXPECT_EQ(reloads(relay, "refused"), 2);
  client.publish("N_X", R"({"n":1})");
  EXPECT_TRUE(eventually([&] { return emulator.get("a/X/n") == 1; })) << "the old ones stay";

  write_file(file, routes_below("b"));
  relay.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return reloads(relay, "ok") == 1; }, std::chrono::seconds(1)));
  client.publish("N_X", R"({"n":2})");
  EXPECT_TRUE(eventually([&] { return emulator.get("b/X/n") == 2; }));
  EXPECT_EQ(emulator.get("a/X/n"), 1);
  EXPECT_EQ(relay.stop(), 0);
}

TEST(Reload, OfAnEmptyFileSaysSo) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::string file = dir.file("routes.json");
  write_file(file, routes_below("a"));
  RelayProcess relay(redis, emulator, {"--routes", file});
  ASSERT_TRUE(relay.wait_ready());
  write_file(file, "");
  relay.process().signal(SIGHUP);
  EXPECT_EQ(relay.process().wait_for("routes: refused, those before stay: ").find(file + ": is empty"), 0u)
      << relay.process().err();
  EXPECT_EQ(relay.stop(), 0);
}

TEST(Reload, OfWhatIsNoFileIsRefusedAndHoldsNoStop) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::string file = dir.file("routes.json");
  write_file(file, routes_below("a"));
  RelayProcess relay(redis, emulator, {"--routes", file});
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);  // nobody will ever write into it
  relay.process().signal(SIGHUP);
  EXPECT_NE(relay.process().wait_for("routes: refused, those before stay: ").find("no regular file"),
            std::string::npos);
  EXPECT_EQ(relay.stop(), 0);
}

TEST(Reload, OfTheBuiltInTableSaysThatThereIsNoFile) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready());
  relay.process().signal(SIGHUP);
  relay.process().wait_for("routes: built in, there is no file to read again");
  EXPECT_EQ(reloads(relay, "ok"), 1);
  EXPECT_EQ(relay.stop(), 0);
}

TEST(TerminalThatIsClosed, LeavesTheRelayAtWork) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  AtATerminal relay({built("src/firebase-relay"), "run", "--redis-url", redis.url(), "--database-url",
                     emulator.database_url(), "--http-listen", "127.0.0.1:0", "--instance", "test", "--outbox",
                     dir.file("outbox.db")});
  const std::string url = relay.wait_for("http listening on ");
  ASSERT_TRUE(eventually([&] { return http("GET", url + "/readyz").status == 200; })) << url;

  relay.close();

  RedisClient client(redis);
  const auto is_reloaded = [&] {
    return http("GET", url + "/metrics").body.find("config_reloads_total{result=\"ok\"} 1") != std::string::npos;
  };
  EXPECT_TRUE(eventually(is_reloaded)) << "SIGHUP came, and was taken for what it is to a service";
  for (int i = 1; i <= 2000; ++i)  // each is a line that nobody can read any more
    client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":)" + std::to_string(i) + "}");
  EXPECT_TRUE(eventually([&] { return emulator.get("services/AAPL/price") == 2000; }));
  relay.signal(SIGTERM);
  EXPECT_EQ(relay.wait(), 0);
  EXPECT_EQ(emulator.get("relay/test/state"), "stopped");
}

TEST(TerminalThatIsClosed, EndsTap) {
  const RedisServer redis;
  AtATerminal tap({built("src/firebase-relay"), "tap", "--redis-url", redis.url()});
  tap.wait_for("subscribed at ");
  tap.close();
  EXPECT_GE(tap.wait(), 0);
}

TEST(Tap, EndsWhenNobodyReadsWhatItPrints) {
  const RedisServer redis;
  Process tap({"sh", "-c", built("src/firebase-relay") + " tap --redis-url " + redis.url() + " | head -n 1"});
  tap.wait_for("subscribed at ");
  RedisClient client(redis);
  EXPECT_TRUE(eventually([&] {
    client.publish("x", "{}");
    return !tap.is_running();
  }));
}

}  // namespace
}  // namespace pipeline_test
