#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bus/redis_url.h"
#include "bus/reply_reader.h"
#include "firebase_relay/message.h"

struct redisContext;

namespace firebase_relay::bus {

/// One connection to Redis, from the first SYN to its end, never blocking: connects, says who we are, subscribes, and
/// reads.
///
/// Threads: the subscriber's.
class Connection {
 public:
  enum class State : std::uint8_t { kConnecting, kSubscribing, kSubscribed, kClosed };

  /// Begins to connect. Looking up a host's name blocks, as the system's resolver does.
  Connection(const RedisUrl& url, const std::vector<std::string>& patterns);
  ~Connection();

  [[nodiscard]] State state() const { return state_; }
  /// Why it is kClosed.
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] int fd() const;
  /// What to poll for.
  [[nodiscard]] short poll_events() const;

  /// Call when poll() says so. Messages are appended to `block`. True: something was heard.
  bool proceed(MessageBlock& block);
  /// Wants no more messages: those published before come yet, and then it closes.
  void unsubscribe();
  /// Asks for a sign of life; proceed() returns true when it comes.
  void ping();

 private:
  void finish_connecting();
  void say_hello();
  bool read(MessageBlock& block);
  void take(const std::vector<Reply>& replies);
  void write();
  void close(std::string error);

  RedisUrl url_;
  std::vector<std::string> patterns_;
  std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
  ReplyReader reader_;
  State state_ = State::kConnecting;
  std::string error_;
  std::string out_;              ///< not yet written
  std::size_t expected_ok_ = 0;  ///< AUTH and SELECT
  std::size_t subscribed_ = 0;
  std::vector<char> buffer_;
};

}  // namespace firebase_relay::bus
