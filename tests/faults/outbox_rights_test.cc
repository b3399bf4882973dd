// An outbox that the relay's user may not write: `check` says so, and a relay that can work without it does, and says
// so wherever somebody looks.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "support/eventually.h"
#include "support/http.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

namespace fs = std::filesystem;

using test_support::built;
using test_support::bytes_of;
using test_support::Emulator;
using test_support::eventually;
using test_support::http;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

constexpr unsigned kNobody = 65'534;
const std::vector<std::string> kAsNobody = {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};

int count_of(const std::string& text, const std::string& marker) {
  int count = 0;
  for (std::size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at + 1)) ++count;
  return count;
}

/// Root may write everything, so the relay runs as nobody.
class OutboxRights : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can leave files of another user";
    ASSERT_EQ(::chmod(fs::path(redis_.socket()).parent_path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(dir_.file("").c_str(), 0777), 0);
  }
  /// An outbox that root's relay has left, as a relay that ran as root once does.
  void leave_one_of_root() {
    RelayProcess relay(redis_, emulator_, {"--outbox", outbox_});
    ASSERT_TRUE(relay.wait_ready());
    ASSERT_EQ(relay.stop(), 0);
    ASSERT_EQ(::chmod(outbox_.c_str(), 0644), 0);
  }
  void publish(int price) {
    RedisClient(redis_).publish("TICKER_UPDATES_AAPL",
                                R"({"type":"price","symbol":"AAPL","price":)" + std::to_string(price) + "}");
  }
  struct Checked {
    int status;
    std::string said;
  };
  Checked check(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> command = kAsNobody;
    command.insert(command.end(), {built("src/firebase-relay"), "check", "--redis-url", redis_.url(), "--database-url",
                                   emulator_.database_url(), "--http-listen", "127.0.0.1:0", "--outbox", outbox_});
    command.insert(command.end(), flags.begin(), flags.end());
    Process process(command);
    const int status = process.wait().value_or(-1);
    return {status, process.out()};
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.file(""))) names.insert(entry.path());
    return names;
  }
  /// What a relay says of itself that cannot write its outbox, from its start on, and at its stop.
  void expect_told(RelayProcess& relay) {
    ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
    const auto readyz = http("GET", relay.http_url() + "/readyz");
    EXPECT_EQ(readyz.status, 200);
    EXPECT_NE(readyz.body.find(outbox_), std::string::npos) << readyz.body;
    EXPECT_NE(readyz.body.find("user (65534)"), std::string::npos) << readyz.body;
    EXPECT_EQ(relay.metric("outbox_writable"), 0);
    EXPECT_GT(relay.metric("outbox_errors_total"), 0);
    EXPECT_EQ(count_of(relay.process().err(), " error outbox: "), 1) << relay.process().err();
    publish(1);
    EXPECT_TRUE(eventually([&] { return emulator_.get("services/AAPL/price") == 1; })) << "what can be done is done";
  }

  const RedisServer redis_{{"--unixsocketperm", "777"}};
  const Emulator emulator_;
  const TempDir dir_;
  const std::string outbox_ = dir_.file("outbox.db");
};

TEST_F(OutboxRights, OfAnotherUsersFileAreToldByCheckWhichLeavesNoTrace) {
  leave_one_of_root();
  const std::set<std::string> before = files();

  const Checked checked = check();

  EXPECT_EQ(checked.status, 1) << checked.said;
  EXPECT_EQ(count_of(checked.said, "FAILED"), 1) << checked.said;
  EXPECT_NE(checked.said.find("FAILED  outbox       outbox " + outbox_), std::string::npos) << checked.said;
  EXPECT_NE(checked.said.find("user (65534)"), std::string::npos) << checked.said;
  EXPECT_EQ(files(), before);
}

TEST_F(OutboxRights, OfAFolderAreTriedByCheckWhichLeavesNoTrace) {
  const std::string folder = dir_.file("of root");
  fs::create_directory(folder);

  EXPECT_EQ(check({"--outbox", folder + "/outbox.db"}).status, 1);
  EXPECT_EQ(check({"--outbox", folder + "/new/outbox.db"}).status, 1);
  EXPECT_EQ(check({"--outbox", dir_.file("new/folder/outbox.db")}).status, 0);

  EXPECT_EQ(files(), std::set<std::string>{folder});
}

TEST_F(OutboxRights, OfALockOfAnotherUserAreTriedByCheck) {
  std::ofstream(outbox_ + ".lock").flush();
  ASSERT_EQ(::chmod((outbox_ + ".lock").c_str(), 0600), 0);

  const Checked checked = check();

  EXPECT_EQ(checked.status, 1) << checked.said;
  EXPECT_NE(checked.said.find(outbox_ + ".lock: Permission denied"), std::string::npos) << checked.said;
}

TEST_F(OutboxRights, OfWhereALinkLeadsAreTriedByCheck) {
  const std::string folder = dir_.file("of root");
  fs::create_directory(folder);
  fs::create_symlink(folder + "/outbox.db", outbox_);

  EXPECT_EQ(check().status, 1);
}

TEST_F(OutboxRights, ThatAreMissingAreToldOnWhenMemoryStandsInForTheDisk) {
  const std::string folder = dir_.file("of root");
  fs::create_directory(folder);
  emulator_.control("POST", "faults", {{"kind", "status"}, {"status", 503}, {"ms", 600'000}});
  RelayProcess relay(redis_, emulator_, {"--outbox", folder + "/outbox.db", "--drain-timeout-ms", "100"}, {},
                     kAsNobody);
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  publish(1);
  ASSERT_TRUE(eventually([&] { return relay.metric("outbox_batches") == 1; })) << relay.metrics();
  EXPECT_EQ(relay.metric("outbox_writable"), 0) << "what is in memory is on no disk";
  EXPECT_EQ(count_of(relay.process().err(), "can be written again"), 0) << relay.process().err();
}

TEST_F(OutboxRights, AreNotTriedByCheckWhileARelayHasTheOutbox) {
  RelayProcess relay(redis_, emulator_, {"--outbox", outbox_}, {}, kAsNobody);
  ASSERT_TRUE(relay.wait_ready());
  const std::string address = relay.http_url().substr(std::string("http://").size());
  const std::set<std::string> before = files();

  const Checked checked = check({"--http-listen", address});

  EXPECT_EQ(checked.status, 0) << checked.said;
  EXPECT_EQ(count_of(checked.said, "in use by a relay"), 2) << checked.said;
  EXPECT_EQ(files(), before);
  Emulator other;
  const Checked taken = check({"--http-listen", other.url().substr(std::string("http://").size())});
  EXPECT_EQ(taken.status, 1) << taken.said;
  EXPECT_NE(taken.said.find("FAILED  http "), std::string::npos) << taken.said;
}

TEST_F(OutboxRights, OfAnotherUsersFileKeepNoRelayFromItsWorkAndAStopSaysWhatIsLost) {
  leave_one_of_root();
  RelayProcess relay(redis_, emulator_, {"--outbox", outbox_, "--drain-timeout-ms", "100"}, {}, kAsNobody);
  expect_told(relay);
  emulator_.begin_outage();
  for (int i = 0; i < 39; ++i) publish(100 + i);
  ASSERT_TRUE(eventually([&] { return relay.metric("outbox_errors_total") >= 3; })) << "a try a second";

  EXPECT_EQ(relay.stop(), 1);

  EXPECT_NE(
      relay.process().err().find("39 messages were neither acknowledged by the database nor stored, and are lost"),
      std::string::npos)
      << relay.process().err();
  EXPECT_LE(count_of(relay.process().err(), " error outbox: "), 1) << "not a line a second: " << relay.process().err();
}

TEST_F(OutboxRights, ThatAreGivenAreUsedWithoutARestart) {
  leave_one_of_root();
  RelayProcess relay(redis_, emulator_, {"--outbox", outbox_, "--drain-timeout-ms", "100"}, {}, kAsNobody);
  expect_told(relay);
  emulator_.begin_outage();
  for (int i = 0; i < 39; ++i) publish(100 + i);

  ASSERT_EQ(::chown(outbox_.c_str(), kNobody, kNobody), 0);

  ASSERT_TRUE(eventually([&] { return relay.metric("outbox_writable") == 1; })) << relay.process().err();
  EXPECT_EQ(http("GET", relay.http_url() + "/readyz").body, "ok\n");
  EXPECT_EQ(relay.stop(), 0) << relay.process().err();
  EXPECT_NE(relay.process().err().find("39 messages wait in the outbox"), std::string::npos) << relay.process().err();
}

TEST_F(OutboxRights, OfAFolderWithoutAFileKeepNoRelayFromItsWork) {
  ASSERT_EQ(::chmod(dir_.file("").c_str(), 0755), 0);
  RelayProcess relay(redis_, emulator_, {"--outbox", outbox_, "--drain-timeout-ms", "100"}, {}, kAsNobody);
  expect_told(relay);
  RedisClient(redis_).publish("NOISE", "\xFF");
  emulator_.begin_outage();
  for (int i = 0; i < 5; ++i) publish(100 + i);
  ASSERT_TRUE(eventually([&] { return relay.metric("messages_in_flight") == 5; }));
  EXPECT_EQ(relay.metric("dead_letters_total"), 1);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();

  EXPECT_EQ(relay.stop(), 1);

  EXPECT_NE(relay.process().err().find("5 messages were neither"), std::string::npos) << relay.process().err();
  EXPECT_TRUE(files().empty());
}

TEST_F(OutboxRights, OfAFileThatCannotBeOpenedEndTheRelayWithTheRemedy) {
  leave_one_of_root();
  ASSERT_EQ(::chmod(outbox_.c_str(), 0600), 0);
  std::vector<std::string> command = kAsNobody;
  command.insert(command.end(), {built("src/firebase-relay"), "run", "--redis-url", redis_.url(), "--database-url",
                                 emulator_.database_url(), "--http-listen", "127.0.0.1:0", "--outbox", outbox_});

  Process relay(command);

  EXPECT_EQ(relay.wait(), 1) << "what is in it is not known, and may be older than what comes";
  EXPECT_NE(relay.err().find("give the relay's user (65534)"), std::string::npos) << relay.err();
  EXPECT_EQ(check().status, 1);
}

}  // namespace
}  // namespace faults_test
