#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace test_support {

/// A proxy on 127.0.0.1 that tunnels every CONNECT to that port of this machine, and remembers for whom. Its own answer
/// has headers that would mislead whoever takes them for the other end's.
///
/// Threads: any, for everything.
class ConnectProxy {
 public:
  ConnectProxy() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the proxy has no port");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] {
      std::vector<std::jthread> tunnels;
      for (int peer = 0; (peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
        tunnels.emplace_back([this, peer](const std::stop_token& stop) { serve(peer, stop); });
    });
  }
  ~ConnectProxy() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
  }
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// The first line of every request: `CONNECT host:port HTTP/1.1`.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  void serve(int peer, const std::stop_token& stop) {
    std::string head;
    for (char c = 0; !head.ends_with("\r\n\r\n") && ::read(peer, &c, 1) == 1;) head += c;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(head.substr(0, head.find('\r')));
    }
    const std::size_t colon = head.find(':');
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(static_cast<std::uint16_t>(std::atoi(head.c_str() + colon + 1)));
    const bool is_open = head.starts_with("CONNECT ") &&
                         ::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const std::string answer = is_open ? "HTTP/1.1 200 Connection established\r\nRetry-After: 99\r\n"
                                         "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n"
                                       : "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
    ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
    while (is_open && !stop.stop_requested() && pump(peer, other)) {
    }
    ::close(peer);
    ::close(other);
  }
  /// What has come from either goes to the other; false: one of them has closed.
  static bool pump(int one, int other) {
    constexpr int kLookForStopMs = 50;
    pollfd both[] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
    ::poll(both, 2, kLookForStopMs);
    char bytes[16 * 1024];
    for (int i = 0; i < 2; ++i) {
      if (both[i].revents == 0) continue;
      const ssize_t size = ::read(both[i].fd, bytes, sizeof bytes);
      if (size <= 0 || ::send(both[1 - i].fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL) != size)
        return false;
    }
    return true;
  }

  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // guarded by mutex_
  std::jthread acceptor_;
};

}  // namespace test_support
