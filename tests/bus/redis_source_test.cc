#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "bus/source_fixture.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RedisTransport;

/// A peer that says nothing is given up after 4 s (RedisSource); with that it would have been, and come back.
constexpr milliseconds kTimeToGiveUp{6'000};
/// A pause is counted each second: what a stop after this leaves out would be missed.
constexpr milliseconds kBetweenTwoCounts{500};

/// A connection on which a command can be left waiting.
class RawClient {
 public:
  explicit RawClient(const RedisServer& redis) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    redis.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect");
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void say(const std::string& command) const {
    const std::string line = command + "\r\n";
    ASSERT_EQ(::send(fd_, line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
  }
  [[nodiscard]] std::string answer() const {
    std::array<char, 64> bytes{};
    const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), 0);
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  [[nodiscard]] std::string ask(const std::string& command) const {
    say(command);
    return answer();
  }

 private:
  int fd_;
};

TEST_F(RedisSourceTest, DoesNotJudgeRedisWhileReadingIsPaused) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  subscribe_to(redis);
  RedisClient client(redis);
  constexpr int kMessages = 3'000;
  const auto begin = steady_clock::now();
  for (int i = 0; i < kMessages; ++i) client.publish("NEWS", std::to_string(i) + std::string(1'000, ' '));
  ASSERT_TRUE(eventually([&] { return budget_.is_full(); }));

  EXPECT_FALSE(eventually([&] { return !source_->is_subscribed() || gaps_ > 0; }, kTimeToGiveUp));
  EXPECT_LT(received(), kMessages) << "reading was to be paused";
  EXPECT_GE(metrics_.reading_paused_seconds.Value(), 4) << "a pause is to be seen while it lasts";

  EXPECT_TRUE(eventually([&] {
    take_what_came();
    return came_.size() == kMessages;
  }));
  EXPECT_EQ(received(), kMessages);
  EXPECT_EQ(metrics_.redis_reconnects.Value(), 0);
  EXPECT_EQ(gaps_, 0);
  EXPECT_GE(metrics_.reading_paused_seconds.Value(), 5);
  const std::chrono::duration<double> elapsed = steady_clock::now() - begin;
  EXPECT_LE(metrics_.reading_paused_seconds.Value(), elapsed.count()) << "something was counted twice";
}

// poll() says nothing of what OpenSSL has taken from the socket: nothing may stay there when reading pauses.
TEST_F(RedisSourceTest, GoesOnAfterAPauseWithWhatCameOverTlsThoughNothingMoreComes) {
  RedisServer redis(RedisTransport::kTls);
  subscribe_to(redis);
  RedisClient client(redis);
  constexpr int kMessages = 1'300;  // more than the bound, by less than sockets hold
  for (int i = 0; i < kMessages; ++i) client.publish("NEWS", std::to_string(i) + std::string(1'000, ' '));
  ASSERT_TRUE(eventually([&] { return budget_.is_full(); }));
  ASSERT_TRUE(eventually([&] {
    return client.command({"CLIENT", "LIST", "TYPE", "pubsub"}).find(" obl=0 oll=0 ") != std::string::npos;
  })) << "Redis was to have sent everything";

  redis.suspend();

  EXPECT_TRUE(eventually([&] {
    take_what_came();
    return came_.size() == kMessages;
  })) << came_.size();
}

TEST_F(RedisSourceTest, CountsThePauseThatAStopEnds) {
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  subscribe_to(redis);
  RedisClient client(redis);
  const auto begin = steady_clock::now();
  for (int i = 0; i < 3'000; ++i) client.publish("NEWS", std::string(1'000, ' '));
  ASSERT_TRUE(eventually([&] { return budget_.is_full(); }));
  const auto was_full = steady_clock::now();
  ASSERT_TRUE(eventually([&] { return metrics_.reading_paused_seconds.Value() > 0; })) << "nobody makes room";
  ASSERT_FALSE(eventually([&] { return !budget_.is_full(); }, kBetweenTwoCounts));

  const std::chrono::duration<double> at_least = steady_clock::now() - was_full - milliseconds(50);
  thread_.request_stop();
  thread_.join();

  const std::chrono::duration<double> at_most = steady_clock::now() - begin;
  EXPECT_GE(metrics_.reading_paused_seconds.Value(), at_least.count());
  EXPECT_LE(metrics_.reading_paused_seconds.Value(), at_most.count());
}

TEST_F(RedisSourceTest, KeepsASilentConnectionUntilAnotherHasSubscribed) {
  RedisServer redis;
  subscribe_to(redis);
  const RawClient client(redis);
  ASSERT_EQ(client.ask("PING"), "+PONG\r\n");
  redis.suspend();
  ASSERT_TRUE(eventually([&] { return !source_->is_subscribed(); })) << "it was to be suspected";
  // Lies in Redis' socket: it is the first that Redis does when it goes on, before it sees a new subscriber.
  client.say("PUBLISH NEWS late");
  redis.resume();

  ASSERT_EQ(client.answer(), ":1\r\n") << "subscribers that got it";
  EXPECT_TRUE(eventually([&] {
    take_what_came();
    return came_.contains("late") && source_->is_subscribed();
  }));
  EXPECT_EQ(came_["late"], 1);
  EXPECT_EQ(gaps_, 0) << "it was only slow";
}

}  // namespace
}  // namespace firebase_relay::bus
