// A system that gives the relay no more threads, or no more memory: one line with the remedy, exit status 1, and an
// outbox that the next start goes on with.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/eventually.h"
#include "support/relay_process.h"

namespace faults_test {
namespace {

using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

/// Of nobody else: the limit counts all that its user runs.
const std::vector<std::string> kAsSomebody = {"setpriv", "--reuid", "61003", "--regid", "61003", "--clear-groups"};

int times_in(const std::string& text, const std::string& marker) {
  int count = 0;
  for (std::size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at + 1)) ++count;
  return count;
}

TEST(Scarce, ThreadsEndTheRelayWithTheRemedyWhicheverOneItDoesNotGet) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a user of its own";
  const RedisServer redis({"--unixsocketperm", "777"});
  ASSERT_EQ(::chmod(std::filesystem::path(redis.socket()).parent_path().c_str(), 0755), 0);
  const Emulator emulator;
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.file("").c_str(), 0777), 0);
  int refused = 0;
  int worked = 0;
  for (int threads = 1; threads <= 16 && worked < 2; ++threads) {
    SCOPED_TRACE(threads);
    std::vector<std::string> command = kAsSomebody;
    command.insert(command.end(), {"prlimit", "--nproc=" + std::to_string(threads), built("src/firebase-relay"), "run",
                                   "--redis-url", redis.url(), "--database-url", emulator.database_url(),
                                   "--http-listen", "127.0.0.1:0", "--outbox", dir.file("outbox.db")});
    Process relay(command);
    const bool has_started =
        eventually([&] { return !relay.is_running() || relay.err().find("redis: subscribed") != std::string::npos; });
    ASSERT_TRUE(has_started) << relay.err();
    relay.signal(SIGTERM);
    const int status = relay.wait().value_or(-1);
    const int told = times_in(relay.err(),
                              "firebase-relay: it has to end: the system lets it start no more threads; "
                              "raise the limit of processes");
    EXPECT_EQ(status, told) << relay.err();
    EXPECT_LE(told, 1) << relay.err();
    EXPECT_EQ(times_in(relay.err(), "terminate called"), 0) << relay.err();
    refused += told;
    worked += told == 0 ? 1 : 0;
  }
  EXPECT_GE(refused, 5) << "one for each thread";
  EXPECT_EQ(worked, 2) << "the first that works has none left for the drain";
}

TEST(Scarce, MemoryEndsTheRelayWithTheRemedyAndTheNextStartGoesOn) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--drain-timeout-ms", "100"};
  {
    // Threads' arenas set room aside that the limit does not take back.
    RelayProcess relay(redis, emulator, flags, {"MALLOC_ARENA_MAX=1"});
    ASSERT_TRUE(relay.wait_ready());
    emulator.begin_outage();
    RedisClient client(redis);
    client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","symbol":"AAPL","price":1})");
    ASSERT_TRUE(eventually([&] { return relay.metric("outbox_batches") > 0; }));
    std::ifstream status("/proc/" + std::to_string(relay.process().pid()) + "/status");
    rlim_t kib = 0;
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmSize:")) kib = std::stoul(line.substr(7));
    ASSERT_GT(kib, 0u);
    const rlimit little{kib * 1024 + (1 << 20), kib * 1024 + (1 << 20)};
    ASSERT_EQ(::prlimit(relay.process().pid(), RLIMIT_AS, &little, nullptr), 0);

    for (int i = 0; i < 400 && relay.process().is_running(); ++i) {
      client.publish("TICKER_UPDATES_" + std::to_string(i),
                     R"({"type":"price","price":1,"note":")" + std::string(900'000, 'x') + "\"}");
    }

    EXPECT_EQ(relay.process().wait(), 1) << relay.process().err();
    EXPECT_GE(times_in(relay.process().err(), "no memory is left; give it more"), 1) << relay.process().err();
    EXPECT_EQ(times_in(relay.process().err(), "terminate called"), 0);
  }
  emulator.end_outage();

  RelayProcess next(redis, emulator, flags);

  ASSERT_TRUE(next.wait_ready()) << next.process().err();
  EXPECT_GE(next.metric("messages_recovered_total"), 1);
  EXPECT_TRUE(eventually([&] { return emulator.get("services/AAPL/price") == 1; }));
  EXPECT_EQ(next.stop(), 0);
}

}  // namespace
}  // namespace faults_test
