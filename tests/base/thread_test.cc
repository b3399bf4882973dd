#include "base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

namespace firebase_relay {
namespace {

/// What stands on stderr when `body` has thrown in a thread; the test program itself is not ended.
template <class Body>
std::string told_by(Body body) {
  ::signal(SIGTERM, SIG_IGN);
  testing::internal::CaptureStderr();
  start_thread("test's", body).join();
  ::signal(SIGTERM, SIG_DFL);
  return testing::internal::GetCapturedStderr();
}

TEST(Thread, IsNamedForWhoeverWatchesTheSystem) {
  const auto seen_of = [](const char* name) {
    std::array<char, 16> seen{};
    start_thread(name, [&] { ::pthread_getname_np(::pthread_self(), seen.data(), seen.size()); }).join();
    return std::string(seen.data());
  };
  EXPECT_EQ(seen_of("flusher"), "flusher");
  EXPECT_EQ(seen_of("a longer name than it takes"), "a longer name t");
}

TEST(Thread, RunsItsBodyWithAndWithoutAToken) {
  std::atomic<int> ran = 0;
  start_thread("one", [&] { ++ran; }).join();
  std::jthread stopped = start_thread("other", [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
    ++ran;
  });
  stopped.request_stop();
  stopped.join();
  std::atomic<bool> detached_ran = false;
  start_detached_thread("detached", [&] {
    detached_ran = true;
    detached_ran.notify_one();
  });
  detached_ran.wait(false);
  EXPECT_EQ(ran, 2);
}

TEST(Thread, ThatThrowsIsOneLineWithTheRemedyAndTheEndOfTheProgram) {
  EXPECT_FALSE(a_thread_has_failed());

  const std::string told = told_by([] { throw std::bad_alloc(); });

  EXPECT_TRUE(
      told.starts_with("firebase-relay: the test's thread has to end, and the program with it: no memory is "
                       "left; give it more"))
      << told;
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1);
  EXPECT_TRUE(a_thread_has_failed());
}

TEST(Thread, ThatTheSystemRefusesIsToldByTheReason) {
  const auto told_of = [](int error) {
    return told_by([error] { throw std::system_error(error, std::generic_category()); });
  };
  EXPECT_NE(told_of(EAGAIN).find("--pids-limit"), std::string::npos);
  EXPECT_NE(told_of(EPERM).find("seccomp"), std::string::npos);
  EXPECT_NE(told_by([] { throw std::runtime_error("a riddle"); }).find("a riddle; please report this"),
            std::string::npos);
  EXPECT_NE(told_by([] { throw 7; }).find("an unknown exception"), std::string::npos);
}

}  // namespace
}  // namespace firebase_relay
