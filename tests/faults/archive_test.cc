// The archive at home, over traffic, kills, a full and a slow disk: what the database has stands in it, each entry
// once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "firebase_relay/history_key.h"
#include "pipeline/broker_run.h"
#include "pipeline/days_in_database.h"
#include "support/command.h"
#include "support/eventually.h"
#include "support/relay_process.h"
#include "support/slow_disk.h"

namespace faults_test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::run_relay_command;
using test_support::SlowDisk;
using test_support::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Entries = std::map<std::string, json>;

/// As the database keeps it: without what is absence there.
json kept(const json& value) {
  if (!value.is_object()) return value;
  json result;
  for (const auto& [key, item] : value.items()) {
    if (json inner = kept(item); !inner.is_null()) result[key] = std::move(inner);
  }
  return result;
}

bool is_key(const std::string& key) {
  return key.size() == firebase_relay::kHistoryKeySize &&
         key.find_first_not_of("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") == std::string::npos;
}

void collect(const std::string& path, const json& node, Entries& entries) {
  if (!node.is_object()) return;
  for (const auto& [key, value] : node.items()) {
    const std::string below = path + "/" + key;
    is_key(key) ? void(entries.emplace(below, value)) : collect(below, value, entries);
  }
}

class ArchiveFaults : public testing::Test {
 protected:
  [[nodiscard]] std::string folder() const { return dir_.file("archive"); }
  [[nodiscard]] std::vector<std::string> flags(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--archive", folder(), "--outbox", dir_.file("outbox.db")});
    return more;
  }
  /// What `export` gives: each entry once, in order.
  Entries exported(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"export", "--archive", folder()};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = run_relay_command(words);
    EXPECT_EQ(ran.status, 0) << ran.err;
    Entries entries;
    std::istringstream lines(ran.out);
    std::string last;
    for (std::string line; std::getline(lines, line);) {
      const json entry = json::parse(line);
      const std::string& path = entry.begin().key();
      EXPECT_TRUE(entries.emplace(path, entry.begin().value()).second) << path << " stands twice";
      const std::string key = path.substr(path.size() - firebase_relay::kHistoryKeySize);
      EXPECT_LE(last, key) << "out of order";
      last = key;
    }
    return entries;
  }
  [[nodiscard]] Entries in_database() const {
    Entries entries;
    collect("history", emulator_.get("history"), entries);
    return entries;
  }
  /// Everything that the database has stands in the archive, as it was published.
  void expect_all_of_the_database(const Entries& archive) {
    for (const auto& [path, value] : in_database()) {
      const auto found = archive.find(path);
      ASSERT_TRUE(found != archive.end()) << path << " is not in the archive";
      EXPECT_EQ(kept(found->second), value) << path;
    }
  }
  void publish(int first, int count) {
    RedisClient client(redis_);
    for (int i = first; i < first + count; ++i)
      client.publish("TICKER_UPDATES_AAPL", json({{"type", "price"}, {"symbol", "AAPL"}, {"price", i}}).dump());
  }

  TempDir dir_;
  const RedisServer redis_;
  const Emulator emulator_;
};

TEST_F(ArchiveFaults, HoldsWhatTheBrokerPublished) {
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  pipeline_test::BrokerRun broker;
  broker.publish(redis_, {"--rate", "1500", "--seconds", "2", "--seed", "3"});
  ASSERT_TRUE(relay.wait_delivered(static_cast<double>(broker.receivable()))) << relay.metrics();
  EXPECT_EQ(relay.metric("archive_errors_total"), 0) << relay.process().err();
  EXPECT_GT(relay.metric("archive_bytes"), 0);
  const Entries beside = exported();
  EXPECT_EQ(relay.stop(), 0);

  EXPECT_EQ(broker.difference(emulator_), "");
  EXPECT_EQ(beside, exported()) << "a relay that writes does not disturb";
  EXPECT_EQ(beside.size(), broker.receivable());
  expect_all_of_the_database(beside);
}

TEST_F(ArchiveFaults, KeepsTheHistoryAloneWithNoHistory) {
  RelayProcess relay(redis_, emulator_, flags({"--no-history"}));
  ASSERT_TRUE(relay.wait_ready());
  publish(0, 500);
  ASSERT_TRUE(eventually([&] { return emulator_.get("services/AAPL/price") == 499; }));
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_EQ(relay.stop(), 0);
  EXPECT_TRUE(emulator_.get("history").is_null());
  EXPECT_EQ(exported().size(), 500u);
  EXPECT_EQ(exported({"--ticker", "AAPL", "--kind", "price"}).size(), 500u);
  EXPECT_EQ(exported({"--kind", "order"}).size(), 0u);
  EXPECT_EQ(exported({"--ticker", "MSFT"}).size(), 0u);
}

TEST_F(ArchiveFaults, WhateverIsKilledWhenTheDatabaseHasNothingThatTheArchiveLacks) {
  constexpr int kKillsOfArchive = 20;
  std::atomic<bool> stopping = false;
  std::jthread traffic([&] {
    RedisClient client(redis_);
    for (int i = 0; !stopping; ++i) {
      const std::string ticker = i % 3 == 0 ? "MSFT" : "AAPL";
      client.publish("TICKER_UPDATES_" + ticker, json({{"type", "price"}, {"symbol", ticker}, {"price", i}}).dump());
      std::this_thread::sleep_for(milliseconds(1));  // the traffic's pace
    }
  });
  std::mt19937 random(7);
  for (int kill = 0; kill < kKillsOfArchive; ++kill) {
    RelayProcess relay(redis_, emulator_, flags({"--flush-interval-ms", "50"}));
    ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
    if (kill % 4 == 3) emulator_.begin_outage();
    std::this_thread::sleep_for(milliseconds(random() % 300));  // when it is killed is what varies
    relay.kill();
    emulator_.end_outage();
  }
  stopping = true;
  traffic.join();
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_in_flight") == 0; }, seconds(60)));
  EXPECT_EQ(relay.stop(), 0);
  const Entries archive = exported();
  EXPECT_GT(in_database().size(), 200u);
  expect_all_of_the_database(archive);
}

/// A day of the past, as a relay that was off has left it.
TEST_F(ArchiveFaults, DayIsSealedWholeWhereverTheSealingIsKilled) {
  constexpr int kLines = 300'000;
  std::filesystem::create_directories(folder());
  {
    std::ofstream day(folder() + "/2026-05-06.jsonl");
    const firebase_relay::UtcMillis begin = std::chrono::sys_days(std::chrono::year(2026) / 5 / 6);
    for (int i = 0; i < kLines; ++i) {
      const firebase_relay::HistoryKey key(begin + milliseconds(i), {static_cast<std::uint64_t>(i), 1}, 0);
      day << R"({"history/AAPL/prices/)" << key.text() << R"(":{"price":)" << i << "}}\n";
    }
  }
  std::mt19937 random(11);
  const auto is_sealed = [&] {
    return std::filesystem::exists(folder() + "/2026-05-06.jsonl.zst") &&
           !std::filesystem::exists(folder() + "/2026-05-06.jsonl");
  };
  for (int kill = 0; kill < 20 && !is_sealed(); ++kill) {
    RelayProcess relay(redis_, emulator_, flags());
    static_cast<void>(eventually([&] { return std::filesystem::exists(folder() + "/2026-05-06.jsonl.zst.new"); }));
    std::this_thread::sleep_for(milliseconds(random() % 60));  // when it is killed is what varies
    relay.kill();
  }
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(eventually(is_sealed, seconds(60))) << relay.process().err();
  EXPECT_EQ(relay.stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder() + "/2026-05-06.jsonl.zst.new"));
  EXPECT_EQ(exported({"--to", "2026-05-06"}).size(), static_cast<std::size_t>(kLines));
}

TEST_F(ArchiveFaults, FullDiskStopsTheArchiveAndNotTheRelay) {
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  publish(0, 100);
  ASSERT_TRUE(relay.wait_delivered(100));
  rlimit before{};
  const rlimit none{1, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(relay.process().pid(), RLIMIT_FSIZE, &none, &before), 0);
  publish(100, 100);
  ASSERT_TRUE(relay.wait_delivered(200)) << relay.metrics();
  EXPECT_TRUE(eventually([&] { return relay.metric("archive_errors_total") > 0; }));
  ASSERT_EQ(::prlimit(relay.process().pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  int more = 200;
  ASSERT_TRUE(eventually(
      [&] {
        publish(more++, 1);
        return relay.process().err().find("archive: is written again") != std::string::npos;
      },
      seconds(30)));
  ASSERT_TRUE(relay.wait_delivered(more));
  EXPECT_EQ(relay.stop(), 0);
  EXPECT_EQ(in_database().size(), static_cast<std::size_t>(more)) << "the database has all of it";
  const Entries archive = exported();
  EXPECT_GE(archive.size(), 100u);
  EXPECT_LT(archive.size(), static_cast<std::size_t>(more));
  bool has_hole = false;
  for (const auto& file : std::filesystem::directory_iterator(folder())) has_hole |= file.path().extension() == ".hole";
  EXPECT_TRUE(has_hole);
}

TEST_F(ArchiveFaults, HoleThatCannotBeMarkedUntilTheStopIsNotForgotten) {
  const auto says_since = [this] {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open_v2(dir_.file("outbox.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    bool has = false;
    const auto found = [](void* into, int, char**, char**) { return *static_cast<bool*>(into) = true, 0; };
    sqlite3_exec(database, "SELECT value FROM meta WHERE name='archived_since'", found, &has, nullptr);
    sqlite3_close(database);
    return has;
  };
  const auto run = [&](bool is_refused) {
    RelayProcess relay(redis_, emulator_, flags());
    ASSERT_TRUE(relay.wait_ready());
    EXPECT_TRUE(says_since());
    for (const int day : {0, 1}) {  // it may be right before midnight
      for (const char* end : {".jsonl", ".hole"}) {
        if (is_refused) std::filesystem::create_directory(folder() + "/" + pipeline_test::utc_day(-day) + end);
      }
    }
    publish(0, 3);
    EXPECT_TRUE(relay.wait_delivered(3));
    EXPECT_EQ(relay.stop(), 0);
  };
  run(true);
  EXPECT_FALSE(says_since()) << "the next start cannot know of it, and begins anew";
  std::filesystem::remove_all(folder());
  run(false);
  EXPECT_TRUE(says_since());
}

TEST_F(ArchiveFaults, SlowDiskHoldsUpNoLiveValueAndHistoryOnlySoLong) {
  const SlowDisk disk;
  RelayProcess relay(redis_, emulator_, flags({"--flush-interval-ms", "50"}), disk.environment(2'000));
  ASSERT_TRUE(relay.wait_ready());
  publish(0, 1);
  ASSERT_TRUE(relay.wait_delivered(1));
  disk.begin();
  publish(1, 1);
  ASSERT_TRUE(eventually([&] { return disk.calls() > 0 || emulator_.get("services/AAPL/price") == 1; }));
  EXPECT_TRUE(eventually([&] { return emulator_.get("services/AAPL/price") == 1; }, milliseconds(1'000)));
  EXPECT_TRUE(eventually([&] { return emulator_.entries("history/AAPL/prices").size() == 2; }, milliseconds(1'500)))
      << "the archive's write takes two seconds";
  EXPECT_TRUE(eventually([&] { return relay.process().err().find("archive: a write took") != std::string::npos; }));
  disk.end();
  EXPECT_EQ(relay.stop(), 0);
  EXPECT_EQ(exported().size(), 2u) << "late is not lost";
}

TEST_F(ArchiveFaults, FolderThatIsNoGoodIsSaidAtTheStartAndByCheck) {
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  const std::vector<std::string> common = {"--redis-url",   redis_.url(), "--database-url", emulator_.database_url(),
                                           "--http-listen", "127.0.0.1:0"};
  const auto with = [&](const std::string& command, const std::string& archive) {
    std::vector<std::string> words = {command, "--archive", archive, "--outbox", dir_.file("other.db")};
    words.insert(words.end(), common.begin(), common.end());
    return run_relay_command(words);
  };
  const auto busy = with("run", folder());
  EXPECT_EQ(busy.status, 1);
  EXPECT_THAT(busy.err, HasSubstr("is in use: another relay writes it"));
  EXPECT_THAT(with("check", folder()).out, HasSubstr("in use by a relay"));

  std::ofstream(dir_.file("file")) << "x";
  const auto file = with("run", dir_.file("file"));
  EXPECT_EQ(file.status, 2);
  EXPECT_THAT(file.err, HasSubstr("is a file; name a folder with --archive"));
  EXPECT_THAT(with("check", dir_.file("file")).out, HasSubstr("is a file"));

  const auto unwritable = with("run", "/proc/none/archive");
  EXPECT_EQ(unwritable.status, 2) << unwritable.err;
  EXPECT_THAT(unwritable.err, HasSubstr("cannot be made"));

  std::filesystem::create_directory(dir_.file("later"));
  std::ofstream(dir_.file("later/archive.json")) << "{\"archive\":2}\n";
  const auto later = with("run", dir_.file("later"));
  EXPECT_EQ(later.status, 1);
  EXPECT_THAT(later.err, HasSubstr("was written by a later version of this program (format 2)"));
  EXPECT_THAT(with("check", dir_.file("later")).out, HasSubstr("FAILED  archive      archive "));
}

TEST_F(ArchiveFaults, NetworkShareIsRefusedByRunAndByCheck) {
  std::filesystem::create_directory(dir_.file("share"));
  for (const std::string command : {"run", "check"}) {
    Process process(
        {test_support::built("src/firebase-relay"), command, "--archive", dir_.file("share/archive"), "--redis-url",
         redis_.url(), "--database-url", emulator_.database_url(), "--http-listen", "127.0.0.1:0", "--outbox",
         dir_.file("outbox.db")},
        {"LD_PRELOAD=" + test_support::built("tests/support/network_share.so"), "NETWORK_SHARE=" + dir_.file("share")});
    EXPECT_EQ(process.wait(), command == "run" ? 2 : 1) << process.err();
    EXPECT_THAT(process.out() + process.err(),
                AllOf(HasSubstr("archive " + dir_.file("share/archive") + " is on NFS, where a lock keeps nobody out"),
                      HasSubstr("put it on a local disk")));
  }
  EXPECT_FALSE(std::filesystem::exists(dir_.file("share/archive")));
}

TEST_F(ArchiveFaults, ExportSaysWhatItWasGivenWrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> rows = {
      {{"export"}, "name its folder with --archive"},
      {{"export", "--archive", dir_.file("none")}, "there is no such folder"},
      {{"export", "--archive", folder(), "--from", "yesterday"}, "--from: expected a day"},
      {{"export", "--archive", folder(), "--to", "2026-02-30"}, "--to: expected a day"},
      {{"export", "--archive", folder(), "--kind", "prices"}, "--kind: expected price, order"},
      {{"export", "--archive", folder(), "--format", "xml"}, "--format: expected jsonl or csv"},
      {{"export", "--archive", folder(), "--fields", "a"}, "--fields: expected --format csv"}};
  for (const auto& [words, what] : rows) {
    const auto ran = run_relay_command(words);
    EXPECT_EQ(ran.status, 2) << what;
    EXPECT_THAT(ran.err, HasSubstr(what));
  }
}

}  // namespace
}  // namespace faults_test
