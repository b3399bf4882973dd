// Name servers that say nothing: the system's look-up of Redis' name then takes half a minute, and nothing waits for
// it.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "support/emulator.h"
#include "support/eventually.h"
#include "support/process.h"

namespace pipeline_test {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::TempDir;
using testing::HasSubstr;

constexpr const char* kRedis = "redis://redis.home.arpa:6379";

/// Runs programs in a mount namespace whose /etc/resolv.conf names a UDP socket of ours, which never answers.
class SilentNameServers : public testing::Test {
 protected:
  void SetUp() override {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    ::inet_pton(AF_INET, "127.53.53.53", &address.sin_addr);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      GTEST_SKIP() << "port 53 cannot be bound here";
    std::ofstream(dir_.file("resolv.conf")) << "nameserver 127.53.53.53\noptions timeout:15 attempts:2\n";
    if (Process(there({"true"})).wait() != 0) GTEST_SKIP() << "no mount namespace can be made here";
  }
  ~SilentNameServers() override { ::close(fd_); }

  [[nodiscard]] std::vector<std::string> there(const std::vector<std::string>& command) const {
    std::vector<std::string> words = {"unshare",
                                      "--mount",
                                      "sh",
                                      "-c",
                                      "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
                                      dir_.file("resolv.conf")};
    words.insert(words.end(), command.begin(), command.end());
    return words;
  }
  [[nodiscard]] bool was_asked() const {
    char query[512];
    return ::recv(fd_, query, sizeof query, MSG_DONTWAIT) > 0;
  }

  TempDir dir_;
  int fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST_F(SilentNameServers, DoNotHoldUpAStopOrHealth) {
  const Emulator emulator;
  Process relay(there({built("src/firebase-relay"), "run", "--redis-url", kRedis, "--database-url",
                       emulator.database_url(), "--http-listen", "127.0.0.1:0", "--outbox", dir_.file("outbox.db")}));
  const std::string http_url = relay.wait_for("http listening on ");
  ASSERT_TRUE(eventually([&] { return was_asked(); })) << relay.err();
  EXPECT_FALSE(relay.wait_for("the name 'redis.home.arpa': no answer from the name servers").empty());
  EXPECT_EQ(test_support::http("GET", http_url + "/healthz").status, 200);

  const auto begin = steady_clock::now();
  relay.signal(SIGTERM);
  EXPECT_EQ(relay.wait(), 0) << relay.err();
  EXPECT_LT(steady_clock::now() - begin, seconds(4));
}

TEST_F(SilentNameServers, DoNotHoldUpAStopOfTap) {
  Process tap(there({built("src/firebase-relay"), "tap", "--redis-url", kRedis}));
  ASSERT_TRUE(eventually([&] { return was_asked(); })) << tap.err();
  const auto begin = steady_clock::now();
  tap.signal(SIGTERM);
  EXPECT_EQ(tap.wait(), 0) << tap.err();
  EXPECT_LT(steady_clock::now() - begin, seconds(4));
}

TEST_F(SilentNameServers, AreSaidByCheckWithinSeconds) {
  const Emulator emulator;
  const auto begin = steady_clock::now();
  Process check(
      there({built("src/firebase-relay"), "check", "--redis-url", kRedis, "--database-url", emulator.database_url()}));
  EXPECT_EQ(check.wait(), 1);
  EXPECT_LT(steady_clock::now() - begin, seconds(10));
  EXPECT_THAT(check.out(), HasSubstr("the name 'redis.home.arpa': no answer from the name servers within 5"));
}

}  // namespace
}  // namespace pipeline_test
