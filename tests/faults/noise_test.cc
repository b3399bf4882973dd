// Another program's messages on the same Redis, which are no JSON: each is counted, and neither the log nor the disk is
// filled with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "support/eventually.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

constexpr int kPerSecond = 100;

/// What a socket.io adapter publishes: MessagePack, some 150 bytes.
std::string noise(int i) { return "\x93\xA6" + std::string(140, '\xC1') + std::to_string(i); }

std::ptrdiff_t lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

/// Bytes that the process has given to be written: to its log, its messages, its sockets and the disk.
std::uint64_t bytes_written(RelayProcess& relay) {
  std::ifstream io("/proc/" + std::to_string(relay.process().pid()) + "/io");
  for (std::string line; std::getline(io, line);)
    if (line.starts_with("wchar: ")) return std::stoull(line.substr(7));
  return 0;
}

/// At a steady rate, from message `first` on.
void publish_noise(const RedisServer& redis, int first, int duration) {
  RedisClient client(redis);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < duration * kPerSecond; ++i) {
    std::this_thread::sleep_until(begin + i * std::chrono::microseconds(1'000'000 / kPerSecond));
    client.publish("socket.io#/#", noise(first + i));
  }
}

TEST(Noise, OfAHundredMessagesASecondFillsNeitherTheLogNorTheDisk) {
  constexpr int kSeconds = 20;
  const RedisServer redis;
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready());
  const std::ptrdiff_t lines_before = lines_of(relay.process().err());
  const std::uint64_t before = bytes_written(relay);

  publish_noise(redis, 0, kSeconds);

  constexpr int kAll = kSeconds * kPerSecond;
  ASSERT_TRUE(eventually([&] { return relay.metric("dead_letters_total") == kAll; })) << relay.metrics();
  ASSERT_TRUE(eventually([&] { return relay.metric("dead_letters_evicted_total") == kAll - 1'000; })) << "all counted";
  // The first thousand are kept; what comes then changes a hundred of them a minute. Written one by one as they come
  // these would be 7.7 MB.
  EXPECT_LT(bytes_written(relay) - before, 3'000'000u);
  EXPECT_EQ(relay.metric("dead_letters_stored"), 1'000);
  EXPECT_LE(lines_of(relay.process().err()) - lines_before, 5) << relay.process().err();
  const std::uint64_t then = bytes_written(relay);

  publish_noise(redis, kAll, 5);

  ASSERT_TRUE(eventually([&] { return relay.metric("dead_letters_total") == kAll + 5 * kPerSecond; }));
  EXPECT_LT(bytes_written(relay) - then, 500'000u) << "for what is not kept nothing is written";
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(relay.stop(), 0);
  EXPECT_NE(relay.process().err().find("more, invalid_utf8, channel socket.io#/#; if they are not meant for the "
                                       "relay, --channels '*,!socket.io#/#*' takes them away"),
            std::string::npos)
      << relay.process().err();
}

}  // namespace
}  // namespace faults_test
