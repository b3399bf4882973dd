#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

struct redisContext;

namespace test_support {

/// A redis-server on a unix socket of its own, which stays the same over restarts.
class RedisServer {
 public:
  /// `flags` as redis-server takes them, on top of ours. Started at once unless `later`.
  explicit RedisServer(std::vector<std::string> flags = {});
  enum class Start { kLater };
  explicit RedisServer(Start later);

  void start();
  /// SIGKILL, as a crash.
  void kill();
  void suspend();
  void resume();

  [[nodiscard]] std::string url() const { return "unix://" + dir_.file("redis.sock"); }
  [[nodiscard]] std::string socket() const { return dir_.file("redis.sock"); }

 private:
  TempDir dir_;
  std::vector<std::string> flags_;
  std::unique_ptr<Process> process_;
};

/// A connection to publish with. Errors: std::runtime_error.
class RedisClient {
 public:
  explicit RedisClient(const RedisServer& server);
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  /// How many subscribers got it (a message that matches two patterns of one counts twice).
  std::int64_t publish(const std::string& channel, const std::string& payload);
  /// Any command; integers and texts come as text.
  std::string command(const std::vector<std::string>& words);
  /// What Redis keeps for subscribers that have not read it, in bytes.
  std::uint64_t held_back();

 private:
  redisContext* redis_;
};

}  // namespace test_support
