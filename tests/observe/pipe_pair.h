#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace firebase_relay::observe {

/// A pipe whose reading end is the test's: what a terminal or another program would see. Reads never wait.
class PipePair {
 public:
  PipePair() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    read_end_ = ends[0];
    write_end_ = ends[1];
    ::fcntl(read_end_, F_SETFL, O_NONBLOCK);
  }
  ~PipePair() {
    close_read_end();
    ::close(write_end_);
  }
  PipePair(const PipePair&) = delete;
  PipePair& operator=(const PipePair&) = delete;

  [[nodiscard]] int write_end() const { return write_end_; }
  void close_read_end() {
    if (read_end_ >= 0) ::close(read_end_);
    read_end_ = -1;
  }
  /// All that is in the pipe now.
  std::string read_available() const {
    std::string text;
    std::array<char, 4096> part{};
    for (::ssize_t count = 0; (count = ::read(read_end_, part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  /// Until the pipe takes no more, as behind a terminal that has stopped. Returns the number of bytes.
  std::size_t fill() const {
    const int flags = ::fcntl(write_end_, F_GETFL);
    ::fcntl(write_end_, F_SETFL, flags | O_NONBLOCK);
    std::size_t filled = 0;
    while (::write(write_end_, ".", 1) == 1) ++filled;
    ::fcntl(write_end_, F_SETFL, flags);
    return filled;
  }

 private:
  int read_end_ = -1;
  int write_end_ = -1;
};

}  // namespace firebase_relay::observe
