// The relay needs no rights: it runs as nobody, on a file system that it can only read but for the outbox' folder.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/eventually.h"
#include "support/http.h"
#include "support/relay_process.h"

namespace hostile_test {
namespace {

namespace fs = std::filesystem;

using test_support::built;
using test_support::Emulator;
using test_support::http;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;

constexpr unsigned kNobody = 65'534;

bool is_root() { return ::geteuid() == 0; }

/// Root may have a mount namespace of its own, unless a container forbids it.
bool can_mount() {
  Process attempt({"unshare", "--mount", "true"});
  return is_root() && attempt.wait() == 0;
}

/// The command that runs `program` as somebody without rights: as nobody, where everything is read-only but
/// `writable`; or as who we are, when that is not root.
std::vector<std::string> confined(const std::string& writable, const std::vector<std::string>& program) {
  if (!is_root()) return program;
  const std::string uid = std::to_string(kNobody);
  std::vector<std::string> command;
  if (can_mount()) {
    // The folder is a mount of its own, so that it stays writable when all others are made read-only.
    command = {"unshare",
               "--mount",
               "--propagation",
               "private",
               "sh",
               "-ec",
               "dir=$1; shift; mount --bind \"$dir\" \"$dir\"; mount -o remount,bind,ro /; "
               "for m in /tmp /var /home /run; do ! mountpoint -q $m || mount -o remount,bind,ro $m; done; exec \"$@\"",
               "sh",
               writable};
  }
  command.insert(command.end(), {"setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--no-new-privs",
                                 "--bounding-set=-all"});
  command.insert(command.end(), program.begin(), program.end());
  return command;
}

std::string content_of(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool knows_flag(const std::string& flag) {
  Process help({built("src/firebase-relay"), "run", "--help"});
  help.wait();
  return help.out().find(flag) != std::string::npos;
}

TEST(LeastPrivilege, RunsAsNobodyOnAReadOnlyFileSystemButForItsOutbox) {
  const RedisServer redis({"--unixsocketperm", "777"});
  ASSERT_EQ(::chmod(fs::path(redis.socket()).parent_path().c_str(), 0755), 0);
  const Emulator emulator;
  const test_support::TempDir outbox;
  ASSERT_EQ(::chmod(outbox.file("").c_str(), 0777), 0);
  std::vector<std::string> relay = {
      built("src/firebase-relay"), "run",           "--redis-url", redis.url(),           "--database-url",
      emulator.database_url(),     "--http-listen", "127.0.0.1:0", "--flush-interval-ms", "10"};
  if (knows_flag("--outbox ")) relay.insert(relay.end(), {"--outbox", outbox.file("outbox.db")});

  Process process(confined(outbox.file(""), relay));
  const std::string url = process.wait_for("http listening on ");
  ASSERT_TRUE(test_support::eventually([&] { return http("GET", url + "/readyz").status == 200; })) << process.err();
  RedisClient(redis).publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":"1"})");

  EXPECT_TRUE(test_support::eventually([&] { return emulator.get("services/AAPL/price") == "1"; })) << process.err();
  const std::string status = content_of("/proc/" + std::to_string(process.pid()) + "/status");
  if (is_root()) {
    EXPECT_NE(status.find("\nUid:\t65534\t65534\t65534\t65534\n"), std::string::npos) << status;
    EXPECT_NE(status.find("\nCapEff:\t0000000000000000\n"), std::string::npos) << status;
    EXPECT_NE(status.find("\nNoNewPrivs:\t1\n"), std::string::npos) << status;
  }
  if (can_mount()) {
    const std::string mounts = content_of("/proc/" + std::to_string(process.pid()) + "/mounts");
    const std::size_t root = mounts.find(" / ");
    ASSERT_NE(root, std::string::npos) << mounts;
    EXPECT_EQ(mounts.substr(mounts.find(' ', root + 3) + 1, 2), "ro") << mounts;
  }
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0) << process.err();
  EXPECT_EQ(process.err().find("error"), std::string::npos) << process.err();
}

}  // namespace
}  // namespace hostile_test
