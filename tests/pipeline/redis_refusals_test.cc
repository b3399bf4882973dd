// A Redis that refuses something, and what is no Redis: the line says what it is and what to do, `check` and `run`
// alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "support/checked.h"
#include "support/emulator.h"
#include "support/eventually.h"
#include "support/local_port.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::checked;
using test_support::Emulator;
using test_support::eventually;
using test_support::LocalPort;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string tcp_url(std::uint16_t port) { return "redis://127.0.0.1:" + std::to_string(port); }

/// A peer that says one thing to everybody, and closes.
class Says {
 public:
  explicit Says(std::string words) : words_(std::move(words)) {
    thread_ = std::thread([this] {
      for (int fd = port_.accept(); fd >= 0; fd = port_.accept()) {
        ::send(fd, words_.data(), words_.size(), MSG_NOSIGNAL);
        ::shutdown(fd, SHUT_WR);
        char bytes[512];
        while (::recv(fd, bytes, sizeof bytes, 0) > 0) {
        }
        ::close(fd);
      }
    });
  }
  ~Says() {
    port_.stop();
    thread_.join();
  }
  Says(const Says&) = delete;
  Says& operator=(const Says&) = delete;
  [[nodiscard]] std::string url() const { return tcp_url(port_.port()); }

 private:
  std::string words_;
  LocalPort port_{LocalPort::kOpen};
  std::thread thread_;
};

TEST(RedisRefusal, OfPingIsToldByCheckAndIsNoFailure) {
  const RedisServer redis;
  RedisClient(redis).command({"ACL", "SETUSER", "bob", "on", "nopass", "&*", "+psubscribe"});
  const Emulator emulator;
  EXPECT_THAT(checked("unix://bob@" + redis.socket(), emulator),
              AllOf(StartsWith("ok"), HasSubstr("PING is refused"), HasSubstr("ACL SETUSER bob '+ping'")));
  const RedisServer renamed({"--rename-command", "PING", ""});
  EXPECT_THAT(checked(renamed.url(), emulator), AllOf(StartsWith("ok"), HasSubstr("PING is refused")));
}

TEST(RedisRefusal, OfPingOpensNoGaps) {
  const RedisServer redis({"--rename-command", "PING", ""});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--heartbeat-seconds", "1"});
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_FALSE(eventually([&] { return relay.metric("subscription_gaps_total") > 0; }, std::chrono::seconds(8)))
      << relay.process().err();
  EXPECT_TRUE(relay.is_ready());
  EXPECT_TRUE(emulator.get("relay/test/gaps").is_null());
}

TEST(RedisRefusal, ByAReplicaWithoutItsMasterOpensNoGapsAndIsSaid) {
  const RedisServer redis({"--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "no"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  EXPECT_FALSE(relay.process().wait_for("redis: subscribed, but Redis says: MASTERDOWN").empty());
  EXPECT_TRUE(relay.is_ready());
  EXPECT_EQ(relay.metric("subscription_gaps_total"), 0);
}

TEST(RedisRefusal, NamesTheRuleThatLacksAndWhoLacksIt) {
  const RedisServer redis;
  RedisClient client(redis);
  const Emulator emulator;
  client.command({"ACL", "SETUSER", "bob", "on", "nopass", "&TICKER_*", "+psubscribe", "+ping"});
  const std::string url = "unix://bob@" + redis.socket();
  EXPECT_THAT(checked(url, emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("NOPERM"), HasSubstr("ACL SETUSER bob '&*'")));
  EXPECT_THAT(checked(url, emulator, {"--channels", "TICKER_*,NEWS"}), HasSubstr("ACL SETUSER bob '&NEWS'"));
  EXPECT_THAT(checked(url, emulator, {"--channels", "TICKER_*"}), StartsWith("ok"));
  EXPECT_THAT(checked(url + "?db=3", emulator, {"--channels", "TICKER_*"}), HasSubstr("ACL SETUSER bob '+select'"));
  client.command({"ACL", "SETUSER", "bob", "-psubscribe"});
  EXPECT_THAT(checked(url, emulator), HasSubstr("ACL SETUSER bob '+psubscribe'"));

  RelayProcess relay(redis, emulator, {"--redis-url", url});
  EXPECT_FALSE(relay.process().wait_for("ACL SETUSER bob '+psubscribe'").empty());
  EXPECT_FALSE(relay.is_ready());
}

TEST(RedisRefusal, OfThePasswordSaysWhereItIsGiven) {
  const RedisServer redis({"--requirepass", "s3cret-word"});
  const Emulator emulator;
  EXPECT_THAT(checked(redis.url(), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("NOAUTH"), HasSubstr("REDIS_PASSWORD")));
  EXPECT_THAT(checked("unix://:wrong@" + redis.socket(), emulator),
              AllOf(HasSubstr("WRONGPASS"), HasSubstr("correct")));
  const RedisServer open;
  EXPECT_THAT(checked("unix://:some@" + open.socket(), emulator), HasSubstr("take ours out"));
}

TEST(RedisRefusal, AtItsLimitOfClientsIsSaid) {
  const RedisServer redis({"--maxclients", "1"});
  const RedisClient only(redis);
  const Emulator emulator;
  EXPECT_THAT(checked(redis.url(), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("max number of clients"), HasSubstr("maxclients")));
}

TEST(Sentinel, IsNotTakenForRedis) {
  const std::uint16_t port = LocalPort(LocalPort::kClosed).port();
  const TempDir dir;
  std::ofstream(dir.file("sentinel.conf"))
      << "port " << port << "\nbind 127.0.0.1\nsentinel monitor bots 127.0.0.1 1 1\n";
  Process sentinel({"redis-server", dir.file("sentinel.conf"), "--sentinel"});
  sentinel.wait_for("monitor master");
  const Emulator emulator;
  EXPECT_THAT(checked(tcp_url(port), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("Sentinel"), HasSubstr("the master's address")));

  const RedisServer nobody(RedisServer::Start::kLater);
  RelayProcess relay(nobody, emulator, {"--redis-url", tcp_url(port)});
  EXPECT_FALSE(relay.process().wait_for("this is a Redis Sentinel").empty());
  EXPECT_FALSE(relay.is_ready());
}

TEST(NoRedis, IsNamedForWhatItIs) {
  const Emulator emulator;
  EXPECT_THAT(checked(Says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").url(), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("an HTTP server")));
  EXPECT_THAT(checked(Says("\x15\x03\x03\x02\x02\x46").url(), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("this port speaks TLS: use rediss://")));
  EXPECT_THAT(checked(Says("").url(), emulator), AllOf(StartsWith("FAILED"), HasSubstr("use rediss://")));
  EXPECT_THAT(
      checked(Says("-DENIED Redis is running in protected mode because protected mode is enabled\r\n").url(), emulator),
      AllOf(StartsWith("FAILED"), HasSubstr("requirepass")));
  EXPECT_THAT(checked("rediss" + Says("-DENIED Redis is running in protected mode\r\n").url().substr(5), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("answers without TLS"), HasSubstr("use redis://")));
  EXPECT_THAT(checked("rediss" + Says("").url().substr(5), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("does Redis speak TLS on this port")));
  EXPECT_THAT(checked(Says("SSH-2.0-OpenSSH_9.2\r\n").url(), emulator), HasSubstr("an SSH server"));
  EXPECT_THAT(checked("redis" + emulator.url().substr(4), emulator),
              AllOf(StartsWith("FAILED"), HasSubstr("An HTTP server waits so")));
}

TEST(NoRedis, ThatSaysNothingIsGivenUpInTime) {
  const LocalPort mute(LocalPort::kOpen);
  const Emulator emulator;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(
      checked(tcp_url(mute.port()), emulator),
      AllOf(StartsWith("FAILED"), HasSubstr("127.0.0.1:" + std::to_string(mute.port()) + ": it took the connection")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(12));
}

}  // namespace
}  // namespace pipeline_test
