#pragma once

#include <unistd.h>

#include <utility>

namespace firebase_relay::bus {

/// Owns a socket, or none.
class Socket {
 public:
  /// Takes `fd`; -1: none.
  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket() { reset(); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  /// Stays the socket's.
  [[nodiscard]] int fd() const { return fd_; }
  /// Closes it.
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

}  // namespace firebase_relay::bus
