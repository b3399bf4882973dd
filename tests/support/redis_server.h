#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/authority.h"
#include "support/process.h"
#include "support/temp_dir.h"

struct redisContext;

namespace test_support {

/// How the relay reaches a RedisServer.
enum class RedisTransport : std::uint8_t { kUnixSocket, kTls, kMutualTls };

/// A redis-server on a unix socket of its own, and on a TLS port beside it where the relay is to use that. Both stay
/// the same over restarts. RELAY_TEST_REDIS names another program, such as valkey-server.
class RedisServer {
 public:
  /// `flags` as redis-server takes them, on top of ours. Started at once unless `later`.
  explicit RedisServer(std::vector<std::string> flags = {});
  explicit RedisServer(RedisTransport transport, std::vector<std::string> flags = {});
  enum class Start { kLater };
  explicit RedisServer(Start later, RedisTransport transport = RedisTransport::kUnixSocket);

  void start();
  /// SIGKILL, as a crash.
  void kill();
  void suspend();
  void resume();

  /// For --redis-url; `credentials` as they stand there, `user:password`.
  [[nodiscard]] std::string url(const std::string& credentials = "") const;
  /// What the relay has to be given besides.
  [[nodiscard]] std::vector<std::string> relay_flags() const;
  [[nodiscard]] std::string socket() const { return dir_.file("redis.sock"); }
  /// What it logged.
  [[nodiscard]] std::string log() const { return process_->out(); }

 private:
  [[nodiscard]] std::vector<std::string> tls_flags() const;

  TempDir dir_;
  std::vector<std::string> flags_;
  RedisTransport transport_;
  std::uint16_t tls_port_ = 0;
  CertifiedKey server_;
  CertifiedKey client_;
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
