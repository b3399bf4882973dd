#include "base/wakeup.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

namespace firebase_relay {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wakeup::~Wakeup() { ::close(fd_); }

void Wakeup::signal() const noexcept {
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is full: it is signalled already.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Wakeup::clear() const noexcept {
  std::uint64_t count;
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
}

bool Wakeup::wait(std::chrono::milliseconds timeout) const noexcept {
  pollfd poll_fd{fd_, POLLIN, 0};
  const bool signalled = ::poll(&poll_fd, 1, static_cast<int>(timeout.count())) > 0;
  if (signalled) clear();
  return signalled;
}

}  // namespace firebase_relay
