// An outbox that was damaged while nobody used it, or something else in its place: the relay starts, says so once, and
// goes on. The outbox is that of a real outage.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "support/eventually.h"
#include "support/paths.h"
#include "support/random_text.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

namespace fs = std::filesystem;

using nlohmann::json;
using test_support::bytes_of;
using test_support::Emulator;
using test_support::eventually;
using test_support::random_text;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;
using test_support::write_bytes;

constexpr int kBacklog = 2'500;  ///< at first: more than the log takes before it is copied into the file
constexpr int kNew = 200;
constexpr int kFirstNew = 1'000'000;
constexpr std::size_t kPage = 4'096;

void overwrite(const fs::path& file, std::size_t at, const std::string& with) {
  std::string bytes = bytes_of(file);
  ASSERT_LT(at + with.size(), bytes.size());
  bytes.replace(at, with.size(), with);
  write_bytes(file, bytes);
}

void put_a_notebook_in_place(const fs::path& file) {
  fs::remove(file);
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(
      sqlite3_exec(connection, "CREATE TABLE notes(text); INSERT INTO notes VALUES('milk')", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(connection);
}

void put_a_directory_in_place(const fs::path& file) {
  fs::remove(file);
  fs::create_directory(file);
  write_bytes(file / "photo", "precious");
}

/// What makes a message large, on the disk as well.
std::string note_of(int number) { return random_text(static_cast<std::uint64_t>(number), 2'000); }

/// Changes some of a message's text and nothing around it, as a bad sector may.
void change_a_message(const fs::path& file) {
  const std::string bytes = bytes_of(file);
  std::size_t at = std::string::npos;
  for (int i = kBacklog / 2; i < kBacklog && at == std::string::npos; ++i) at = bytes.find(note_of(i).substr(700, 500));
  ASSERT_NE(at, std::string::npos);
  overwrite(file, at + 100, std::string(100, 'y'));
}

void zero_the_log(const fs::path& file) {
  const fs::path log = file.string() + "-wal";
  ASSERT_GT(fs::file_size(log), 0u);
  write_bytes(log, std::string(fs::file_size(log), '\0'));
}

enum class Then {
  kSetAside,      ///< under another name, with all that was in it
  kBatchDamaged,  ///< its messages are counted as dead letters, the others arrive
  kLogIsEmpty     ///< what it held is lost, which nobody can see; the file's part arrives
};

struct Damage {
  const char* name;
  std::function<void(const fs::path& outbox)> inflict;
  Then then = Then::kSetAside;
  int ended_by = SIGTERM;  ///< leaves no log
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

const Damage kDamages[] = {
    {"AnOverwrittenHeader", [](const fs::path& file) { overwrite(file, 0, std::string(100, '\0')); }},
    {"AnOverwrittenPageInTheMiddle",
     [](const fs::path& file) {
       overwrite(file, fs::file_size(file) / kPage / 2 * kPage, std::string(kPage, '\x55'));
     }},
    {"AChangedMessage", change_a_message, Then::kBatchDamaged},
    {"ATruncatedFile", [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
    {"AZeroedLog", zero_the_log, Then::kLogIsEmpty, SIGKILL},
    {"ATextFile", [](const fs::path& file) { write_bytes(file, "This is no database, and was never one."); }},
    {"AnotherProgramsDatabase", put_a_notebook_in_place},
    {"ADirectory", put_a_directory_in_place},
};

class OutboxFile : public testing::TestWithParam<Damage> {
 protected:
  void publish(int first, int count) {
    RedisClient client(redis_);
    for (int i = first; i < first + count; ++i) {
      const json message{{"type", "price"}, {"symbol", "AAPL"}, {"price", i}, {"note", note_of(i)}};
      client.publish("TICKER_UPDATES_AAPL", message.dump());
    }
  }

  /// Leaves an outbox with backlog_ messages behind, the last of them in its log only, and the database well.
  void leave_a_backlog() {
    RelayProcess relay(redis_, emulator_, {"--outbox", outbox_.string(), "--drain-timeout-ms", "100"});
    ASSERT_TRUE(relay.wait_ready());
    emulator_.begin_outage();
    publish(0, backlog_ = kBacklog);
    ASSERT_TRUE(eventually([&] { return relay.metric("outbox_bytes") > kBacklog * 2'000; })) << relay.metrics();
    fs::file_time_type copied;  // from the log into the file
    do {
      copied = fs::last_write_time(outbox_);
      const double batches = relay.metric("outbox_batches");
      publish(backlog_, 20);
      backlog_ += 20;
      ASSERT_TRUE(eventually([&] { return relay.metric("outbox_batches") > batches; })) << relay.metrics();
    } while (fs::last_write_time(outbox_) != copied);
    ASSERT_TRUE(eventually([&] { return relay.metric("messages_received_total") == backlog_; })) << relay.metrics();
    relay.process().signal(GetParam().ended_by);
    ASSERT_TRUE(relay.process().wait());
    emulator_.end_outage();
  }

  /// The name of what was set aside; empty: nothing was.
  [[nodiscard]] fs::path set_aside() const {
    for (const auto& entry : fs::directory_iterator(outbox_.parent_path())) {
      const std::string name = entry.path().filename();
      const bool is_it = name.starts_with("outbox.db.corrupt-") && name.ends_with("Z");
      if (is_it) return entry.path();
    }
    return {};
  }

  /// How many of the backlog stand in history. Each once, and all that is new.
  [[nodiscard]] int backlog_in_history() const {
    std::map<int, int> times;
    for (const json& entry : emulator_.entries("history/AAPL/prices")) ++times[entry.at("price").get<int>()];
    for (const auto& [number, count] : times) EXPECT_EQ(count, 1) << number;
    for (int i = 0; i < kNew; ++i) EXPECT_TRUE(times.contains(kFirstNew + i)) << i;
    return static_cast<int>(times.size()) - kNew;
  }

  const RedisServer redis_{{"--client-output-buffer-limit", "pubsub 0 0 0"}};
  const Emulator emulator_;
  const TempDir dir_;
  const fs::path outbox_ = dir_.file("outbox.db");
  int backlog_ = 0;
};

int lines_with(const std::string& text, const std::string& marker) {
  int lines = 0;
  for (std::size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at + 1)) ++lines;
  return lines;
}

TEST_P(OutboxFile, ThatIsDamagedStopsNobodyAndIsNeverDeleted) {
  leave_a_backlog();
  if (HasFatalFailure()) return;
  GetParam().inflict(outbox_);
  if (HasFatalFailure()) return;
  const bool is_directory = fs::is_directory(outbox_);
  const std::string before = bytes_of(is_directory ? outbox_ / "photo" : outbox_);

  RelayProcess relay(redis_, emulator_, {"--outbox", outbox_.string()});

  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  publish(kFirstNew, kNew);
  ASSERT_TRUE(relay.wait_delivered(kNew)) << relay.metrics() << relay.process().err();
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_TRUE(eventually([&] { return emulator_.get("services/AAPL/price") == kFirstNew + kNew - 1; }));
  const int recovered = static_cast<int>(relay.metric("messages_recovered_total"));
  const int damaged = static_cast<int>(relay.metric("dead_letters_total", "reason=\"damaged\""));
  EXPECT_EQ(backlog_in_history(), recovered - damaged);
  const std::string said = relay.process().err();
  if (GetParam().then == Then::kSetAside) {
    EXPECT_EQ(recovered, 0);
    const fs::path kept = set_aside();
    ASSERT_FALSE(kept.empty()) << said;
    EXPECT_TRUE(bytes_of(is_directory ? kept / "photo" : kept) == before) << "set aside, never changed";
    EXPECT_EQ(lines_with(said, "the file is called " + kept.string() + " now and a new one begins"), 1) << said;
  } else {
    EXPECT_TRUE(set_aside().empty());
  }
  if (GetParam().then == Then::kBatchDamaged) {
    EXPECT_EQ(recovered, backlog_);
    EXPECT_GT(damaged, 0);
    EXPECT_LT(damaged, backlog_);
    EXPECT_EQ(lines_with(said, "a batch does not match its checksum and is set aside in the file"), 1) << said;
  }
  if (GetParam().then == Then::kLogIsEmpty) {
    EXPECT_GT(recovered, 0);
    EXPECT_LT(recovered, backlog_);
  }
  EXPECT_EQ(relay.metric("outbox_errors_total"), GetParam().then == Then::kLogIsEmpty ? 0 : 1);
  EXPECT_EQ(relay.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(With, OutboxFile, testing::ValuesIn(kDamages),
                         [](const auto& damage) { return damage.param.name; });

}  // namespace
}  // namespace faults_test
