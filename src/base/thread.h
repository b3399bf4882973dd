#pragma once

#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

namespace firebase_relay {

/// The exception that is being handled ends the program, or the thread `where`: says so in one line on stderr, with the
/// remedy, whatever state memory is in. Call it in a catch block.
void tell_of_exception(const char* where) noexcept;
/// As tell_of_exception(), in a thread. The program is asked to end as by SIGTERM, so that it drains what it can and
/// closes its outbox, and does so with a failure.
void end_program_for_exception(const char* where) noexcept;
/// Did end_program_for_exception() ask for the end?
bool a_thread_has_failed() noexcept;
/// What nobody can catch (an exception out of a destructor, say) is a line and exit status 1, too, and no core.
void tell_of_uncaught_exceptions() noexcept;

/// Names the calling thread for whoever watches the system's threads (top -H, perf). Of a longer name than the system
/// takes, 15 bytes, its front.
void name_this_thread(const char* name) noexcept;

/// A body that no exception leaves, in a thread of its own name. It may take a std::stop_token.
template <class Body>
auto guarded(const char* name, Body body) {
  return [name, body = std::move(body)](const std::stop_token& stop) mutable noexcept {
    name_this_thread(name);
    try {
      if constexpr (std::is_invocable_v<Body&, const std::stop_token&>) {
        body(stop);
      } else {
        body();
      }
    } catch (...) {
      end_program_for_exception(name);
    }
  };
}

/// The only way to start a thread (tests/tidy), so that no thread's exception is forgotten. `name`: a literal, what the
/// thread is for, as in "the NAME thread";
/// the system shows it, too.
/// Throws std::system_error where the system refuses one, which main() tells; what has been started has to end then.
template <class Body>
std::jthread start_thread(const char* name, Body body) {
  return std::jthread(guarded(name, std::move(body)));
}

/// The same for a thread that nobody can wait for.
template <class Body>
void start_detached_thread(const char* name, Body body) {
  std::thread([run = guarded(name, std::move(body))]() mutable { run(std::stop_token()); }).detach();
}

}  // namespace firebase_relay
