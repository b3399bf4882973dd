#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "firebase_relay/result.h"

namespace firebase_relay::bus {

/// Where Redis is and who we are to it.
struct RedisUrl {
  std::string host = "127.0.0.1";  ///< without the brackets of IPv6; unused when `socket_path` is set
  std::uint16_t port = 6379;
  std::string socket_path;  ///< of the unix socket; empty: TCP
  std::string user;         ///< empty: Redis' default user
  Secret password;          ///< empty: none
  std::uint32_t database = 0;
  bool is_tls = false;  ///< over TCP only
  /// The password was part of the URL. On a command line the process list shows it, so whoever took it from there
  /// warns.
  bool password_in_url = false;

  /// Else it is a host and a port.
  [[nodiscard]] bool is_unix_socket() const { return !socket_path.empty(); }
  /// As a URL with `***` for a password, for logs.
  [[nodiscard]] std::string masked() const;

  bool operator==(const RedisUrl&) const = default;
};

/// Reads
///
///     redis://[[user][:password]@]host[:port][/database]     rediss:// with TLS
///     unix://[[user][:password]@]/path[?db=database]
///
/// with IPv6 in brackets, and percent-encoding in user, password and path. (redis-py's forms; IANA's `redis` and
/// `rediss` schemes.) valkey:// and valkeys:// are other names of the first two.
/// Errors: kInvalid, with what was expected; the text itself is never part of an error, since it may hold a password.
Result<RedisUrl> parse_redis_url(std::string_view text);

}  // namespace firebase_relay::bus
