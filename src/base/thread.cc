#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>

namespace firebase_relay {
namespace {

std::atomic<bool> has_failed{false};

constexpr const char* kNoMemory =
    "no memory is left; give it more (the container's limit, MemoryMax=), or let less wait in it: --queue-max-mb, "
    "--workers";
constexpr const char* kNoThread =
    "the system lets it start no more threads; raise the limit of processes (docker's --pids-limit, systemd's "
    "TasksMax=, ulimit -u), or of memory";
constexpr const char* kForbiddenThread =
    "the system forbids it to start threads; bring Docker (20.10.10 or later) and libseccomp up to date, or run it "
    "with "
    "--security-opt seccomp=unconfined";

/// Without memory of its own: there may be none left.
void write_line(const char* where, const char* what, const char* remedy) noexcept {
  std::array<char, 1024> line{};
  const int size = std::snprintf(line.data(), line.size(), "firebase-relay: %s: %s%s%s\n", where, what,
                                 *remedy == '\0' ? "" : "; ", remedy);
  if (size <= 0) return;
  const std::size_t length = std::min(static_cast<std::size_t>(size), line.size() - 1);
  static_cast<void>(::write(STDERR_FILENO, line.data(), length) < 0);
}

void end_at_once() noexcept {
  tell_of_exception("it has to end at once");
  ::_exit(1);
}

}  // namespace

void tell_of_exception(const char* where) noexcept {
  try {
    if (!std::current_exception()) return write_line(where, "it cannot go on", "");
    throw;
  } catch (const std::bad_alloc&) {
    write_line(where, kNoMemory, "");
  } catch (const std::system_error& error) {
    const bool is_thread = error.code().category() == std::generic_category();
    if (is_thread && error.code().value() == EAGAIN) return write_line(where, kNoThread, "");
    if (is_thread && (error.code().value() == EPERM || error.code().value() == ENOSYS))
      return write_line(where, kForbiddenThread, "");
    if (is_thread && (error.code().value() == EMFILE || error.code().value() == ENFILE))
      return write_line(where, error.what(), "raise the limit of open files (ulimit -n, LimitNOFILE= of the service)");
    write_line(where, error.what(), "please report this");
  } catch (const std::exception& error) {
    write_line(where, error.what(), "please report this");
  } catch (...) {
    write_line(where, "an unknown exception", "please report this");
  }
}

void end_program_for_exception(const char* where) noexcept {
  std::array<char, 128> place{};
  std::snprintf(place.data(), place.size(), "the %s thread has to end, and the program with it", where);
  tell_of_exception(place.data());
  has_failed.store(true, std::memory_order_relaxed);
  ::kill(::getpid(), SIGTERM);
}

bool a_thread_has_failed() noexcept { return has_failed.load(std::memory_order_relaxed); }

void name_this_thread(const char* name) noexcept {
  std::array<char, 16> front{};  // the size that Linux keeps, with the zero at its end
  std::snprintf(front.data(), front.size(), "%s", name);
  ::pthread_setname_np(::pthread_self(), front.data());
}

void tell_of_uncaught_exceptions() noexcept { std::set_terminate(end_at_once); }

}  // namespace firebase_relay
