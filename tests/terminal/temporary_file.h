#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace firebase_relay::terminal {

/// A file with a content, gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    const int fd = ::mkstemp(path_.data());
    if (fd < 0) throw std::runtime_error("mkstemp");
    const bool written = ::write(fd, content.data(), content.size()) == static_cast<::ssize_t>(content.size());
    ::close(fd);
    if (!written) throw std::runtime_error("write");
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/relay-test-XXXXXX";
};

}  // namespace firebase_relay::terminal
