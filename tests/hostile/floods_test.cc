// Too much of everything: memory stays where it was, each refusal is counted, and what is known goes on.
#include <gtest/gtest.h>

#include <fstream>

#include "support/eventually.h"
#include "support/relay_process.h"

namespace hostile_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;  // the sanitizers keep what was freed
#else
constexpr bool kMemoryIsOurs = true;
#endif

/// `VmRSS` or `VmHWM` (the most it ever was) of a process, in MiB.
double memory_mib(RelayProcess& relay, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(relay.process().pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return -1;
}

std::string price(const std::string& ticker, int value) {
  return R"({"type":"price","price":")" + std::to_string(value) + R"(","symbol":")" + ticker + "\"}";
}

TEST(Flood, OfTickersIsCountedAndNeitherMemoryNorTheDatabaseGrows) {
  constexpr int kTickers = 50'000;
  constexpr int kMax = 1'000;
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "100", "--tickers-max", std::to_string(kMax)});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  for (int i = 0; i < kMax; ++i) client.publish("X", price("T" + std::to_string(i), 1));
  ASSERT_TRUE(relay.wait_delivered(kMax)) << relay.metrics();
  const double before = memory_mib(relay, "VmRSS");

  for (int i = kMax; i < kTickers; ++i) client.publish("X", price("T" + std::to_string(i), 1));
  for (int i = 0; i < kMax; ++i) client.publish("X", price("T" + std::to_string(i), 2));

  ASSERT_TRUE(relay.wait_delivered(kTickers + kMax)) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total", "\"tickers_max\""), kTickers - kMax) << relay.process().err();
  EXPECT_EQ(relay.metric("messages_delivered_total"), 2 * kMax);
  EXPECT_EQ(emulator.get("services").size(), kMax);
  EXPECT_EQ(emulator.get("services/T0/price"), "2") << "the known go on";
  EXPECT_EQ(emulator.get("services/T999/price"), "2");
  if (kMemoryIsOurs) {
    EXPECT_LT(memory_mib(relay, "VmHWM") - before, 64) << before;
  }
  EXPECT_TRUE(relay.accounts_add_up());
}

TEST(Flood, OfUnroutedChannelsIsCountedApart) {
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "100", "--tickers-max", "100"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);

  for (int i = 0; i < 5'000; ++i) client.publish("C" + std::to_string(i), R"({"x":1})");
  for (int i = 0; i < 100; ++i) client.publish("C0", price("T" + std::to_string(i), 1));

  ASSERT_TRUE(relay.wait_delivered(5'100)) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total", "\"tickers_max\""), 4'900);
  EXPECT_EQ(emulator.get("channels").size(), 100u);
  EXPECT_EQ(emulator.get("services").size(), 100u);
}

TEST(Flood, OfLongNamesIsForgottenAgain) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "100"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  constexpr int kMessages = 200;

  for (int i = 0; i < kMessages; ++i) client.publish("X", price(std::string(900'000, 'n') + std::to_string(i), 1));
  for (int i = 0; i < kMessages; ++i) client.publish(std::string(900'000, 'c') + std::to_string(i), "{}");

  ASSERT_TRUE(relay.wait_delivered(2 * kMessages)) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total", "path_too_long"), 2 * kMessages);
  if (kMemoryIsOurs) {
    // 400 names of 900 kB are 360 MB, in every path of theirs several times that.
    EXPECT_TRUE(eventually([&] { return memory_mib(relay, "VmRSS") < 250; })) << memory_mib(relay, "VmRSS");
    EXPECT_LT(memory_mib(relay, "VmHWM"), 400);
  }
}

TEST(Message, Of100MegabytesRaisesMemoryByTwiceItsSizeAtMostAndGivesItBack) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--flush-interval-ms", "10"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.publish("X", price("T", 1));
  ASSERT_TRUE(relay.wait_delivered(1));
  const double before = memory_mib(relay, "VmRSS");
  constexpr double kSizeMiB = 100;

  client.publish("X", '"' + std::string(100 << 20, 'x') + '"');
  client.publish("X", price("T", 2));

  ASSERT_TRUE(relay.wait_delivered(3)) << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total", "message_too_large"), 1);
  EXPECT_EQ(emulator.get("services/T/price"), "2");
  if (kMemoryIsOurs) {
    EXPECT_LT(memory_mib(relay, "VmHWM") - before, 2 * kSizeMiB + 16);
    EXPECT_TRUE(eventually([&] { return memory_mib(relay, "VmRSS") < before + 16; }))
        << before << " -> " << memory_mib(relay, "VmRSS");
  }
}

}  // namespace
}  // namespace hostile_test
