#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bus/stream_source.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace firebase_relay::bus {

/// A source of streams with nobody behind its queue but the test. What has come is safe unless the test says otherwise.
class StreamSourceTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kBytesMax = 1 << 20;
  static constexpr Sequence kAll = kUnorderedSequences;

  void start(const StreamSourceOptions& options) {
    StreamReader::Listeners told;
    told.gap = [this](const Gap& gap) {
      const std::lock_guard lock(mutex_);
      gaps_.push_back(gap);
    };
    told.falls_behind = [this] { ++fallen_behind_; };
    told.caught_up = [this](Sequence upto) { caught_up_ = static_cast<std::int64_t>(upto); };
    told.level = [this](std::size_t, const StreamLevel& level) {
      behind_ = level.behind ? static_cast<std::int64_t>(*level.behind) : -1;
    };
    StreamSource::Wiring wiring{messages_,
                                emptied_,
                                budget_,
                                metrics_,
                                events_,
                                stream_events_,
                                [this] { return safe_upto_.load(); },
                                [this] { return takes_more_.load(); },
                                {},
                                std::move(told),
                                [this](std::size_t, const StreamPosition& position) { noted_ = position; }};
    caught_up_ = -1;
    source_ = std::make_unique<StreamSource>(options, std::move(wiring));
    thread_ = std::jthread([this](const std::stop_token& stop) { source_->run(stop); });
  }
  static StreamSourceOptions options_for(const test_support::RedisServer& redis, const std::string& credentials = "") {
    StreamSourceOptions options;
    options.url = *parse_redis_url(redis.url(credentials));
    options.tls = *TlsContext::make(options.url, {test_support::Authority::of_the_tests().file(), "", "", ""});
    options.streams = {"bus"};
    return options;
  }
  void read(const test_support::RedisServer& redis) {
    start(options_for(redis));
    ASSERT_TRUE(is_subscribed());
  }
  /// False after 20 s.
  bool is_subscribed() {
    return test_support::eventually([&] { return source_->is_subscribed(); });
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  std::string stop_and_read_log() {
    stop();
    return log_.str();
  }
  /// Appends to came_ `channel payload`, in their order, and to ids_ which entries they are.
  void take_what_came() {
    while (const std::unique_ptr<MessageBlock> block = messages_.try_pop()) {
      for (std::size_t i = 0; i < block->size(); ++i) {
        came_.push_back(std::string((*block)[i].channel) + " " + std::string((*block)[i].payload));
        ids_.push_back((*block->streams)[block->entry_of(i)->stream] + " " + to_text(block->entry_of(i)->id));
      }
      budget_.release(block->bytes(), block->size());
      source_->room_came();
    }
  }
  /// False after 20 s.
  bool come(std::size_t messages) {
    return test_support::eventually([&] {
      take_what_came();
      return came_.size() >= messages;
    });
  }
  std::vector<Gap> gaps() {
    const std::lock_guard lock(mutex_);
    return gaps_;
  }
  static std::string add(test_support::RedisClient& client, const std::string& channel, const std::string& data,
                         const std::string& id = "*", const std::string& stream = "bus") {
    return client.command({"XADD", stream, id, "channel", channel, "data", data});
  }
  /// A field of XINFO GROUPS of the relay's group; empty: there is no such group.
  static std::string group_field(test_support::RedisClient& client, const std::string& field,
                                 const std::string& stream = "bus") {
    return client.command({"EVAL",
                           "if redis.call('EXISTS', KEYS[1]) == 0 then return '' end "
                           "for _, g in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do local m = {} "
                           "for i = 1, #g, 2 do m[g[i]] = g[i + 1] end "
                           "if m['name'] == 'firebase-relay' then return tostring(m[ARGV[1]]) end end return ''",
                           "1", stream, field});
  }
  /// Waits until the group stands there.
  static bool group_comes_to(test_support::RedisClient& client, const std::string& id) {
    return test_support::eventually([&] { return group_field(client, "last-delivered-id") == id; });
  }

  Queue<MessageBlock> messages_;
  Queue<MessageBlock> emptied_;
  ByteBudget budget_{kBytesMax};
  observe::Metrics metrics_{"test"};
  std::ostringstream log_;
  spdlog::logger logger_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)};
  observe::Events events_{metrics_, logger_};
  observe::StreamEvents stream_events_{metrics_, logger_};
  std::atomic<Sequence> safe_upto_{kAll};
  std::atomic<bool> takes_more_{true};
  std::mutex mutex_;
  std::vector<Gap> gaps_;  ///< guarded by mutex_
  std::atomic<int> fallen_behind_{0};
  std::atomic<std::int64_t> caught_up_{-1};  ///< up to which message; -1: not yet
  std::atomic<std::int64_t> behind_{-1};
  StreamPosition noted_;  ///< what was to be committed last; to be looked at once the source has stopped
  std::vector<std::string> came_;
  std::vector<std::string> ids_;
  std::unique_ptr<StreamSource> source_;
  std::jthread thread_;  ///< last: it ends before what it uses
};

}  // namespace firebase_relay::bus
