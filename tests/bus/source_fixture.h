#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "bus/redis_source.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace firebase_relay::bus {

/// A source with nobody behind its queue but the test.
class RedisSourceTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kBytesMax = 1 << 20;

  void start(const RedisSourceOptions& options) {
    RedisSource::Wiring wiring{messages_, emptied_, budget_, metrics_, events_, [this](const Gap&) { ++gaps_; },
                               {},        {}};
    source_ = std::make_unique<RedisSource>(options, std::move(wiring));
    thread_ = std::jthread([this](const std::stop_token& stop) { source_->run(stop); });
  }
  static RedisSourceOptions options_for(const test_support::RedisServer& redis) {
    RedisSourceOptions options;
    options.url = *parse_redis_url(redis.url());
    options.tls = *TlsContext::make(options.url, {test_support::Authority::of_the_tests().file(), "", "", ""});
    return options;
  }
  void subscribe_to(const test_support::RedisServer& redis) {
    start(options_for(redis));
    ASSERT_TRUE(is_subscribed());
  }
  /// False after 20 s.
  bool is_subscribed() {
    return test_support::eventually([&] { return source_->is_subscribed(); });
  }
  /// What was logged; the source has to be stopped.
  std::string stop_and_read_log() {
    thread_.request_stop();
    thread_.join();
    return log_.str();
  }
  void take_what_came() {
    while (const std::unique_ptr<MessageBlock> block = messages_.try_pop()) {
      for (std::size_t i = 0; i < block->size(); ++i) ++came_[std::string((*block)[i].payload)];
      budget_.release(block->bytes(), block->size());
      source_->room_came();
    }
  }
  [[nodiscard]] double received() const { return metrics_.received.Value(); }

  Queue<MessageBlock> messages_;
  Queue<MessageBlock> emptied_;
  ByteBudget budget_{kBytesMax};
  observe::Metrics metrics_{"test"};
  std::ostringstream log_;
  spdlog::logger logger_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)};
  observe::Events events_{metrics_, logger_};
  std::atomic<int> gaps_{0};
  std::map<std::string, int> came_;  ///< payloads, and how often each
  std::unique_ptr<RedisSource> source_;
  std::jthread thread_;  ///< last: it ends before what it uses
};

}  // namespace firebase_relay::bus
