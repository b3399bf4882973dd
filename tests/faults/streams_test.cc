// Guarantee 8 under chaos: with a relay over streams that is killed, stopped and paused, a database that is away and a
// Redis that is killed, each entry stands in the history once. STREAMS_SECONDS says how long, FAULTS_SEED which fault
// comes when.
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

class StreamChaos : public testing::Test {
 protected:
  using Time = std::chrono::steady_clock::time_point;
  enum class Event : std::uint8_t { kKill, kStop, kPause, kOutage, kKillInOutage, kHang };

  /// Few, so that orders leave the live tree all the time.
  static constexpr const char* kClosedMax = "5";

  void SetUp() override {
    const char* const given = std::getenv("FAULTS_SEED");
    seed_ = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    random_.seed(seed_);
    std::printf("FAULTS_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }
  static seconds length() {
    const char* const given = std::getenv("STREAMS_SECONDS");
    return seconds(given != nullptr ? std::atoi(given) : 20);
  }

  void begin_relay() {
    relay_ = std::make_unique<RelayProcess>(
        redis_, emulator_,
        std::vector<std::string>{"--streams", "bus,orders,ticks", "--outbox", dir_.file("outbox.db"),
                                 "--max-mb-per-minute", "0", "--drain-timeout-ms", "2000", "--live-orders-max",
                                 kClosedMax});
  }
  /// What it has said and counted has no loss in it. Before it goes.
  void expect_no_loss() {
    EXPECT_EQ(relay_->metric("stream_entries_lost_total"), 0);
    EXPECT_EQ(relay_->metric("subscription_gaps_total"), 0);
    EXPECT_EQ(relay_->metric("messages_shed_total"), 0);
    EXPECT_EQ(relay_->metric("dead_letters_total"), 0) << relay_->process().err();
    EXPECT_EQ(relay_->process().err().find("gap: "), std::string::npos) << relay_->process().err();
  }
  void kill_relay() {
    expect_no_loss();
    relay_->kill();
  }
  /// A time of chance, which is the chaos' own pace and no wait for anything.
  void let_pass(int least_ms, int most_ms) {
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution(least_ms, most_ms)(random_)));
  }
  void pause_relay() {
    relay_->process().signal(SIGSTOP);
    let_pass(100, 6'000);  // longer than Redis and the database may be silent, now and then
    relay_->process().signal(SIGCONT);
  }
  void hang_database() {
    emulator_.process().signal(SIGSTOP);
    let_pass(500, 3'000);
    emulator_.process().signal(SIGCONT);
  }
  void happen(Event event) {
    switch (event) {
      case Event::kKill:
        kill_relay();
        let_pass(0, 1'500);
        return begin_relay();
      case Event::kStop:
        expect_no_loss();
        EXPECT_EQ(relay_->stop(), 0) << relay_->process().err();
        let_pass(0, 1'500);
        return begin_relay();
      case Event::kPause: return pause_relay();
      case Event::kOutage:
        emulator_.begin_outage();
        let_pass(500, 4'000);
        return emulator_.end_outage();
      case Event::kKillInOutage:
        emulator_.begin_outage();
        let_pass(300, 1'500);
        kill_relay();
        begin_relay();
        let_pass(300, 1'500);
        return emulator_.end_outage();
      case Event::kHang: return hang_database();
    }
  }
  /// Each kind as often as any other, in an order of chance.
  Event next_event() {
    if (bag_.empty()) {
      bag_ = {Event::kKill,   Event::kKill,         Event::kStop, Event::kPause,
              Event::kOutage, Event::kKillInOutage, Event::kHang};
      std::shuffle(bag_.begin(), bag_.end(), random_);
    }
    const Event event = bag_.back();
    bag_.pop_back();
    ++events_;
    return event;
  }
  /// A broker that adds 2,000 entries a second, while things happen until `end`.
  std::unique_ptr<Process> publish_until(pipeline_test::BrokerRun& broker, int number, Time end) {
    auto publishing = std::make_unique<Process>(
        broker.command(redis_, {"--stream", "bus,orders,ticks", "--rate", "2000", "--tickers", "12", "--seed",
                                std::to_string(seed_ % 1'000'000 + static_cast<unsigned>(number))}));
    while (std::chrono::steady_clock::now() < end) {
      EXPECT_TRUE(publishing->is_running()) << publishing->err();
      let_pass(50, 900);
      happen(next_event());
    }
    return publishing;
  }
  static void end(Process& publishing) {
    publishing.signal(SIGTERM);
    ASSERT_EQ(publishing.wait(seconds(60)), 0) << publishing.out() << publishing.err();
  }
  /// The groups stand at the newest entries, by id and by count.
  bool is_committed() {
    RedisClient client(redis_);
    const std::string script =
        "local function map(l) local m = {} for i = 1, #l, 2 do m[l[i]] = l[i + 1] end return m end "
        "for _, key in ipairs(KEYS) do "
        "local s, g = map(redis.call('XINFO', 'STREAM', key)), map(redis.call('XINFO', 'GROUPS', key)[1]) "
        "if g['last-delivered-id'] ~= s['last-generated-id'] or g['lag'] ~= 0 or "
        "g['entries-read'] ~= s['entries-added'] then return 0 end end return 1";
    return client.command({"EVAL", script, "3", "bus", "orders", "ticks"}) == "1";
  }
  std::string difference(const pipeline_test::BrokerRun& broker) const {
    return broker.difference(emulator_, {"--live-orders-max", kClosedMax});
  }
  /// All is read, noted in Redis and with the database.
  void expect_all_done() {
    ASSERT_TRUE(eventually([&] { return is_committed(); }, seconds(90)))
        << relay_->metrics() << relay_->process().err();
    ASSERT_TRUE(relay_->wait_delivered(0, seconds(90))) << relay_->metrics();
    expect_no_loss();
    EXPECT_TRUE(emulator_.get("relay/test/gaps").is_null()) << emulator_.get("relay/test/gaps");
  }

  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  std::vector<Event> bag_;
  int events_ = 0;
  const TempDir dir_;
  RedisServer redis_{{"--appendonly", "yes", "--appendfsync", "always"}};
  Emulator emulator_;
  std::unique_ptr<RelayProcess> relay_;
};

TEST_F(StreamChaos, LosesNothingAndDoublesNothing) {
  const auto half = length() / 2;
  const Time begin = std::chrono::steady_clock::now();
  begin_relay();
  pipeline_test::BrokerRun broker;
  const auto first = publish_until(broker, 0, begin + half);
  // Redis dies while the relay is not looking, so that what it has not read has to come out of Redis' file. The broker
  // has all its answers then: what was added and not answered may be there or not.
  relay_->process().signal(SIGSTOP);
  let_pass(500, 1'000);
  end(*first);
  redis_.kill();
  redis_.start();
  relay_->process().signal(SIGCONT);
  pipeline_test::BrokerRun second;
  const auto rest = publish_until(second, 1, std::chrono::steady_clock::now() + half);
  end(*rest);
  broker.append(second);
  ASSERT_NO_FATAL_FAILURE(expect_all_done());
  EXPECT_EQ(difference(broker), "") << "seed " << seed_;
  EXPECT_GT(broker.published(), static_cast<std::uint64_t>(1'000 * length().count())) << "it was to prove something";

  // What is noted needs no outbox: without it nothing is missing, and nothing comes again.
  EXPECT_EQ(relay_->stop(), 0);
  for (const char* part : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(dir_.file("outbox.db") + part);
  pipeline_test::BrokerRun last;
  last.publish(redis_, {"--stream", "bus,orders,ticks", "--kinds", "price", "--messages", "300", "--rate", "0"});
  broker.append(last);
  begin_relay();
  ASSERT_TRUE(relay_->wait_delivered(300)) << relay_->metrics() << relay_->process().err();
  ASSERT_NO_FATAL_FAILURE(expect_all_done());
  EXPECT_EQ(relay_->metric("messages_received_total"), 300);
  EXPECT_EQ(difference(broker), "") << "seed " << seed_;
  std::printf("%llu entries over %d events\n", static_cast<unsigned long long>(broker.published()), events_);
}

}  // namespace
}  // namespace faults_test
