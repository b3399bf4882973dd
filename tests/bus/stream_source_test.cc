// What is read of streams, and how far that is noted.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "bus/stream_fixture.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RedisTransport;

using Texts = std::vector<std::string>;

TEST_F(StreamSourceTest, ReadsWhatStandsThereAndWhatComesInOrder) {
  const RedisServer redis;
  RedisClient client(redis);
  add(client, "A", "1", "5-1");
  add(client, "B", "2", "5-2");
  read(redis);
  ASSERT_TRUE(come(2));
  add(client, "A", "3", "5-3");
  ASSERT_TRUE(come(3));

  EXPECT_EQ(came_, (Texts{"A 1", "B 2", "A 3"}));
  EXPECT_EQ(ids_, (Texts{"bus 5-1", "bus 5-2", "bus 5-3"}));
  EXPECT_EQ(metrics_.received.Value(), 3);
  EXPECT_TRUE(gaps().empty());
}

TEST_F(StreamSourceTest, WaitsForAStreamThatIsNotThereYet) {
  const RedisServer redis;
  read(redis);
  RedisClient client(redis);
  EXPECT_EQ(client.command({"XLEN", "bus"}), "0");
  add(client, "A", "1");
  EXPECT_TRUE(come(1));
  EXPECT_TRUE(gaps().empty());
}

TEST_F(StreamSourceTest, ReadsSeveralStreams) {
  const RedisServer redis;
  StreamSourceOptions options = options_for(redis);
  options.streams = {"bus", "orders", "a b"};
  RedisClient client(redis);
  add(client, "A", "1", "1-1", "orders");
  start(options);
  ASSERT_TRUE(is_subscribed());
  add(client, "B", "2", "1-1", "bus");
  add(client, "C", "3", "1-1", "a b");
  ASSERT_TRUE(come(3));
  std::sort(ids_.begin(), ids_.end());
  EXPECT_EQ(ids_, (Texts{"a b 1-1", "bus 1-1", "orders 1-1"}));
  for (const char* stream : {"bus", "orders", "a b"})
    EXPECT_TRUE(eventually([&] { return group_field(client, "last-delivered-id", stream) == "1-1"; })) << stream;
}

TEST_F(StreamSourceTest, TakesEntriesOfAnyForm) {
  const RedisServer redis;
  RedisClient client(redis);
  client.command({"XADD", "bus", "1-1", "data", "1"});
  client.command({"XADD", "bus", "1-2", std::string("\0\xff", 2), "x", "data", "2", "channel", "A"});
  client.command({"XADD", "bus", "1-3", "price", "1"});
  const std::string large(10 * 1024 * 1024, 'x');
  client.command({"XADD", "bus", "1-4", "channel", "L", "data", large});
  read(redis);
  ASSERT_TRUE(come(4));
  EXPECT_EQ(came_[0], "bus 1");
  EXPECT_EQ(came_[1], "A 2");
  EXPECT_EQ(came_[2], "bus entry 1-3 of the stream bus has no field 'data'; it has 'price'");
  EXPECT_EQ(came_[3], "L " + large);
  EXPECT_TRUE(group_comes_to(client, "1-4"));
}

TEST_F(StreamSourceTest, PassesOverChannelsThatAreNotTakenAndTheCursorGoesOn) {
  const RedisServer redis;
  RedisClient client(redis);
  StreamSourceOptions options = options_for(redis);
  options.channels = {"N*", "!NOISE"};
  safe_upto_ = 0;
  start(options);
  ASSERT_TRUE(is_subscribed());
  add(client, "LOG", "1", "1-1");
  add(client, "NOISE", "2", "1-2");
  EXPECT_TRUE(group_comes_to(client, "1-2")) << "nothing is in front of them";
  add(client, "NEWS", "3", "1-3");
  add(client, "LOG", "4", "1-4");
  ASSERT_TRUE(come(1));
  EXPECT_EQ(came_, Texts{"NEWS 3"});
  EXPECT_EQ(metrics_.received.Value(), 1);
  safe_upto_ = 1;
  EXPECT_TRUE(group_comes_to(client, "1-4"));
}

TEST_F(StreamSourceTest, NotesHowFarItIsSafeAndNoFurther) {
  const RedisServer redis;
  RedisClient client(redis);
  safe_upto_ = 0;
  read(redis);
  for (int i = 1; i <= 3; ++i) {
    add(client, "A", std::to_string(i), "1-" + std::to_string(i));
    ASSERT_TRUE(come(static_cast<std::size_t>(i)));  // in a block each
  }
  safe_upto_ = 2;
  EXPECT_TRUE(group_comes_to(client, "1-2"));
  EXPECT_FALSE(eventually([&] { return group_field(client, "last-delivered-id") != "1-2"; }, milliseconds(2'500)));
  EXPECT_EQ(group_field(client, "entries-read"), "2");
  EXPECT_EQ(group_field(client, "lag"), "1");
  EXPECT_EQ(group_field(client, "pending"), "0");
  EXPECT_EQ(group_field(client, "consumers"), "0");
  safe_upto_ = kAll;
  EXPECT_TRUE(eventually([&] { return group_field(client, "lag") == "0"; }));
}

TEST_F(StreamSourceTest, GoesOnWhereTheGroupStands) {
  const RedisServer redis;
  RedisClient client(redis);
  for (int i = 1; i <= 5; ++i) add(client, "A", std::to_string(i), "1-" + std::to_string(i));
  client.command({"XGROUP", "CREATE", "bus", "firebase-relay", "1-3"});
  read(redis);
  ASSERT_TRUE(come(2));
  EXPECT_EQ(came_, (Texts{"A 4", "A 5"}));
  EXPECT_TRUE(eventually([&] { return group_field(client, "lag") == "0"; }));
}

TEST_F(StreamSourceTest, NotesTheRestAtTheStop) {
  const RedisServer redis;
  RedisClient client(redis);
  safe_upto_ = 0;
  read(redis);
  add(client, "A", "1", "1-1");
  add(client, "A", "2", "1-2");
  ASSERT_TRUE(come(2));
  stop();
  EXPECT_EQ(group_field(client, "last-delivered-id"), "0-0");
  EXPECT_TRUE(source_->commit(2));
  EXPECT_EQ(group_field(client, "last-delivered-id"), "1-2");
  EXPECT_EQ(noted_, (StreamPosition{{1, 2}, 2}));
  EXPECT_TRUE(source_->commit(2)) << "there is nothing left to do";
}

TEST_F(StreamSourceTest, StopIsNotHeldUpByARedisThatHangs) {
  RedisServer redis;
  RedisClient client(redis);
  safe_upto_ = 0;
  read(redis);
  add(client, "A", "1", "1-1");
  ASSERT_TRUE(come(1));
  redis.suspend();
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_FALSE(source_->commit(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  redis.resume();
}

TEST_F(StreamSourceTest, SaysWhenItHasCaughtUp) {
  const RedisServer redis;
  RedisClient client(redis);
  for (int i = 1; i <= 50; ++i) add(client, "A", std::to_string(i));
  read(redis);
  EXPECT_TRUE(eventually([&] { return caught_up_ == 50; })) << caught_up_;
  EXPECT_TRUE(eventually([&] { return behind_ == 0; }));
}

TEST_F(StreamSourceTest, DeletedLastEntryDoesNotKeepItBehind) {
  const RedisServer redis;
  RedisClient client(redis);
  add(client, "A", "1", "1-1");
  add(client, "A", "2", "1-2");
  client.command({"XDEL", "bus", "1-2"});
  read(redis);
  EXPECT_TRUE(eventually([&] { return caught_up_ == 1; })) << caught_up_;
  EXPECT_TRUE(eventually([&] { return group_field(client, "entries-read") == "2"; }));
  EXPECT_TRUE(eventually([&] { return behind_ == 0; })) << behind_;
  EXPECT_TRUE(gaps().empty());
}

TEST_F(StreamSourceTest, CaughtUpAtOnceWhereNothingStands) {
  const RedisServer redis;
  read(redis);
  EXPECT_TRUE(eventually([&] { return caught_up_ == 0; }));
}

TEST_F(StreamSourceTest, ReadsNothingWhileTheQueueIsFullAndLosesNothingByThat) {
  const RedisServer redis({"--client-output-buffer-limit", "normal 2mb 1mb 1"});
  read(redis);
  RedisClient client(redis);
  constexpr std::size_t kMessages = 5'000;
  for (std::size_t i = 0; i < kMessages; ++i) add(client, "A", std::to_string(i) + std::string(1'000, ' '));
  ASSERT_TRUE(eventually([&] { return budget_.is_full(); }));

  EXPECT_FALSE(eventually([&] { return !source_->is_subscribed(); }, milliseconds(6'000)));
  EXPECT_LT(budget_.bytes(), 4 * kBytesMax);
  EXPECT_GE(metrics_.reading_paused_seconds.Value(), 4);
  EXPECT_GT(behind_, 1'000);

  ASSERT_TRUE(come(kMessages));
  for (std::size_t i = 0; i < kMessages; ++i) ASSERT_TRUE(came_[i].starts_with("A " + std::to_string(i) + " ")) << i;
  EXPECT_TRUE(gaps().empty());
  EXPECT_EQ(metrics_.redis_reconnects.Value(), 0);
  const std::string log = stop_and_read_log();
  EXPECT_NE(log.find("bytes of messages wait, the stream keeps what comes until it is trimmed"), std::string::npos)
      << log;
  EXPECT_EQ(log.find("Redis buffers"), std::string::npos) << log;
}

class StreamTransport : public StreamSourceTest, public testing::WithParamInterface<RedisTransport> {};

TEST_P(StreamTransport, CarriesReadsAndCommitsForAUserWithFewRights) {
  const RedisServer redis(GetParam());
  RedisClient client(redis);
  client.command({"ACL", "SETUSER", "bob", "on", ">secret", "~bus", "+xread", "+xinfo", "+xgroup", "+eval"});
  std::string before;
  for (int i = 0; i < 2'000; ++i) before = add(client, "A", std::to_string(i) + std::string(500, ' '));
  start(options_for(redis, "bob:secret"));
  EXPECT_TRUE(come(2'000));
  EXPECT_TRUE(group_comes_to(client, before));
  EXPECT_EQ(stop_and_read_log().find("secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(By, StreamTransport, testing::Values(RedisTransport::kUnixSocket, RedisTransport::kTls),
                         [](const auto& by) { return by.param == RedisTransport::kTls ? "tls" : "unix_socket"; });

}  // namespace
}  // namespace firebase_relay::bus
