// What is told of streams when entries, groups, Redis itself or its permission are gone.
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
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

using Texts = std::vector<std::string>;

class StreamLoss : public StreamSourceTest {
 protected:
  void add_some(RedisClient& client, int from, int upto) {
    for (int i = from; i <= upto; ++i) add(client, "A", std::to_string(i), "1-" + std::to_string(i));
  }
  /// Reads all there is, notes it, and stops.
  void read_and_stop(const RedisServer& redis, RedisClient& client, const std::string& last) {
    read(redis);
    ASSERT_TRUE(group_comes_to(client, last));
    stop();
    take_what_came();
    came_.clear();
  }
};

TEST_F(StreamLoss, WhatWasTrimmedWhileItWasAwayIsCountedExactlyEachTime) {
  const RedisServer redis;
  RedisClient client(redis);
  add_some(client, 1, 10);
  read_and_stop(redis, client, "1-10");
  int last = 10;
  for (const int lost : {70, 30}) {
    gaps_.clear();
    add_some(client, last + 1, last + lost + 20);
    last += lost + 20;
    client.command({"XTRIM", "bus", "MAXLEN", "20"});

    read_and_stop(redis, client, "1-" + std::to_string(last));

    ASSERT_EQ(gaps_.size(), 1u);
    EXPECT_EQ(gaps_[0].entries, lost);
    EXPECT_EQ(gaps_[0].stream, "bus");
    EXPECT_LE(gaps_[0].from, gaps_[0].to);
    const auto before = static_cast<std::uint64_t>(last - lost - 20);
    EXPECT_EQ(gaps_[0].behind, (StreamPosition{{1, before}, before})) << "the same if it had to be told again";
    EXPECT_EQ(group_field(client, "entries-read"), std::to_string(last));
  }
}

TEST_F(StreamLoss, WhatWasTrimmedBehindItsBackIsCountedWhileItRuns) {
  const RedisServer redis;
  RedisClient client(redis);
  read(redis);
  add(client, "A", std::string(kBytesMax, 'x'), "1-1");  // the queue is full
  ASSERT_TRUE(eventually([&] { return budget_.is_full(); }));
  add_some(client, 2, 100);
  client.command({"XTRIM", "bus", "MAXLEN", "9"});
  ASSERT_TRUE(come(10));
  ASSERT_TRUE(eventually([&] { return !gaps().empty(); }));
  EXPECT_EQ(gaps()[0].entries, 90);
  EXPECT_TRUE(eventually([&] { return group_field(client, "entries-read") == "100"; }));
  EXPECT_EQ(gaps().size(), 1u);
}

TEST_F(StreamLoss, TrimmedBeforeTheFirstStartIsNoGap) {
  const RedisServer redis;
  RedisClient client(redis);
  add_some(client, 1, 50);
  client.command({"XTRIM", "bus", "MAXLEN", "5"});
  read(redis);
  ASSERT_TRUE(come(5));
  EXPECT_TRUE(eventually([&] { return group_field(client, "entries-read") == "50"; }));
  EXPECT_TRUE(gaps().empty());
}

TEST_F(StreamLoss, FlushedRedisIsAGapWithoutANumberAndReadingGoesOn) {
  const RedisServer redis;
  RedisClient client(redis);
  read(redis);
  add(client, "A", "1");
  ASSERT_TRUE(come(1));
  ASSERT_TRUE(eventually([&] { return group_field(client, "lag") == "0"; }));
  client.command({"FLUSHALL"});
  add(client, "A", "2");
  ASSERT_TRUE(come(2));
  ASSERT_TRUE(eventually([&] { return !gaps().empty(); }));
  EXPECT_EQ(gaps()[0].entries, std::nullopt);
  const std::string last = add(client, "A", "3");
  ASSERT_TRUE(come(3));
  EXPECT_TRUE(group_comes_to(client, last)) << "a group was made";
  EXPECT_EQ(came_, (Texts{"A 1", "A 2", "A 3"})) << "nothing twice";
  EXPECT_EQ(gaps().size(), 1u);
}

TEST_F(StreamLoss, StreamThatBeginsAnewWithOlderIdsIsReadFromItsBeginning) {
  const RedisServer redis;
  RedisClient client(redis);
  read(redis);
  add(client, "A", "1", "9-1");
  ASSERT_TRUE(come(1));
  ASSERT_TRUE(group_comes_to(client, "9-1"));
  client.command({"DEL", "bus"});
  add(client, "A", "2", "1-1");
  ASSERT_TRUE(come(2));
  EXPECT_TRUE(group_comes_to(client, "1-1"));
  EXPECT_EQ(gaps().size(), 1u);
}

TEST_F(StreamLoss, GroupThatIsGoneWithItsStreamIsAGapWhereTheRelayRemembersIt) {
  const RedisServer redis;
  RedisClient client(redis);
  add_some(client, 1, 3);
  StreamSourceOptions options = options_for(redis);
  options.before = {RememberedPosition{{{9, 9}, 99}, true}};
  start(options);
  ASSERT_TRUE(come(3));
  ASSERT_EQ(gaps().size(), 1u);
  EXPECT_EQ(gaps()[0].entries, std::nullopt);
  EXPECT_EQ(fallen_behind_, 0) << "of this run nothing has been sent";
}

TEST_F(StreamLoss, GroupAloneThatIsDestroyedIsMadeAgainAndNoGap) {
  const RedisServer redis;
  RedisClient client(redis);
  read(redis);
  add_some(client, 1, 3);
  ASSERT_TRUE(group_comes_to(client, "1-3"));
  client.command({"XGROUP", "DESTROY", "bus", "firebase-relay"});
  EXPECT_TRUE(group_comes_to(client, "1-3"));
  add_some(client, 4, 4);
  EXPECT_TRUE(group_comes_to(client, "1-4"));
  EXPECT_TRUE(gaps().empty());
  EXPECT_NE(stop_and_read_log().find("somebody has destroyed the group"), std::string::npos);
}

TEST_F(StreamLoss, GroupThatIsDestroyedWhileEntriesComeIsMadeAgainAndNoGap) {
  const RedisServer redis;
  RedisClient client(redis);
  read(redis);
  add_some(client, 1, 3);
  ASSERT_TRUE(group_comes_to(client, "1-3"));
  add(client, "A", std::string(kBytesMax, 'x'), "1-4");  // the queue is full: what comes now is not read
  ASSERT_TRUE(eventually([&] { return budget_.is_full() && group_field(client, "last-delivered-id") == "1-4"; }));
  add_some(client, 5, 9);
  client.command({"XGROUP", "DESTROY", "bus", "firebase-relay"});
  EXPECT_TRUE(group_comes_to(client, "1-4"));
  EXPECT_TRUE(come(9));
  EXPECT_TRUE(group_comes_to(client, "1-9"));
  EXPECT_EQ(group_field(client, "entries-read"), "9");
  EXPECT_EQ(came_.size(), 9u) << "nothing twice";
  EXPECT_TRUE(gaps().empty());
  EXPECT_NE(stop_and_read_log().find("somebody has destroyed the group"), std::string::npos);
}

TEST_F(StreamLoss, GroupThatIsMovedByHandIsTold) {
  const RedisServer redis;
  RedisClient client(redis);
  add_some(client, 1, 9);
  client.command({"XGROUP", "CREATE", "bus", "firebase-relay", "1-7"});
  StreamSourceOptions options = options_for(redis);
  options.before = {RememberedPosition{{{1, 3}, 3}, true}};
  start(options);
  ASSERT_TRUE(group_comes_to(client, "1-9"));
  client.command({"XGROUP", "SETID", "bus", "firebase-relay", "1-2"});
  add_some(client, 10, 10);
  EXPECT_TRUE(group_comes_to(client, "1-10")) << "forwards only";
  EXPECT_TRUE(come(3));
  EXPECT_EQ(came_, (Texts{"A 8", "A 9", "A 10"}));
  EXPECT_TRUE(gaps().empty());
  stop();
  source_->commit(kAll);  // hears the answer that may be under way
  const std::string log = log_.str();
  EXPECT_NE(log.find("the group stands at 1-7, and this relay had come to 1-3"), std::string::npos) << log;
  EXPECT_NE(log.find("somebody has moved the group from 1-9 to 1-2"), std::string::npos) << log;
}

TEST_F(StreamLoss, GroupThatStandsFurtherIsNotMovedBack) {
  const RedisServer redis;
  RedisClient client(redis);
  safe_upto_ = 0;
  read(redis);
  add_some(client, 1, 3);
  ASSERT_TRUE(come(3));
  client.command({"XGROUP", "SETID", "bus", "firebase-relay", "18446744073709551615-7"});
  safe_upto_ = kAll;
  EXPECT_FALSE(eventually([&] { return group_field(client, "last-delivered-id") != "18446744073709551615-7"; },
                          milliseconds(2'500)));
}

TEST_F(StreamLoss, KilledRedisThatKeepsItsDataCostsNothing) {
  RedisServer redis({"--appendonly", "yes", "--appendfsync", "always"});
  read(redis);
  {
    RedisClient client(redis);
    add_some(client, 1, 5);
    ASSERT_TRUE(come(5));
  }
  redis.kill();
  ASSERT_TRUE(eventually([&] { return !source_->is_subscribed(); }));
  redis.start();
  RedisClient client(redis);
  add_some(client, 6, 9);
  ASSERT_TRUE(come(9));
  EXPECT_TRUE(group_comes_to(client, "1-9"));
  EXPECT_EQ(came_, (Texts{"A 1", "A 2", "A 3", "A 4", "A 5", "A 6", "A 7", "A 8", "A 9"}));
  EXPECT_TRUE(gaps().empty());
  EXPECT_EQ(metrics_.redis_reconnects.Value(), 1);
}

TEST_F(StreamLoss, KilledRedisThatHasForgottenAllIsAGap) {
  RedisServer redis;
  read(redis);
  {
    RedisClient client(redis);
    add_some(client, 1, 5);
    ASSERT_TRUE(come(5));
  }
  redis.kill();
  redis.start();
  RedisClient client(redis);
  add(client, "A", "6", "1-1");
  ASSERT_TRUE(come(6));
  EXPECT_EQ(gaps().size(), 1u);
  EXPECT_TRUE(group_comes_to(client, "1-1"));
}

TEST_F(StreamLoss, RedisThatHangsIsNoticedWithinFiveSecondsAndNothingComesTwice) {
  RedisServer redis;
  read(redis);
  RedisClient client(redis);
  add_some(client, 1, 3);
  ASSERT_TRUE(come(3));
  redis.suspend();
  EXPECT_TRUE(eventually([&] { return !source_->is_subscribed(); }, milliseconds(5'500)));
  redis.resume();
  ASSERT_TRUE(is_subscribed());
  add_some(client, 4, 4);
  ASSERT_TRUE(come(4));
  EXPECT_TRUE(group_comes_to(client, "1-4"));
  EXPECT_EQ(came_, (Texts{"A 1", "A 2", "A 3", "A 4"}));
  EXPECT_TRUE(gaps().empty());
}

TEST_F(StreamLoss, WhatRedisNotedAfterALongSilenceWasNobodyElsesHand) {
  RedisServer redis;
  read(redis);
  RedisClient client(redis);
  safe_upto_ = 0;
  add_some(client, 1, 3);
  ASSERT_TRUE(come(3));
  redis.suspend();
  safe_upto_ = kAll;  // it is asked to note them, answers to nobody, and does it all the same
  EXPECT_TRUE(eventually([&] { return !source_->is_subscribed(); }, milliseconds(5'500)));
  redis.resume();
  ASSERT_TRUE(is_subscribed());
  add_some(client, 4, 4);
  EXPECT_TRUE(group_comes_to(client, "1-4"));
  const std::string log = stop_and_read_log();
  EXPECT_NE(log.find("could not be noted"), std::string::npos) << log;
  EXPECT_EQ(log.find("moved the group"), std::string::npos) << log;
}

TEST_F(StreamLoss, RedisThatHangsIsNoticedWhileTheQueueIsFull) {
  RedisServer redis;
  read(redis);
  RedisClient client(redis);
  add(client, "A", std::string(kBytesMax, 'x'));
  ASSERT_TRUE(eventually([&] { return budget_.is_full(); }));
  redis.suspend();
  EXPECT_TRUE(eventually([&] { return !source_->is_subscribed(); }, milliseconds(6'500)));
  redis.resume();
  EXPECT_TRUE(is_subscribed());
}

/// What keeps the relay from reading, and what the log says to that.
struct Obstacle {
  const char* name;
  Texts first;  ///< a command before the start
  const char* user_rules;
  const char* says;
};
class StreamRefusal : public StreamSourceTest, public testing::WithParamInterface<Obstacle> {};

TEST_P(StreamRefusal, IsToldWithItsRemedy) {
  const RedisServer redis;
  RedisClient client(redis);
  if (!GetParam().first.empty()) client.command(GetParam().first);
  Texts rules{"ACL", "SETUSER", "bob", "on", ">secret"};
  std::istringstream words(GetParam().user_rules);
  for (std::string word; words >> word;) rules.push_back(word);
  client.command(rules);
  start(options_for(redis, "bob:secret"));
  add(client, "A", "1", "*", "other");
  EXPECT_FALSE(eventually([&] { return source_->is_subscribed(); }, milliseconds(500)));
  const std::string log = stop_and_read_log();
  EXPECT_NE(log.find(GetParam().says), std::string::npos) << log;
}

INSTANTIATE_TEST_SUITE_P(
    Of, StreamRefusal,
    testing::Values(Obstacle{"wrong_type", {"SET", "bus", "1"}, "~* +@all", "stream 'bus': Redis says: WRONGTYPE"},
                    Obstacle{"wrong_type_remedy", {"SET", "bus", "1"}, "~* +@all", "correct --streams"},
                    Obstacle{"no_xinfo", {}, "~* +xread +xgroup +eval", "ACL SETUSER bob '+xinfo"},
                    Obstacle{"no_xgroup", {}, "~* +xread +xinfo +eval", "ACL SETUSER bob '+xgroup"},
                    Obstacle{"no_key", {}, "~other +@all", "ACL SETUSER bob '~bus'"}),
    [](const auto& obstacle) { return obstacle.param.name; });

TEST_F(StreamLoss, WithoutLeaveToReadItSaysWhichRuleLacks) {
  const RedisServer redis;
  RedisClient client(redis);
  client.command({"ACL", "SETUSER", "bob", "on", ">secret", "~bus", "+xinfo", "+xgroup", "+eval"});
  start(options_for(redis, "bob:secret"));
  EXPECT_FALSE(eventually([&] { return !came_.empty(); }, milliseconds(500)));
  const std::string log = stop_and_read_log();
  EXPECT_NE(log.find("ACL SETUSER bob '+xread'"), std::string::npos) << log;
}

class StreamWithoutCommits : public StreamSourceTest, public testing::WithParamInterface<const char*> {};

TEST_P(StreamWithoutCommits, IsReadAllTheSameAndTheLogSaysWhichRuleLacks) {
  const std::string lacks = GetParam();
  const RedisServer redis;
  RedisClient client(redis);
  client.command({"ACL", "SETUSER", "bob", "on", ">secret", "~bus", "+@all", "-" + lacks});
  start(options_for(redis, "bob:secret"));
  add(client, "A", "1", "1-1");
  EXPECT_TRUE(come(1));
  EXPECT_FALSE(eventually([&] { return group_field(client, "last-delivered-id") == "1-1"; }, milliseconds(2'500)));
  EXPECT_TRUE(source_->is_subscribed());
  const std::string log = stop_and_read_log();
  EXPECT_NE(log.find("ACL SETUSER bob '+" + lacks.substr(0, lacks.find('|'))), std::string::npos) << log;
}

INSTANTIATE_TEST_SUITE_P(Lacking, StreamWithoutCommits, testing::Values("eval", "xgroup|setid"),
                         [](const auto& rule) { return std::string(rule.param).substr(0, 4); });

TEST_F(StreamLoss, GroupWhoseConsumersAreDoneForNowIsLeftToThemToo) {
  const RedisServer redis;
  RedisClient client(redis);
  add_some(client, 1, 3);
  client.command({"XGROUP", "CREATE", "bus", "firebase-relay", "0"});
  client.command({"XGROUP", "CREATECONSUMER", "bus", "firebase-relay", "worker"});
  start(options_for(redis));
  EXPECT_FALSE(eventually([&] { return source_->is_subscribed(); }, milliseconds(500)));
  EXPECT_EQ(group_field(client, "last-delivered-id"), "0-0");
  EXPECT_NE(stop_and_read_log().find("consumers read from the group 'firebase-relay'"), std::string::npos);
}

TEST_F(StreamLoss, GroupOfRealConsumersIsLeftToThem) {
  const RedisServer redis;
  RedisClient client(redis);
  add_some(client, 1, 3);
  client.command({"XGROUP", "CREATE", "bus", "firebase-relay", "0"});
  client.command({"XREADGROUP", "GROUP", "firebase-relay", "worker", "COUNT", "2", "STREAMS", "bus", ">"});
  start(options_for(redis));
  EXPECT_FALSE(eventually([&] { return source_->is_subscribed(); }, milliseconds(500)));
  EXPECT_EQ(group_field(client, "last-delivered-id"), "1-2");
  const std::string log = stop_and_read_log();
  EXPECT_NE(log.find("consumers read from the group 'firebase-relay', and have 2 entries"), std::string::npos) << log;
  EXPECT_NE(log.find("--stream-group"), std::string::npos) << log;
}

TEST_F(StreamLoss, ConsumersThatComeToTheGroupLaterStopItsCommits) {
  const RedisServer redis;
  RedisClient client(redis);
  safe_upto_ = 0;
  read(redis);
  add_some(client, 1, 3);
  ASSERT_TRUE(come(3));
  client.command({"XREADGROUP", "GROUP", "firebase-relay", "worker", "COUNT", "1", "STREAMS", "bus", ">"});
  safe_upto_ = kAll;
  EXPECT_FALSE(eventually([&] { return group_field(client, "last-delivered-id") != "1-1"; }, milliseconds(2'500)));
  EXPECT_NE(stop_and_read_log().find("consumers read from the group"), std::string::npos);
}

TEST_F(StreamLoss, ReplicaIsSentAway) {
  const RedisServer replica({"--replicaof", "127.0.0.1", "1"});
  start(options_for(replica));
  EXPECT_FALSE(eventually([&] { return source_->is_subscribed(); }, milliseconds(500)));
  const std::string log = stop_and_read_log();
  EXPECT_NE(log.find("this is a read-only replica"), std::string::npos) << log;
}

}  // namespace
}  // namespace firebase_relay::bus
