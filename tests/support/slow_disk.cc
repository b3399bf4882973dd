// Preloaded into a relay: a disk whose every write and sync of outbox and archive takes SLOW_DISK_MS, as long as the
// file that SLOW_DISK_FILE names is there. It gets a byte for each, so that a test sees that it was so.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_kept(int fd) {
  char link[64];
  char name[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(link, name, sizeof name - 1);
  if (size <= 0) return false;
  name[size] = '\0';
  return std::strstr(name, "outbox") != nullptr || std::strstr(name, ".jsonl") != nullptr;
}

void take_time(int fd) {
  const char* file = std::getenv("SLOW_DISK_FILE");
  const char* milliseconds = std::getenv("SLOW_DISK_MS");
  if (file == nullptr || milliseconds == nullptr || !is_kept(fd)) return;
  const int told = ::open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (told < 0) return;
  const long delay = std::atol(milliseconds);
  const timespec time{delay / 1000, delay % 1000 * 1'000'000};
  ::nanosleep(&time, nullptr);
  if (::write(told, ".", 1) != 1) std::abort();
  ::close(told);
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = real<decltype(::write)>("write");
  take_time(fd);
  return next(fd, data, size);
}

ssize_t writev(int fd, const iovec* pieces, int count) {
  static const auto next = real<decltype(::writev)>("writev");
  take_time(fd);
  return next(fd, pieces, count);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  static const auto next = real<decltype(::pwrite)>("pwrite");
  take_time(fd);
  return next(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  static const auto next = real<decltype(::pwrite64)>("pwrite64");
  take_time(fd);
  return next(fd, data, size, offset);
}

int fsync(int fd) {
  static const auto next = real<decltype(::fsync)>("fsync");
  take_time(fd);
  return next(fd);
}

int fdatasync(int fd) {
  static const auto next = real<decltype(::fdatasync)>("fdatasync");
  take_time(fd);
  return next(fd);
}
}
