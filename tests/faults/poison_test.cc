// Guarantee 4: one bad message never blocks or sinks the others.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using nlohmann::json;
using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

constexpr int kPrices = 5'000;

std::string price(int number, bool poisonous) {
  return json{{"type", "price"},
              {"symbol", number % 2 == 0 ? "AAPL" : "MSFT"},
              {"price", number},
              {"note", poisonous ? "venomous" : "wholesome"}}
      .dump();
}

std::vector<json> listed_dead_letters(const std::string& outbox) {
  Process list({built("src/firebase-relay"), "dead-letters", "list", "--json", "--outbox", outbox});
  EXPECT_EQ(list.wait(), 0) << list.err();
  std::vector<json> letters;
  std::istringstream lines(list.out());
  for (std::string line; std::getline(lines, line);) letters.push_back(json::parse(line));
  return letters;
}

TEST(Poison, ThreeAmongFiveThousandAreThreeDeadLettersAndTheRestArrives) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  emulator.control("POST", "faults", {{"kind", "poison"}, {"marker", "venomous"}});
  const TempDir dir;
  RelayProcess relay(redis, emulator, {"--outbox", dir.file("outbox.db")});
  ASSERT_TRUE(relay.wait_ready());
  const std::set<int> poisonous = {17, 2'500, 4'999};

  RedisClient client(redis);
  for (int i = 0; i < kPrices; ++i) client.publish("TICKER_UPDATES_X", price(i, poisonous.contains(i)));

  ASSERT_TRUE(relay.wait_delivered(kPrices)) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total", "reason=\"refused\""), 3) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 3);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  std::vector<json> letters;
  ASSERT_TRUE(eventually([&] {
    letters = listed_dead_letters(dir.file("outbox.db"));
    return letters.size() == poisonous.size();
  })) << letters.size();
  std::set<int> listed;
  for (const json& letter : letters) {
    EXPECT_EQ(letter.at("reason"), "refused");
    EXPECT_EQ(letter.at("channel"), "TICKER_UPDATES_X");
    listed.insert(json::parse(letter.at("payload").get<std::string>()).at("price").get<int>());
  }
  EXPECT_EQ(listed, poisonous);
  std::multiset<int> arrived;
  for (const char* ticker : {"AAPL", "MSFT"}) {
    for (const json& entry : emulator.entries(std::string("history/") + ticker + "/prices"))
      arrived.insert(entry.at("price").get<int>());
  }
  std::multiset<int> expected;
  for (int i = 0; i < kPrices; ++i) {
    if (!poisonous.contains(i)) expected.insert(i);
  }
  EXPECT_EQ(arrived, expected);
}

}  // namespace
}  // namespace faults_test
