#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firebase_relay/result.h"

namespace firebase_relay::bus {

/// Where a socket can be connected to.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  /// `127.0.0.1:6379`, `[::1]:6379`, or the path of a unix socket.
  [[nodiscard]] std::string shown() const;
};

/// Turns a name and a port into all of the name's addresses, in the order in which they are to be tried, at least one.
/// May take as long as it likes: NameLookup calls it on a thread that nobody waits for.
using Resolver = std::function<Result<std::vector<Address>>(const std::string& host, std::uint16_t port)>;

/// The system's: /etc/hosts, name servers, and whatever else its configuration names. Blocks for up to tens of seconds
/// while name servers are silent. Errors: kUnavailable, with what to do.
Result<std::vector<Address>> look_up_addresses(const std::string& host, std::uint16_t port);

/// `host` as an address that is written out, in IPv4 or IPv6: asks nobody. Nothing when it is a name.
std::optional<Address> literal_address(const std::string& host, std::uint16_t port);

/// Of a unix socket. `path` has to fit (RedisUrl sees to it).
Address unix_address(const std::string& path);

}  // namespace firebase_relay::bus
