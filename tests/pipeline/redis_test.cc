// The bus' side: connections that die, hang, or are not there; patterns; the bound.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

using test_support::RedisTransport;

constexpr const char* kApple = R"({"type":"price","price":"1.5","volume":null,"symbol":"AAPL"})";

/// However it is reached.
class Redis : public testing::TestWithParam<RedisTransport> {};

TEST_P(Redis, IsWaitedForAtTheStart) {
  RedisServer redis(RedisServer::Start::kLater, GetParam());
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  EXPECT_FALSE(relay.is_ready());
  EXPECT_EQ(test_support::http("GET", relay.http_url() + "/healthz").status, 200);
  redis.start();
  ASSERT_TRUE(relay.wait_ready());
  RedisClient(redis).publish("TICKER_UPDATES_AAPL", kApple);
  EXPECT_TRUE(relay.wait_delivered(1));
  EXPECT_TRUE(emulator.get("relay/test/gaps").is_null()) << "what was before the first subscription is no gap";
}

std::string free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return std::to_string(ntohs(address.sin_port));
}

struct User {
  const char* name;
  std::string rule;  ///< of ACL SETUSER
  std::string user;  ///< in the URL
};
class RedisByTcp : public testing::TestWithParam<User> {};

TEST_P(RedisByTcp, IsSubscribedToAsThatUser) {
  const std::string port = free_port();
  const RedisServer redis({"--port", port, "--bind", "127.0.0.1"});
  RedisClient(redis).command({"ACL", "SETUSER", "bob", "on", GetParam().rule, "~*", "&*", "+@all"});
  RedisClient(redis).command({"ACL", "SETUSER", "default", "off"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--redis-url", "redis://" + GetParam().user + "@127.0.0.1:" + port + "/3"});
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  Process publisher({"redis-cli", "-p", port, "--user", "bob", "--pass", "s3cret", "--no-auth-warning", "publish",
                     "TICKER_UPDATES_AAPL", kApple});
  ASSERT_EQ(publisher.wait(), 0) << publisher.err();
  EXPECT_TRUE(relay.wait_delivered(1)) << publisher.out();
  EXPECT_EQ(relay.process().err().find("s3cret"), std::string::npos);
}

/// Of a TCP connection of `process` to `port`, as /proc/net/tcp shows it; -1: there is none.
int timer_of_connection(pid_t process, const std::string& port) {
  std::set<std::string> sockets;
  for (const auto& fd : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
    std::error_code gone;
    sockets.insert(std::filesystem::read_symlink(fd, gone).string());
  }
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream columns(line);
    std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    columns >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    const bool is_to_port = std::stoi(remote.substr(remote.find(':') + 1), nullptr, 16) == std::stoi(port);
    if (is_to_port && sockets.contains("socket:[" + inode + "]")) return std::stoi(timer.substr(0, 2), nullptr, 16);
  }
  return -1;
}

TEST(RedisOverTcp, IsKeptAlive) {
  constexpr int kKeepaliveTimer = 2;  // of /proc/net/tcp; 1: something is sent again, 0: none
  const std::string port = free_port();
  const RedisServer redis({"--port", port, "--bind", "127.0.0.1"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--redis-url", "redis://127.0.0.1:" + port});
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  EXPECT_TRUE(eventually([&] { return timer_of_connection(relay.process().pid(), port) == kKeepaliveTimer; }))
      << timer_of_connection(relay.process().pid(), port);
}

INSTANTIATE_TEST_SUITE_P(Users, RedisByTcp,
                         testing::Values(User{"with_a_password", ">s3cret", "bob:s3cret"},
                                         User{"without_one", "nopass", "bob"}),
                         [](const auto& user) { return user.param.name; });

TEST_P(Redis, ThatRepeatsThePasswordDoesNotBringItIntoTheLog) {
  const RedisServer redis(GetParam(), {"--rename-command", "AUTH", ""});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--redis-url", redis.url(":hunter2secret")});
  EXPECT_TRUE(eventually([&] { return relay.process().err().find("Redis says: ") != std::string::npos; }));
  EXPECT_EQ(relay.process().err().find("hunter2"), std::string::npos) << relay.process().err();
}

TEST_P(Redis, IsComeBackToAfterACrashAndTheGapIsReported) {
  RedisServer redis(GetParam());
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--heartbeat-seconds", "1"});
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  RedisClient(redis).publish("TICKER_UPDATES_AAPL", kApple);
  ASSERT_TRUE(relay.wait_delivered(1));
  redis.kill();
  EXPECT_TRUE(eventually([&] { return relay.metric("redis_connected") == 0; }));
  redis.start();
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  RedisClient(redis).publish("TICKER_UPDATES_AAPL", kApple);
  EXPECT_TRUE(relay.wait_delivered(2));
  EXPECT_EQ(relay.metric("subscription_gaps_total"), 1);
  EXPECT_GE(relay.metric("redis_reconnects_total"), 1);
  ASSERT_TRUE(eventually([&] { return emulator.get("relay/test/gap_count") == 1; }));
  ASSERT_TRUE(eventually([&] { return !emulator.get("relay/test/gaps").is_null(); })) << "it goes a way of its own";
  const nlohmann::json gaps = emulator.get("relay/test/gaps");
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_LE(gaps.front().at("from"), gaps.front().at("to"));
  EXPECT_FALSE(gaps.front().at("cause").get<std::string>().empty());
  EXPECT_EQ(emulator.entries("history/AAPL/prices").size(), 2u);
}

TEST_P(Redis, ThatDropsASlowRelayIsReportedAsSuch) {
  const RedisServer redis(GetParam(), {"--client-output-buffer-limit", "pubsub 1mb 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--heartbeat-seconds", "1"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  relay.process().signal(SIGSTOP);
  const std::string payload =
      R"({"type":"price","symbol":"AAPL","price":1,"filler":")" + std::string(2'000, ' ') + "\"}";
  while (client.publish("TICKER_UPDATES_AAPL", payload) > 0) {  // until Redis drops it
  }
  relay.process().signal(SIGCONT);
  ASSERT_TRUE(eventually([&] { return !emulator.get("relay/test/gaps").is_null(); })) << relay.process().err();
  const std::string cause = emulator.get("relay/test/gaps").front().at("cause");
  EXPECT_NE(cause.find(" kB waited to be read"), std::string::npos) << cause;
}

TEST_P(Redis, ThatHangsIsNoticedWithinFiveSecondsAndNothingIsLostWhenItGoesOn) {
  RedisServer redis(GetParam());
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready());
  redis.suspend();
  EXPECT_TRUE(eventually([&] { return relay.metric("redis_connected") == 0; }, std::chrono::milliseconds(5'500)));
  EXPECT_FALSE(relay.is_ready());
  redis.resume();
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_TRUE(eventually([&] { return relay.process().err().find("answers again") != std::string::npos; }))
      << relay.process().err();
  RedisClient(redis).publish("TICKER_UPDATES_AAPL", kApple);
  EXPECT_TRUE(relay.wait_delivered(1));
}

TEST_P(Redis, MessageThatMatchesTwoPatternsIsTakenOnce) {
  const RedisServer redis(GetParam());
  const Emulator emulator;
  RelayProcess relay(redis, emulator, {"--channels", "TICKER_*,*_AAPL"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  EXPECT_EQ(client.publish("TICKER_UPDATES_AAPL", kApple), 2);
  EXPECT_EQ(client.publish("TICKER_UPDATES_AAPL", kApple), 2);
  EXPECT_EQ(client.publish("TICKER_UPDATES_MSFT", kApple), 1);
  EXPECT_EQ(client.publish("NEWS", kApple), 0);
  ASSERT_TRUE(relay.wait_delivered(3));
  EXPECT_EQ(emulator.entries("history/AAPL/prices").size(), 3u);
  EXPECT_EQ(relay.metric("messages_received_total"), 3);
}

TEST_P(Redis, ItsOwnNotificationsAreNobodysMessages) {
  const RedisServer redis(GetParam(), {"--notify-keyspace-events", "KEA"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator);
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  client.command({"SET", "key", "value"});
  client.publish("TICKER_UPDATES_AAPL", kApple);
  ASSERT_TRUE(relay.wait_delivered(1));
  EXPECT_EQ(relay.metric("messages_received_total"), 1);
}

TEST_P(Redis, PasswordIsGivenAndAWrongOneIsSaid) {
  const RedisServer redis(GetParam(), {"--requirepass", "s3cret-word"});
  const Emulator emulator;
  RelayProcess wrong(redis, emulator);
  EXPECT_FALSE(wrong.process().wait_for("NOAUTH").empty());
  const test_support::TempDir dir;
  std::ofstream(dir.file("password")) << "s3cret-word\n";
  RelayProcess right(redis, emulator, {"--redis-password-file", dir.file("password")});
  EXPECT_TRUE(right.wait_ready());
  EXPECT_EQ(right.process().err().find("s3cret-word"), std::string::npos);
}

TEST_P(Redis, BuffersWhileReadingIsPausedAtTheBound) {
  const RedisServer redis(GetParam(), {"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  RelayProcess relay(redis, emulator,
                     {"--queue-max-mb", "1", "--workers", "1", "--max-mb-per-minute", "0", "--no-history"});
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  // One worker needs milliseconds for each of these, reading them needs less.
  const std::string payload =
      R"({"type":"price","symbol":"AAPL","price":1,"filler":[)" + std::string(900'000, ' ') + "1]}";
  const std::string deep = [] {
    std::string text = R"({"type":"price","symbol":"AAPL","price":2,"filler":[0)";
    for (int i = 0; i < 200'000; ++i) text += ",12";
    return text + "]}";
  }();
  constexpr int kMessages = 60;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kMessages; ++i) client.publish("TICKER_UPDATES_AAPL", i % 2 == 0 ? deep : payload);
  ASSERT_TRUE(relay.wait_delivered(kMessages, std::chrono::seconds(90))) << relay.metrics();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(relay.metric("reading_paused_seconds_total"), 0) << relay.metrics();
  EXPECT_LE(relay.metric("reading_paused_seconds_total"), elapsed.count());
  EXPECT_EQ(relay.metric("subscription_gaps_total"), 0);
  EXPECT_TRUE(relay.accounts_add_up());
}

INSTANTIATE_TEST_SUITE_P(Over, Redis,
                         testing::Values(RedisTransport::kUnixSocket, RedisTransport::kTls, RedisTransport::kMutualTls),
                         [](const auto& over) {
                           return over.param == RedisTransport::kUnixSocket ? "unix_socket"
                                  : over.param == RedisTransport::kTls      ? "tls"
                                                                            : "mutual_tls";
                         });

}  // namespace
}  // namespace pipeline_test
