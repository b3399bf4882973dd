// The outbox at its limit and on a full disk: the relay goes on, and accounts for everything.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "support/eventually.h"
#include "support/random_text.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

namespace fs = std::filesystem;

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::Emulator;
using test_support::eventually;
using test_support::random_text;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

constexpr std::uintmax_t kMebibyte = 1 << 20;
constexpr int kOrderEvery = 20;

/// A message of about 2 kB, on the disk as well, with a number of its own: a price, or now and then an order.
std::string big_message(int number) {
  const std::string note = random_text(static_cast<std::uint64_t>(number), 2'000);
  if (number % kOrderEvery != 0)
    return json{{"type", "price"}, {"symbol", "AAPL"}, {"price", number}, {"note", note}}.dump();
  const json order{{"id", "one"}, {"symbol", "AAPL"}, {"status", "new"}, {"filled_qty", number}, {"note", note}};
  return json{{"type", "order"}, {"order_data", {{"event", "new"}, {"order", order}}}}.dump();
}

/// Publishes `count` of them at 2,000 a second, and calls `look` now and then.
template <class Look>
void publish_big(const RedisServer& redis, int count, Look look) {
  RedisClient client(redis);
  auto due = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    client.publish("TICKER_UPDATES_AAPL", big_message(i));
    if (i % 50 != 49) continue;
    look();
    due += milliseconds(25);
    std::this_thread::sleep_until(due);  // the traffic's pace
  }
}

int orders_of(int count) { return (count + kOrderEvery - 1) / kOrderEvery; }

std::uintmax_t size_of(const std::string& file) {
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(file, missing);
  return missing ? 0 : size;
}

/// Everything that was published and not shed stands in history, once.
void expect_all_but_shed(const Emulator& emulator, const RelayProcess& relay, int published) {
  std::map<int, int> prices;
  for (const json& entry : emulator.entries("history/AAPL/prices")) ++prices[entry.at("price").get<int>()];
  for (const auto& [number, times] : prices) EXPECT_EQ(times, 1) << number;
  const auto shed = static_cast<int>(relay.metric("messages_shed_total", "kind=\"price\""));
  const auto shed_orders = static_cast<int>(relay.metric("messages_shed_total", "kind=\"order\""));
  EXPECT_EQ(prices.size(), static_cast<std::size_t>(published - orders_of(published) - shed));
  EXPECT_TRUE(prices.contains(published - 1)) << "the oldest are shed first";
  EXPECT_EQ(emulator.get("history/AAPL/orders").size(), static_cast<std::size_t>(orders_of(published) - shed_orders));
  EXPECT_EQ(relay.metric("messages_shed_total"), shed + shed_orders);
  EXPECT_EQ(emulator.get("services/AAPL/price"), published - 1) << "live values are never shed";
}

TEST(OutboxLimit, ShedsPriceHistoryFirstCountsEveryMessageAndIsKept) {
  constexpr int kMessages = 12'000;
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  const TempDir dir;
  const std::string outbox = dir.file("outbox.db");
  RelayProcess relay(redis, emulator, {"--outbox", outbox, "--outbox-max-mb", "8"});
  ASSERT_TRUE(relay.wait_ready());
  emulator.begin_outage();
  std::uintmax_t largest = 0;
  publish_big(redis, kMessages, [&] { largest = std::max(largest, size_of(outbox) + size_of(outbox + "-wal")); });
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_received_total") == kMessages; }));
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();

  emulator.end_outage();

  ASSERT_TRUE(relay.wait_delivered(kMessages, seconds(90))) << relay.metrics();
  EXPECT_LE(largest, 8 * kMebibyte);
  EXPECT_GT(largest, 4 * kMebibyte) << "it was to be filled";
  EXPECT_GT(relay.metric("messages_shed_total", "kind=\"price\""), 1'000);
  EXPECT_EQ(relay.metric("messages_shed_total", "kind=\"order\""), 0) << "while there were prices";
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  expect_all_but_shed(emulator, relay, kMessages);
  EXPECT_NE(relay.process().err().find("history shed"), std::string::npos);
}

TEST(OutboxLimit, ShedsOrdersLast) {
  constexpr int kMessages = 7'000;
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  const TempDir dir;
  RelayProcess relay(redis, emulator, {"--outbox", dir.file("outbox.db"), "--outbox-max-mb", "8"});
  ASSERT_TRUE(relay.wait_ready());
  emulator.begin_outage();
  RedisClient client(redis);
  for (int i = 0; i < kMessages; ++i) {
    const std::string note = random_text(static_cast<std::uint64_t>(i), 2'000);
    const json report{{"symbol", "AAPL"}, {"total", i}, {"realized", 0}, {"unrealized", 0}, {"note", note}};
    if (i % kOrderEvery == 0) {
      client.publish("TICKER_UPDATES_AAPL", big_message(i));
    } else {
      client.publish("PROFIT_REPORT", report.dump());
    }
  }
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_shed_total", "kind=\"profit\"") > 1'000; }))
      << relay.metrics();

  emulator.end_outage();

  ASSERT_TRUE(relay.wait_delivered(kMessages, seconds(90))) << relay.metrics();
  EXPECT_EQ(relay.metric("messages_shed_total", "kind=\"order\""), 0) << "while there was anything else";
  EXPECT_EQ(emulator.get("history/AAPL/orders").size(), static_cast<std::size_t>(orders_of(kMessages)));
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

/// A small file system of its own, where we may mount one.
class SmallDisk {
 public:
  SmallDisk() : path_(dir_.file("disk")) {
    fs::create_directory(path_);
    is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=3m") == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  void grow() const { ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, "size=200m"); }

 private:
  TempDir dir_;
  std::string path_;
  bool is_mounted_ = false;
};

TEST(FullDisk, ShedsOrKeepsInMemoryAndAllElseArrivesOnceThereIsRoom) {
  constexpr int kMessages = 6'000;
  const SmallDisk disk;
  if (!disk.is_mounted()) GTEST_SKIP() << "nothing can be mounted here; WriteThatTheSystemRefuses stands in";
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--outbox", disk.file("outbox.db")});
  ASSERT_TRUE(relay.wait_ready());
  emulator.begin_outage();
  publish_big(redis, kMessages, [] {});
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_received_total") == kMessages; }));
  EXPECT_TRUE(
      eventually([&] { return relay.metric("outbox_errors_total") + relay.metric("messages_shed_total") > 0; }));
  EXPECT_TRUE(relay.is_ready());

  disk.grow();
  emulator.end_outage();

  ASSERT_TRUE(relay.wait_delivered(kMessages, seconds(90))) << relay.metrics() << relay.process().err();
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  expect_all_but_shed(emulator, relay, kMessages);
  EXPECT_EQ(relay.stop(), 0);
}

TEST(FullDisk, WriteThatTheSystemRefusesIsTriedAgainAndNothingIsLost) {
  constexpr int kMessages = 4'000;
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready());
  rlimit before{};
  // The log on stderr is a file, too, and much smaller.
  const rlimit small{kMebibyte, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(relay.process().pid(), RLIMIT_FSIZE, &small, &before), 0);
  emulator.begin_outage();
  publish_big(redis, kMessages, [] {});
  ASSERT_TRUE(relay.process().is_running()) << relay.process().err();
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_received_total") == kMessages; }));
  EXPECT_TRUE(eventually([&] { return relay.metric("outbox_errors_total") > 0; })) << relay.metrics();
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();

  ASSERT_EQ(::prlimit(relay.process().pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  emulator.end_outage();

  ASSERT_TRUE(relay.wait_delivered(kMessages, seconds(90))) << relay.metrics() << relay.process().err();
  EXPECT_EQ(relay.metric("messages_delivered_total"), kMessages) << "memory had room for it";
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  expect_all_but_shed(emulator, relay, kMessages);
  EXPECT_EQ(relay.stop(), 0);
}

}  // namespace
}  // namespace faults_test
