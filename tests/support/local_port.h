#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test_support {

/// A TCP port of this machine that is ours: one that takes connections (which nobody speaks on), one that refuses them,
/// or one that says nothing to them, since its queue is full.
class LocalPort {
 public:
  enum Kind : std::uint8_t { kOpen, kClosed, kSilent };

  explicit LocalPort(Kind kind, std::string host = "127.0.0.1") : host_(std::move(host)) {
    const bool is_ipv6 = host_.find(':') != std::string::npos;
    fds_.push_back(::socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage place{};
    socklen_t size = is_ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    place.ss_family = is_ipv6 ? AF_INET6 : AF_INET;
    void* const bytes = is_ipv6 ? static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(place).sin6_addr)
                                : &reinterpret_cast<sockaddr_in&>(place).sin_addr;
    auto* const address = reinterpret_cast<sockaddr*>(&place);
    const bool bound = ::inet_pton(place.ss_family, host_.c_str(), bytes) == 1 &&
                       ::bind(fds_.front(), address, size) == 0 && ::getsockname(fds_.front(), address, &size) == 0;
    if (!bound || (kind != kClosed && ::listen(fds_.front(), kind == kSilent ? 0 : 16) != 0))
      throw std::runtime_error("no port on " + host_);
    port_ = ntohs(reinterpret_cast<const sockaddr_in&>(place).sin_port);  // at the same place in IPv6
    for (int i = 0; kind == kSilent && i < 3; ++i) {
      fds_.push_back(::socket(place.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(fds_.back(), address, size);
    }
  }
  ~LocalPort() {
    for (const int fd : fds_) ::close(fd);
  }
  LocalPort(const LocalPort&) = delete;
  LocalPort& operator=(const LocalPort&) = delete;

  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Of an open one: the next connection, or -1. The caller closes it.
  [[nodiscard]] int accept() const { return ::accept4(fds_.front(), nullptr, nullptr, SOCK_CLOEXEC); }
  /// From another thread: ends accept() for good.
  void stop() const { ::shutdown(fds_.front(), SHUT_RDWR); }

 private:
  std::string host_;
  std::uint16_t port_ = 0;
  std::vector<int> fds_;
};

}  // namespace test_support
