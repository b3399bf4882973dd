#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bus/redis_url.h"
#include "bus/tls_context.h"
#include "flush/database_url.h"
#include "observe/log_options.h"

namespace firebase_relay::relay {

/// The units of a person's sizes: of what is sent, and of what is held.
inline constexpr std::uint64_t kMb = 1'000'000;
inline constexpr std::uint64_t kMiB = 1 << 20;

/// A place to listen at. Port 0: any free one.
struct ListenAddress {
  std::string host = "127.0.0.1";  ///< without the brackets of IPv6
  std::uint16_t port = 9464;

  /// `host:port` as in a URL, with its own port or with another one.
  [[nodiscard]] std::string text() const { return text_with(port); }
  [[nodiscard]] std::string text_with(std::uint16_t other_port) const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(other_port);
  }
  bool operator==(const ListenAddress&) const = default;
};

/// Each message received as a line on stdout.
enum class LogMessages : std::uint8_t {
  kAuto,  ///< when stdout is a terminal
  kOn,
  kOff,
};
/// What of a power cut the outbox is proof against.
enum class OutboxSync : std::uint8_t { kNormal, kFull };

/// All settings, read and checked (terminal/flags.h, whose table names each one's flag, variable, bounds and default).
/// Plain values; whoever holds a copy may keep it.
struct Options {
  // Redis
  bus::RedisUrl redis;
  std::string redis_ca_file;               ///< trusted besides the system's; empty: none
  std::string redis_cert_file;             ///< of a client's certificate; empty: none
  std::string redis_key_file;              ///< of that certificate
  std::string redis_tls_name;              ///< what Redis' certificate is for; empty: the URL's host
  std::vector<std::string> channels{"*"};  ///< glob patterns, at least one; with ! in front: what is left out
  std::vector<std::string> streams;        ///< keys of the streams that are read, each once; empty: pub/sub
  std::string stream_group = "firebase-relay";
  std::string routes_file;  ///< empty: the built-in table

  // Database
  std::optional<flush::DatabaseUrl> database;  ///< none: nothing said where; `run` never comes so far
  std::string credentials_file;                ///< empty: none
  std::string auth_secret_file;                ///< empty: none
  std::string ca_file;                         ///< trusted besides the system's; empty: none
  bool allow_plaintext = false;                ///< http:// to a host that is not this machine

  // Delivery
  std::chrono::milliseconds flush_interval{250};  ///< 0: the next as soon as the last is answered
  std::uint64_t batch_bytes_max = 1 << 20;
  std::chrono::milliseconds request_timeout{15'000};
  std::uint32_t in_flight_max = 4;                   ///< history requests; live is always one at a time
  std::uint64_t bytes_per_minute_max = 60'000'000;   ///< 0: no limit
  std::uint64_t database_bytes_max = 1024ull << 20;  ///< what its plan lets it store; 0: no limit
  std::uint32_t live_orders_max = 50;                ///< closed orders per ticker; 0: all
  bool history = true;
  std::chrono::milliseconds drain_timeout{10'000};

  // Memory and threads
  std::uint32_t workers = 2;
  std::uint64_t queue_bytes_max = 32ull << 20;  ///< of raw messages waiting; at it reading pauses
  std::uint64_t message_bytes_max = 1 << 20;
  std::uint32_t tickers_max = 10'000;

  // Disk
  std::string outbox_file = "./data/outbox.db";
  std::uint64_t outbox_bytes_max = 2048ull << 20;
  OutboxSync outbox_sync = OutboxSync::kNormal;
  std::uint32_t dead_letters_max = 10'000;
  std::string archive;  ///< folder in which the whole history is kept; empty: none

  // Watching
  std::string instance;  ///< names this relay under relay/; filled with the host's name when nothing is said
  std::chrono::seconds heartbeat{15};  ///< 0: off
  ListenAddress http_listen;
  observe::LogLevel log_level = observe::LogLevel::kInfo;
  observe::LogFormat log_format = observe::LogFormat::kText;
  LogMessages log_messages = LogMessages::kAuto;

  /// True: the process will have a secret in memory, so it must leave no core file.
  [[nodiscard]] bool hold_secret() const {
    return !credentials_file.empty() || !auth_secret_file.empty() || !redis.password.empty() || !redis_key_file.empty();
  }
  [[nodiscard]] bus::TlsOptions redis_tls() const {
    return {redis_ca_file, redis_cert_file, redis_key_file, redis_tls_name};
  }
  bool operator==(const Options&) const = default;
};

}  // namespace firebase_relay::relay
