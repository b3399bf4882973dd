#include "base/wake_call.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/queue.h"

namespace firebase_relay {
namespace {

TEST(WakeCall, WakesOnceForEachTimeItWasAskedFor) {
  WakeCall call;
  EXPECT_FALSE(call.take()) << "nobody sleeps";
  call.ask();
  call.ask();
  EXPECT_TRUE(call.take());
  EXPECT_FALSE(call.take());
  call.ask();
  call.take_back();
  EXPECT_FALSE(call.take());
}

/// Nothing else orders the two threads: with a store in the place of either exchange ThreadSanitizer finds a race.
TEST(WakeCall, WhatWasBroughtBeforeSomebodyAskedOrTookBackIsSeenBehindThat) {
  for (void (WakeCall::*const says)() noexcept : {&WakeCall::ask, &WakeCall::take_back}) {
    for (int i = 0; i < 100; ++i) {
      WakeCall call;
      int brought = 0;
      std::atomic<bool> has_taken{false};
      std::jthread bringer([&] {
        brought = 1;
        EXPECT_FALSE(call.take());
        has_taken.store(true, std::memory_order_relaxed);
      });
      while (!has_taken.load(std::memory_order_relaxed)) std::this_thread::yield();
      (call.*says)();
      EXPECT_EQ(brought, 1);
    }
  }
}

TEST(WakeCall, EitherTheLookFindsWhatComesOrItIsWoken) {
  for (int i = 0; i < 2'000; ++i) {
    WakeCall call;
    Queue<int> queue;
    std::atomic<bool> is_woken{false};
    std::atomic<bool> begins{false};
    std::jthread bringer([&] {
      while (!begins.load()) std::this_thread::yield();
      queue.push(std::make_unique<int>(1));
      if (call.take()) is_woken.store(true);
    });
    begins.store(true);
    call.ask();
    const bool is_found = queue.size() > 0;
    bringer.join();
    ASSERT_TRUE(is_found || is_woken.load()) << "it would sleep on";
  }
}

}  // namespace
}  // namespace firebase_relay
