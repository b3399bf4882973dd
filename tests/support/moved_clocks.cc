// Preloaded into a relay: its clocks are ahead by as many ns as stand in the file that MOVED_CLOCKS_FILE names, and its
// steady clock goes kSteadyRate times as fast, with all that poll() waits for.
#include "support/moved_clocks.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::int64_t* shared_number() {
  const char* file = std::getenv("MOVED_CLOCKS_FILE");
  const int fd = file == nullptr ? -1 : ::open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) std::abort();
  void* page = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (page == MAP_FAILED) std::abort();
  return static_cast<std::int64_t*>(page);
}

std::int64_t ahead() {
  static std::int64_t* const number = shared_number();
  return std::atomic_ref(*number).load(std::memory_order_acquire);
}

bool is_steady(clockid_t clock) {
  return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE ||
         clock == CLOCK_BOOTTIME;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto next = real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, time);
  const bool is_moved = is_steady(clock) || clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result != 0 || !is_moved) return result;  // what counts a thread's work stays as it is
  const std::int64_t rate = is_steady(clock) ? test_support::MovedClocks::kSteadyRate : 1;
  const std::int64_t moved = (time->tv_sec * kSecond + time->tv_nsec) * rate + ahead();
  *time = {moved / kSecond, moved % kSecond};
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  const int result = ::clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1'000};
  return result;
}

time_t time(time_t* result) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

int poll(pollfd* descriptors, nfds_t count, int timeout) {
  static const auto next = real<int(pollfd*, nfds_t, int)>("poll");
  return next(descriptors, count,
              timeout > 0 ? std::max(1, timeout / test_support::MovedClocks::kSteadyRate) : timeout);
}
}
