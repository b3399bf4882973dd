// Commits that Redis does not answer, or that never reach it: what may stand in Redis all the same.
#include "bus/stream_committer.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bus/stream_fixture.h"
#include "support/local_port.h"

namespace firebase_relay::bus {
namespace {

using std::chrono::seconds;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RedisTransport;

/// A committer without its source: the test reads the entries 1-1, 1-2, …, says how many of them are safe, and lets
/// seconds pass.
class StreamCommitterTest : public StreamSourceTest {
 protected:
  static constexpr int kRead = 3;

  /// The group stands at its beginning, and kRead entries have been read.
  void begin(const RedisServer& redis) {
    RedisClient client(redis);
    for (int i = 1; i <= kRead; ++i) add(client, "A", "x", "1-" + std::to_string(i));
    client.command({"XGROUP", "CREATE", "bus", "firebase-relay", "0"});
    begin(options_for(redis));
  }
  void begin(const StreamSourceOptions& options) {
    options_ = options;
    StreamInfo info;
    info.length = info.added.emplace(kRead);
    info.first = StreamId{1, 1};
    info.last_generated = {1, kRead};
    GroupInfo group;
    group.entries_read = 0;
    cursors_[0].start(info, group, std::nullopt);
    for (std::uint64_t i = 1; i <= kRead; ++i) cursors_[0].took({1, i}, 1, i);
    committer_ = std::make_unique<StreamCommitter>(
        StreamCommitter::Target{options_.url, options_.tls, options_.resolver, options_.streams, options_.group},
        cursors_, stream_events_, StreamCommitter::Commits{});
  }
  /// False after 20 s.
  bool comes_to(std::uint64_t seq) {
    turn_after(seconds(1));
    return eventually([&] {
      turn_after(seconds(0));
      return cursors_[0].position().id == StreamId{1, seq};
    });
  }
  void turn_after(seconds later) {
    ahead_ += later;
    committer_->turn(std::chrono::steady_clock::now() + ahead_, [this] { return safe_upto_.load(); });
  }
  /// While Redis hangs: what was asked for is given up, and up to `safe` is asked for.
  void lose_patience(Sequence safe) {
    safe_upto_ = safe;
    turn_after(seconds(4));
  }

  StreamSourceOptions options_;
  std::vector<StreamCursor> cursors_{1};
  std::unique_ptr<StreamCommitter> committer_;
  seconds ahead_{0};
};

TEST_F(StreamCommitterTest, WhatNeverWentOutDoesNotTakeThePlaceOfWhatDid) {
  RedisServer redis(RedisTransport::kTls);
  begin(redis);
  RedisClient client(redis);
  safe_upto_ = 1;
  ASSERT_TRUE(comes_to(1));
  redis.suspend();
  lose_patience(2);
  lose_patience(3);  // over a new connection, whose handshake nobody answers
  EXPECT_TRUE(committer_->may_stand_further(0));
  lose_patience(3);
  redis.resume();
  ASSERT_TRUE(group_comes_to(client, "1-2")) << "this had been said";
  EXPECT_TRUE(comes_to(3));
  EXPECT_FALSE(committer_->may_stand_further(0));
  EXPECT_EQ(log_.str().find("moved the group"), std::string::npos) << log_.str();
}

TEST_F(StreamCommitterTest, WhatNeverWentOutStandsNowhere) {
  RedisServer redis(RedisTransport::kTls);
  begin(redis);
  redis.suspend();
  lose_patience(1);
  lose_patience(1);
  EXPECT_FALSE(committer_->may_stand_further(0));
  redis.resume();
}

TEST_F(StreamCommitterTest, OfTwoThatWentOutAndWereNotAnsweredTheFirstMayBeTheOneThatIsDone) {
  RedisServer redis;
  begin(redis);
  RedisClient client(redis);
  safe_upto_ = 1;
  ASSERT_TRUE(comes_to(1));
  client.command({"CONFIG", "SET", "maxclients", "2"});  // so that any other connection will be turned away
  redis.suspend();
  lose_patience(2);
  lose_patience(3);
  lose_patience(3);
  redis.resume();
  ASSERT_TRUE(group_comes_to(client, "1-2"));
  client.command({"CONFIG", "SET", "maxclients", "100"});
  EXPECT_TRUE(comes_to(3));
  EXPECT_EQ(log_.str().find("moved the group"), std::string::npos) << log_.str();
}

TEST_F(StreamCommitterTest, AHandThatMovesTheGroupIsToldOnceTheUnansweredWereAnswered) {
  RedisServer redis;
  begin(redis);
  RedisClient client(redis);
  redis.suspend();
  lose_patience(1);
  lose_patience(1);
  EXPECT_TRUE(committer_->may_stand_further(0));
  redis.resume();
  safe_upto_ = 2;
  ASSERT_TRUE(comes_to(2));
  client.command({"XGROUP", "SETID", "bus", "firebase-relay", "1-1"});
  safe_upto_ = 3;
  ASSERT_TRUE(comes_to(3));
  EXPECT_NE(log_.str().find("somebody has moved the group from 1-2 to 1-1"), std::string::npos) << log_.str();
}

/// Answers each EVAL with `OK`, as no Redis does, and what was asked before with an error.
class OddServer {
 public:
  OddServer() : thread_([this] { serve(); }) {}
  ~OddServer() { port_.stop(); }
  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_.port()); }

 private:
  void serve() const {
    for (int peer = 0; (peer = port_.accept()) >= 0; ::close(peer)) {
      std::string heard;
      char bytes[4096];
      for (ssize_t size = 0; (size = ::read(peer, bytes, sizeof bytes)) > 0;) {
        heard.append(bytes, static_cast<std::size_t>(size));
        std::string answer;
        answer_each(heard, "HELLO\r\n", "-ERR unknown command\r\n", answer);
        answer_each(heard, "EVAL\r\n", "+OK\r\n", answer);
        ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
  }
  static void answer_each(std::string& heard, const std::string& word, const std::string& with, std::string& answer) {
    for (std::size_t at = 0; (at = heard.find(word)) != std::string::npos;) {
      heard.erase(0, at + word.size());
      answer += with;
    }
  }

  test_support::LocalPort port_{test_support::LocalPort::kOpen};
  std::jthread thread_;
};

TEST_F(StreamCommitterTest, AnAnswerThatIsNoneIsToldAndTriedAgain) {
  const OddServer odd;
  StreamSourceOptions options;
  options.url = *parse_redis_url(odd.url());
  options.streams = {"bus"};
  begin(options);
  const auto is_told = [&] {
    turn_after(seconds(0));
    return log_.str().find("no answer to EVAL that we know; is there a proxy in between") != std::string::npos;
  };
  EXPECT_TRUE(eventually(is_told)) << log_.str();
  EXPECT_TRUE(committer_->may_stand_further(0)) << "whatever it has done";
  EXPECT_EQ(cursors_[0].position().id, StreamId{});
  committer_.reset();  // the server serves one after the other
}

TEST_F(StreamSourceTest, WhatRedisNotesAfterTheStopIsNobodyElsesHandForTheNextStart) {
  RedisServer redis;
  RedisClient client(redis);
  read(redis);
  add(client, "A", "1", "1-1");
  ASSERT_TRUE(group_comes_to(client, "1-1"));
  safe_upto_ = 0;
  add(client, "A", "2", "1-2");
  ASSERT_TRUE(come(2));
  stop();
  redis.suspend();
  EXPECT_FALSE(source_->commit(kAll));
  const std::vector<RememberedPosition> ended = source_->positions();
  redis.resume();
  ASSERT_TRUE(group_comes_to(client, "1-2")) << "it does what it was asked";
  StreamSourceOptions options = options_for(redis);
  options.before = {ended.front()};
  start(options);
  ASSERT_TRUE(is_subscribed());
  EXPECT_EQ(ended.front().position.id, (StreamId{1, 1}));
  const std::string log = stop_and_read_log();
  EXPECT_EQ(log.find("somebody has moved"), std::string::npos) << log;
}

TEST_F(StreamSourceTest, AStopWhoseCommitIsAnsweredIsTheLast) {
  const RedisServer redis;
  RedisClient client(redis);
  read(redis);
  add(client, "A", "1", "1-1");
  ASSERT_TRUE(come(1));
  stop();
  EXPECT_TRUE(source_->commit(kAll));
  EXPECT_EQ(source_->positions(), (std::vector<RememberedPosition>{{{{1, 1}, 1}, true}}));
}

}  // namespace
}  // namespace firebase_relay::bus
