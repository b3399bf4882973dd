// A disk that stalls holds up the flusher, which owns it, and nobody else: decision 2.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using std::chrono::seconds;
using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

constexpr double kMegabyte = 1e6;
constexpr int kDelayMs = 100;

/// A relay's disk, which takes kDelayMs for each write and sync between begin() and end().
class SlowDisk {
 public:
  [[nodiscard]] std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" + built("tests/support/slow_disk.so"), "SLOW_DISK_FILE=" + file(),
            "SLOW_DISK_MS=" + std::to_string(kDelayMs)};
  }
  void begin() const { std::ofstream(file(), std::ios::trunc); }
  void end() const { std::filesystem::remove(file()); }
  /// How many calls have taken their time since begin().
  [[nodiscard]] std::uintmax_t calls() const { return std::filesystem::file_size(file()); }

 private:
  [[nodiscard]] std::string file() const { return dir_.file("delayed"); }
  TempDir dir_;
};

/// What Redis holds back for its subscriber, in bytes.
double held_back(RedisClient& client) {
  const std::string clients = client.command({"CLIENT", "LIST", "TYPE", "pubsub"});
  double bytes = 0;
  const std::regex omem(" omem=([0-9]+)");
  for (std::sregex_iterator it(clients.begin(), clients.end(), omem), end; it != end; ++it)
    bytes += std::stod((*it)[1]);
  return bytes;
}

TEST(SlowDisk, HoldsUpSendingAndNotReadingFromRedis) {
  const RedisServer redis;  // with its own limit of a subscriber that is slow
  const Emulator emulator;
  const SlowDisk disk;
  RelayProcess relay(redis, emulator, {"--max-mb-per-minute", "0"}, disk.environment());
  ASSERT_TRUE(relay.wait_ready());
  emulator.control("POST", "faults", {{"kind", "refuse"}, {"ms", 600'000}});
  disk.begin();
  RedisClient client(redis);
  pipeline_test::BrokerRun broker;
  Process publishing(broker.command(redis, {"--rate", "4000", "--seconds", "6", "--tickers", "8", "--seed", "7"}));
  double most_held_back = 0;
  double most_memory = 0;
  ASSERT_TRUE(eventually(
      [&] {
        most_held_back = std::max(most_held_back, held_back(client));
        most_memory = std::max(most_memory, relay.process_metric("process_resident_memory_bytes"));
        return !publishing.is_running();
      },
      seconds(60)));
  ASSERT_EQ(publishing.wait(), 0) << publishing.err();

  const auto published = static_cast<double>(broker.receivable());
  EXPECT_TRUE(eventually([&] { return relay.metric("messages_received_total") == published; }, seconds(2)))
      << relay.metrics();
  EXPECT_GT(disk.calls() * kDelayMs, 4'000u) << "the disk was to stall for most of that time";
  EXPECT_GT(relay.metric("queue_depth"), published / 2) << "the flusher was to wait for it";
  EXPECT_LT(most_held_back, kMegabyte);
  EXPECT_LT(most_memory, 96 * kMegabyte);
  EXPECT_EQ(relay.metric("reading_paused_seconds_total"), 0);
  EXPECT_EQ(relay.metric("subscription_gaps_total"), 0);
  EXPECT_TRUE(relay.is_ready());

  disk.end();
  emulator.control("DELETE", "faults");

  ASSERT_TRUE(relay.wait_delivered(published, seconds(90))) << relay.metrics() << relay.process().err();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(relay.stop(), 0);
}

}  // namespace
}  // namespace faults_test
