// Guarantees 1 and 2 over SIGKILL: what came before the window stands exactly once, and no live value goes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "support/eventually.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;
using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

constexpr int kKills = 50;
/// Guarantee 2's window at an interval of up to 250 ms, and its one write to a disk that others use, too. (A message
/// counts from its publishing, a little before the relay has read it.) Measured in 25 runs on two cores, at loads of
/// 0.5 to 14: with 500 ms alone one of them failed, by the 24 messages of some 25 ms, while others built on that disk;
/// where the age of what was lost was looked at, it was 414 ms at most.
constexpr milliseconds kWindow{500 + 100};
const std::vector<std::string> kTickers = {"AAPL", "MSFT", "TSLA"};

/// Prices and an order's states, numbered through; every payload is there once. Publishes from its own thread until it
/// goes.
class Traffic {
 public:
  struct Sent {
    Clock::time_point at;
    bool heard;  ///< the relay was subscribed
  };
  explicit Traffic(const RedisServer& redis) : client_(redis), thread_([this] { run(); }) {}
  ~Traffic() { stop(); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// By number. Once stopped.
  [[nodiscard]] const std::vector<Sent>& sent() const { return sent_; }

 private:
  void run() {
    while (!stopping_) {
      const auto number = static_cast<int>(sent_.size());
      const std::string& ticker = kTickers[sent_.size() % kTickers.size()];
      json message{{"type", "price"}, {"symbol", ticker}, {"price", number}};
      if (number % 10 == 9) {
        const json order{{"id", "one"}, {"symbol", ticker}, {"status", "new"}, {"filled_qty", number}};
        message = {{"type", "order"}, {"order_data", {{"event", "new"}, {"order", order}}}};
      }
      const Clock::time_point at = Clock::now();
      sent_.push_back({at, client_.publish("TICKER_UPDATES_" + ticker, message.dump()) > 0});
      std::this_thread::sleep_until(at + milliseconds(1));  // the traffic's pace
    }
  }

  RedisClient client_;
  std::vector<Sent> sent_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

void plant_random_fault(const Emulator& emulator, std::mt19937_64& random) {
  const json faults[] = {{{"kind", "refuse"}, {"ms", 400 + random() % 1'600}},
                         {{"kind", "refuse"}, {"ms", 60'000}},
                         {{"kind", "status"}, {"status", 503}, {"count", 3}},
                         {{"kind", "close"}, {"after_apply", true}, {"count", 2}},
                         {{"kind", "delay"}, {"min_ms", 20}, {"max_ms", 200}},
                         nullptr,
                         nullptr};
  emulator.control("DELETE", "faults");
  const json& fault = faults[random() % std::size(faults)];
  if (!fault.is_null()) emulator.control("POST", "faults", fault);
}

/// How often each number stands in history.
std::map<int, int> numbers_in_history(const Emulator& emulator) {
  std::map<int, int> times;
  for (const std::string& ticker : kTickers) {
    for (const json& entry : emulator.entries("history/" + ticker + "/prices")) ++times[entry.at("price").get<int>()];
    for (const json& entry : emulator.get("history/" + ticker + "/orders"))
      ++times[entry.at("order_data").at("order").at("filled_qty").get<int>()];
  }
  return times;
}

/// The live value of the last message that was published: before it, all others have come.
bool is_live(const Emulator& emulator, int number) {
  const std::string ticker = "services/" + kTickers[static_cast<std::size_t>(number) % kTickers.size()];
  if (number % 10 != 9) return emulator.get(ticker + "/price") == number;
  const json order = emulator.get(ticker + "/orders/one");
  return order.is_object() && order.at("order").at("filled_qty") == number;
}

void expect_never_back(const Emulator& emulator) {
  std::map<std::string, int> newest;
  for (const json& line : emulator.control("GET", "journal?prefix=services/")) {
    const std::string path = line.at("path").get<std::string>();
    const json& value = line.at("value");
    const bool is_order = path.ends_with("/orders/one");
    if (!is_order && !path.ends_with("/price")) continue;
    const int number = is_order ? value.at("order").at("filled_qty").get<int>() : value.get<int>();
    const auto before = newest.try_emplace(path, number).first;
    EXPECT_GE(number, before->second) << path << " went back in request " << line.at("request");
    before->second = number;
  }
  EXPECT_EQ(newest.size(), 2 * kTickers.size());
}

/// The index of the first number published at `at` or later.
std::size_t first_at(const std::vector<Traffic::Sent>& sent, Clock::time_point at) {
  const auto is_before = [](const Traffic::Sent& one, Clock::time_point when) { return one.at < when; };
  return static_cast<std::size_t>(std::lower_bound(sent.begin(), sent.end(), at, is_before) - sent.begin());
}

/// From the signal until the process is gone: up to then Redis sees somebody listen.
struct Killing {
  Clock::time_point begin;
  Clock::time_point end;
};

/// Numbers that may be lost: of each kill's window, and those that nobody heard.
std::vector<bool> may_be_lost(const std::vector<Traffic::Sent>& sent, const std::vector<Killing>& kills) {
  std::vector<bool> may(sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) may[i] = !sent[i].heard;
  for (const Killing& kill : kills) {
    // Redis notices the end of a connection a little later.
    const std::size_t end = first_at(sent, kill.end + milliseconds(50));
    for (std::size_t i = first_at(sent, kill.begin - kWindow); i < end; ++i) may[i] = true;
  }
  return may;
}

/// From its publishing to the next kill.
milliseconds time_to_kill(const Traffic::Sent& sent, const std::vector<Killing>& kills) {
  const auto is_later = [&](const Killing& kill) { return kill.begin >= sent.at; };
  const auto next = std::find_if(kills.begin(), kills.end(), is_later);
  return next == kills.end() ? milliseconds::max() : std::chrono::duration_cast<milliseconds>(next->begin - sent.at);
}

std::uint64_t chosen_seed() {
  const char* given = std::getenv("FAULTS_SEED");
  return given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

TEST(Kill, AtFiftyMomentsOfTrafficAndOutageLosesNothingButTheWindow) {
  const std::uint64_t seed = chosen_seed();
  std::printf("FAULTS_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  emulator.control("POST", "journal", {{"enabled", true}, {"prefix", "services"}});
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--max-mb-per-minute", "0"};
  auto relay = std::make_unique<RelayProcess>(redis, emulator, flags);
  ASSERT_TRUE(relay->wait_ready());

  Traffic traffic(redis);
  std::vector<Killing> kills;
  for (int i = 0; i < kKills; ++i) {
    plant_random_fault(emulator, random);
    std::this_thread::sleep_for(milliseconds(random() % 2'200));  // the moment of the kill
    const Clock::time_point begin = Clock::now();
    relay->kill();
    kills.push_back({begin, Clock::now()});
    // What was under way is applied by now, so that nothing may go back from here on.
    ASSERT_TRUE(eventually([&] { return emulator.control("GET", "stats").at("patches_now") == 0; }));
    relay = std::make_unique<RelayProcess>(redis, emulator, flags);
  }
  emulator.control("DELETE", "faults");
  ASSERT_TRUE(relay->wait_ready());
  // The last number has to be one that somebody hears: what came before the subscription is in the gap.
  ASSERT_TRUE(eventually([&] { return relay->metric("messages_received_total") > 0; })) << relay->metrics();
  traffic.stop();
  const int last = static_cast<int>(traffic.sent().size()) - 1;
  ASSERT_TRUE(eventually([&] { return is_live(emulator, last); }, seconds(60))) << relay->metrics();
  ASSERT_TRUE(relay->wait_delivered(0)) << relay->metrics();

  EXPECT_TRUE(relay->accounts_add_up()) << relay->metrics();
  const std::map<int, int> times = numbers_in_history(emulator);
  const std::vector<bool> may = may_be_lost(traffic.sent(), kills);
  int certain = 0;
  int lost = 0;
  milliseconds oldest{0};
  for (std::size_t i = 0; i < may.size(); ++i) {
    const auto found = times.find(static_cast<int>(i));
    certain += may[i] ? 0 : 1;
    lost += found == times.end() && !may[i] ? 1 : 0;
    if (found == times.end() && !may[i]) oldest = std::max(oldest, time_to_kill(traffic.sent()[i], kills));
  }
  EXPECT_EQ(lost, 0) << "of " << certain << " that had to arrive, one of them published " << oldest.count()
                     << " ms before a kill; seed " << seed;
  EXPECT_GT(certain, 5'000) << "the test was to prove something";
  for (const auto& [number, count] : times) EXPECT_EQ(count, 1) << number << " is doubled; seed " << seed;
  expect_never_back(emulator);
}

}  // namespace
}  // namespace faults_test
