// A year of twenty tickers, of which thirty days are kept: the database holds a month at any time, the archive all of
// it, and `export` gives it back, entry for entry.
//
// The days, the tickers and the window are real ones, and so are the processes; the relay's clocks and the database's
// Date are moved on (support/moved_clocks.h). What is scaled is how often a ticker has a price: a price a second would
// be 630 million. Here each has one an hour, 175,200 in all: one stands for 3,600. What a whole day at a price a second
// asks of `export`, which goes day by day, the second test measures.
#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "broker_sim/comparison.h"
#include "broker_sim/expectation.h"
#include "broker_sim/market.h"
#include "firebase_relay/history_key.h"
#include "support/emulator.h"
#include "support/eventually.h"
#include "support/http.h"
#include "support/moved_clocks.h"
#include "support/paths.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/relay_process.h"
#include "support/temp_dir.h"

namespace soak_test {
namespace {

using nlohmann::json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::MovedClocks;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

constexpr int kTickers = 20;
constexpr int kDays = 365;
constexpr int kKept = 30;
constexpr std::size_t kPricesADay = 24;
constexpr std::uint64_t kExportKilobytesMax = 256 << 10;

std::string name_of(sys_days day) {
  constexpr std::size_t kSize = 10;
  return broker_sim::iso_time(std::chrono::milliseconds(day.time_since_epoch()).count(), "").substr(0, kSize);
}

/// How `export` has ended, and what it had of memory at most.
struct Exported {
  std::string out;
  std::string err;
  int status;
  std::uint64_t kilobytes;
};

/// The most that the process has had of memory so far, which never grows less while it runs its program; 0: it has
/// ended.
std::uint64_t most_kilobytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::uint64_t kilobytes = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> kilobytes;
  }
  return kilobytes;
}

Exported run_export(const TempDir& dir, const std::vector<std::string>& flags) {
  std::vector<std::string> words = {built("src/firebase-relay"), "export", "--archive", dir.file("archive")};
  words.insert(words.end(), flags.begin(), flags.end());
  Process process(words, {"TMPDIR=" + dir.file("")});
  std::uint64_t most = 0;
  eventually(
      [&] {
        // The last one counts: before its program begins, the process is a copy of this one.
        if (const std::uint64_t so_far = most_kilobytes(process.pid()); so_far > 0) most = so_far;
        return !process.is_running();
      },
      minutes(3));
  const int status = process.wait(seconds(1)).value_or(-1);
  return {process.out(), process.err(), status, most};
}

class Year : public testing::Test {
 protected:
  Year() {
    for (int i = 0; i < kTickers; ++i) {
      tickers_.push_back("T" + std::to_string(i));
      markets_.emplace_back(broker_sim::MarketOptions{{tickers_.back()}, {"price"}, static_cast<std::uint64_t>(i)});
    }
    std::ifstream shipped(test_support::source_dir() + "/routes.json");
    json routes = json::parse(shipped);
    for (json& route : routes["routes"]) {
      if (route["kind"] == "price") route["history"] = {{"path", route["history"]}, {"keep", "30d"}};
    }
    std::ofstream(routes_) << routes.dump();
  }
  [[nodiscard]] std::vector<std::string> flags() const {
    return {"--routes", routes_, "--archive", archive(), "--flush-interval-ms", "20", "--request-timeout-ms", "60000"};
  }
  [[nodiscard]] std::string archive() const { return dir_.file("archive"); }
  [[nodiscard]] sys_days day(int number) const { return first_ + days(number); }

  /// Now it is so late, for the relay and the database.
  void move_to(std::chrono::system_clock::time_point time) {
    const auto ahead = std::chrono::ceil<seconds>(time - std::chrono::system_clock::now());
    emulator_.control("POST", "settings", {{"clock_ahead_seconds", ahead.count()}});
    clocks_.set_ahead(ahead);
  }
  /// The price of each ticker at these hours of the day.
  void publish(RedisClient& client, int number, int first_hour, int last_hour) {
    for (int hour = first_hour; hour <= last_hour; ++hour) {
      for (std::size_t i = 0; i < markets_.size(); ++i) {
        const auto at = day(number) + hours(hour) + seconds(i);
        const std::int64_t ms = std::chrono::milliseconds(at.time_since_epoch()).count();
        const broker_sim::Publication publication = markets_[i].next(ms);
        client.publish(publication.channel, publication.payload);
        all_.add(publication, ms);
        if (number >= kDays - kKept) window_.add(publication, ms);
      }
    }
  }
  [[nodiscard]] std::vector<std::string> keys(const std::string& place) {
    ++own_lists_;
    const auto response = test_support::http("GET", emulator_.url() + "/" + place + ".json?ns=demo&shallow=true", {},
                                             {"Authorization: Bearer owner"});
    const json node = json::parse(response.body, nullptr, false);
    std::vector<std::string> keys;
    if (response.status != 200 || !(node.is_object() || node.is_null()))
      throw std::runtime_error(place + ": " + response.body);
    for (const auto& [key, whatever] : node.items()) keys.push_back(key);
    return keys;
  }
  /// The days of a ticker that stand in the database, on day `number`: at most one more than are kept, and of these
  /// each since the first, but the one that begins.
  void look_at(const std::string& ticker, int number) {
    const std::vector<std::string> found = keys("history/" + ticker + "/prices");
    most_days_ = std::max(most_days_, found.size());
    ASSERT_LE(found.size(), static_cast<std::size_t>(kKept) + 1) << ticker << " on " << name_of(day(number));
    for (int kept = std::max(0, number - kKept + 1); kept < number; ++kept)
      ASSERT_TRUE(std::count(found.begin(), found.end(), name_of(day(kept))))
          << ticker << ": " << name_of(day(kept)) << " is gone on " << name_of(day(number));
  }
  /// How often the relay has listed something: the only GETs beside this test's.
  [[nodiscard]] std::uint64_t lists() const {
    return emulator_.control("GET", "stats").at("answers").value("GET 200", std::uint64_t{0}) - own_lists_;
  }
  /// Until the relay has gone through all tickers on day `number`, having listed something `before` times, and what is
  /// too old is gone; the database is looked at meanwhile. False: not yet. (Clocks that are moved in the middle of such
  /// a round may put it off by an hour.)
  bool wait_for_round(const RelayProcess& relay, int number, std::uint64_t before) {
    constexpr std::uint64_t kListsOfRound = 1 + 2 * kTickers;
    std::size_t next = 0;
    return eventually(
        [&] {
          look_at(tickers_[next++ % tickers_.size()], number);
          return HasFatalFailure() ||
                 (relay.metric("history_removed_total") >= removed_on(number) && lists() >= before + kListsOfRound);
        },
        seconds(10));
  }
  /// How many days of tickers are gone once day `number` has begun.
  static int removed_on(int number) { return std::max(0, number - kKept + 1) * kTickers; }
  /// A day that nobody has archived stands there when the relay begins, so that it tells when it has looked.
  void begin(RelayProcess& relay) {
    ASSERT_TRUE(relay.wait_ready());
    relay.process().wait_for("older than routes keep");
    put("history/OLD", nullptr);
  }
  void put(const std::string& place, const json& node) {
    const auto response = test_support::http("PUT", emulator_.url() + "/" + place + ".json?ns=demo", node.dump(),
                                             {"Authorization: Bearer owner", "Content-Type: application/json"});
    ASSERT_EQ(response.status, 200) << response.body;
  }
  void live_through(RelayProcess& relay, RedisClient& client, int number);
  [[nodiscard]] std::vector<std::string> files_of_archive() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(archive())) names.push_back(file.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  const RedisServer redis_;
  const Emulator emulator_;
  const TempDir dir_;
  const std::string routes_ = dir_.file("routes.json");
  MovedClocks clocks_;
  /// A day that begins when the archive is there for a day, so that it counts as whole: its file is as old as this
  /// machine's clock says.
  const sys_days first_ = std::chrono::floor<days>(std::chrono::system_clock::now()) + days(2);
  std::vector<std::string> tickers_;
  std::vector<broker_sim::Market> markets_;
  broker_sim::Expectation all_{50};
  broker_sim::Expectation window_{50};
  std::uint64_t own_lists_ = 0;
  std::size_t most_days_ = 0;
  double published_ = 0;
};

/// One day, in five steps: a new day begins, live values come while old history goes, the day before is sealed an hour
/// later, and the last day that stays is whole.
void Year::live_through(RelayProcess& relay, RedisClient& client, int number) {
  struct Step {
    std::chrono::minutes time;
    int first_hour;
    int last_hour;
  };
  constexpr Step kSteps[] = {
      {minutes(2), 0, 0}, {hours(6), 1, 6}, {hours(12), 7, 12}, {hours(18), 13, 18}, {hours(24) - minutes(10), 19, 23}};
  bool is_over = false;
  for (const Step& step : kSteps) {
    const std::uint64_t before = lists();
    if (number > 0 || step.first_hour > 0) move_to(day(number) + step.time);
    publish(client, number, step.first_hour, step.last_hour);
    published_ += kTickers * (step.last_hour - step.first_hour + 1);
    ASSERT_TRUE(relay.wait_delivered(published_)) << relay.metrics();
    if (number == 0 && step.first_hour == 0) move_to(day(number) + step.time);  // the first round finds all tickers
    if (!is_over) is_over = wait_for_round(relay, number, before);
    if (HasFatalFailure()) return;
  }
  ASSERT_TRUE(is_over) << name_of(day(number)) << "\n" << relay.process().err();
  ASSERT_EQ(relay.metric("history_removed_total"), removed_on(number)) << name_of(day(number));
  for (const std::string& ticker : tickers_) {
    ASSERT_NO_FATAL_FAILURE(look_at(ticker, number));
    const std::string oldest = name_of(day(std::max(0, number - kKept + 1)));
    ASSERT_EQ(keys("history/" + ticker + "/prices/" + oldest).size(), kPricesADay) << ticker << ", " << oldest;
  }
}

TEST_F(Year, OfTwentyTickersLeavesAMonthInTheDatabaseAndAllOfItInTheArchive) {
  move_to(first_ - days(1) - minutes(10));
  put("history/OLD/prices/" + name_of(day(-2 * kKept)), {{"-K", {{"price", 1}}}});
  RelayProcess relay(redis_, emulator_, flags(), clocks_.environment());
  ASSERT_NO_FATAL_FAILURE(begin(relay));
  move_to(first_ - minutes(10));
  {
    RedisClient client(redis_);
    for (int number = 0; number < kDays; ++number) ASSERT_NO_FATAL_FAILURE(live_through(relay, client, number));
  }
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_EQ(relay.metric("invariants_broken_total"), 0);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(relay.stop(), 0);

  const json services = emulator_.get("services");
  const broker_sim::Difference database =
      broker_sim::compare(window_, services, {}, emulator_.get("history"), broker_sim::Live::kAll);
  EXPECT_TRUE(database.none()) << testing::PrintToString(database.examples);

  std::vector<std::string> files;
  for (int number = 0; number < kDays; ++number)
    files.push_back(name_of(day(number)) + (number == kDays - 1 ? ".jsonl" : ".jsonl.zst"));
  files.emplace_back("archive.json");
  EXPECT_EQ(files_of_archive(), files);

  const Exported all = run_export(dir_, {});
  ASSERT_EQ(all.status, 0) << all.err;
  EXPECT_EQ(all.err, "");
  EXPECT_LE(all.kilobytes, kExportKilobytesMax);
  json history;
  std::size_t entries = 0;
  std::istringstream lines(all.out);
  for (std::string line; std::getline(lines, line); ++entries) {
    const json entry = json::parse(line);
    json& place = history[json::json_pointer("/" + entry.begin().key().substr(std::string("history/").size()))];
    EXPECT_TRUE(place.is_null()) << line << " stands twice";
    place = entry.begin().value();
  }
  EXPECT_EQ(entries, kDays * kTickers * kPricesADay);
  const broker_sim::Difference exported = broker_sim::compare(all_, services, {}, history, broker_sim::Live::kAll);
  EXPECT_TRUE(exported.none()) << testing::PrintToString(exported.examples);
  std::printf("%zu entries in %d days: at most %zu days of a ticker in the database; export took %zu MiB\n", entries,
              kDays, most_days_, static_cast<std::size_t>(all.kilobytes >> 10));
}

/// A day as it is, as lines that came in their order: 1.7 million, which are three times what is sorted in memory.
TEST(FullDay, OfTwentyTickersWithAPriceASecondIsExportedWithin256MiB) {
  constexpr int kSeconds = 86'400;
  const TempDir dir;
  const sys_days day = std::chrono::year(2026) / 11 / 27;
  std::filesystem::create_directory(dir.file("archive"));
  {
    std::ofstream file(dir.file("archive") + "/2026-11-27.jsonl");
    for (std::uint64_t second = 0; second < kSeconds; ++second) {
      for (std::uint64_t ticker = 0; ticker < kTickers; ++ticker) {
        const firebase_relay::HistoryKey key(day + seconds(second), {ticker, second}, 0);
        file << R"({"history/T)" << ticker << R"(/prices/2026-11-27/)" << key.text()
             << R"(":{"type":"price","timestamp":"2026-11-27T12:00:00Z","price":"219.24","volume":)" << second
             << R"(,"symbol":"T)" << ticker << "\"}}\n";
      }
    }
  }
  const Exported all = run_export(dir, {"--format", "csv", "--fields", "entry_time"});
  ASSERT_EQ(all.status, 0) << all.err;
  EXPECT_LE(all.kilobytes, kExportKilobytesMax);
  EXPECT_GT(all.kilobytes, kExportKilobytesMax / 8) << "what was measured?";
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), kSeconds * kTickers + 1);
  std::printf("export of %d entries took %zu MiB\n", kSeconds * kTickers,
              static_cast<std::size_t>(all.kilobytes >> 10));
}

}  // namespace
}  // namespace soak_test
