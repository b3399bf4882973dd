#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "broker_sim/manner.h"
#include "broker_sim/market.h"

struct redisContext;

namespace broker_sim {

/// Where publications go. Errors: std::runtime_error.
class Publisher {
 public:
  virtual ~Publisher() = default;
  /// May keep it back until flush().
  virtual void publish(const Publication& publication) = 0;
  /// Returns when all that was published has arrived.
  virtual void flush() = 0;
};

/// A Redis, by `redis://host:port`, `unix:///path`. Sends in pipelines.
class RedisPublisher final : public Publisher {
 public:
  /// Connects.
  RedisPublisher(const std::string& url, Manner manner);
  ~RedisPublisher() override;
  void publish(const Publication& publication) override;
  void flush() override;
  /// Waits until somebody has subscribed to a pattern; false when nobody has within `timeout`.
  bool wait_for_subscriber(std::chrono::milliseconds timeout);
  /// Messages that were published and found no subscriber.
  [[nodiscard]] std::uint64_t unheard() const { return unheard_; }

 private:
  Manner manner_;
  redisContext* redis_;
  std::uint64_t pending_ = 0;
  std::uint64_t unheard_ = 0;
};

/// A file of Redis commands, for `redis-cli --pipe`.
class CommandFile final : public Publisher {
 public:
  /// Begins the file anew.
  CommandFile(const std::string& file, Manner manner);
  void publish(const Publication& publication) override;
  void flush() override;

 private:
  std::string name_;
  Manner manner_;
  std::ofstream out_;
};

}  // namespace broker_sim
