#include "bus/addresses.h"

#include <netdb.h>
#include <sys/un.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <memory>

namespace firebase_relay::bus {
namespace {

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

/// Without AI_ADDRCONFIG, which leaves IPv6 out where only the loopback has it: an address that cannot be reached is
/// refused at once, and the next one is tried.
int ask_system(const std::string& host, std::uint16_t port, int flags, AddressList& list) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  list.reset(failure == 0 ? found : nullptr);
  return failure;
}

Address address_of(const addrinfo& found) {
  Address address;
  std::memcpy(&address.storage, found.ai_addr, found.ai_addrlen);
  address.size = found.ai_addrlen;
  return address;
}

const char* remedy_for(int failure) {
  if (failure == EAI_NONAME)
    return "correct the name in --redis-url; a container's name is known in its networks only, and while it runs";
  return "the name servers do not answer: see /etc/resolv.conf and the network, or give an address in --redis-url";
}

}  // namespace

std::string Address::shown() const {
  if (storage.ss_family == AF_UNIX) return reinterpret_cast<const sockaddr_un&>(storage).sun_path;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "an address of an unknown kind";
  }
  const bool is_ipv6 = storage.ss_family == AF_INET6;
  return (is_ipv6 ? "[" : "") + std::string(host.data()) + (is_ipv6 ? "]:" : ":") + port.data();
}

Result<std::vector<Address>> look_up_addresses(const std::string& host, std::uint16_t port) {
  AddressList list(nullptr, ::freeaddrinfo);
  errno = 0;
  if (const int failure = ask_system(host, port, 0, list); failure != 0) {
    const char* why = failure == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(failure);
    return fail(ErrorCode::kUnavailable, "the name '" + host + "': " + why, remedy_for(failure));
  }
  std::vector<Address> addresses;
  for (const addrinfo* found = list.get(); found != nullptr; found = found->ai_next)
    addresses.push_back(address_of(*found));
  return addresses;
}

std::optional<Address> literal_address(const std::string& host, std::uint16_t port) {
  AddressList list(nullptr, ::freeaddrinfo);
  if (ask_system(host, port, AI_NUMERICHOST, list) != 0) return std::nullopt;
  return address_of(*list);
}

Address unix_address(const std::string& path) {
  Address address;
  auto& unix_socket = reinterpret_cast<sockaddr_un&>(address.storage);
  assert(path.size() < sizeof unix_socket.sun_path);
  unix_socket.sun_family = AF_UNIX;
  path.copy(unix_socket.sun_path, sizeof unix_socket.sun_path - 1);
  address.size = sizeof unix_socket;
  return address;
}

}  // namespace firebase_relay::bus
