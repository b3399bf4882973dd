#include "flush/safe_point.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include <thread>

#include "outbox/memory_outbox.h"

namespace firebase_relay::flush {
namespace {

class SafePointTest : public testing::Test {
 protected:
  Delivery delivery{{}, {}, 1};
  outbox::MemoryOutbox outbox{1 << 20};
  observe::Metrics metrics{"test"};
  spdlog::logger logger{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
  observe::Events events{metrics, logger};
  SafePoint safe_point{true, {delivery, outbox, nullptr, events}};
};

TEST_F(SafePointTest, ReplayThatEndsBetweenTwoQuestionsDoesNotLeaveDeliveryBehind) {
  EXPECT_FALSE(safe_point.news(5));
  safe_point.falls_behind();
  safe_point.caught_up(5);
  const auto first = safe_point.news(5);
  ASSERT_TRUE(first);
  EXPECT_TRUE(std::holds_alternative<FellBehind>(*first));
  const auto second = safe_point.news(5);
  ASSERT_TRUE(second);
  EXPECT_TRUE(std::holds_alternative<CaughtUp>(*second));
  EXPECT_FALSE(safe_point.news(5));
}

TEST_F(SafePointTest, WhatAnotherThreadSaysMeanwhileEndsWithTheEndOfItsLastReplay) {
  constexpr int kReplays = 20'000;
  std::atomic<bool> is_over{false};
  std::thread source([&] {
    for (int replay = 0; replay < kReplays; ++replay) {
      safe_point.falls_behind();
      safe_point.caught_up(0);
    }
    is_over = true;
  });
  bool is_behind = false;
  int misplaced = 0;
  for (bool is_last = false; !is_last;) {
    is_last = is_over;
    while (const auto event = safe_point.news(0)) {
      const bool falls = std::holds_alternative<FellBehind>(*event);
      misplaced += !falls && !is_behind ? 1 : 0;
      is_behind = falls;
    }
  }
  source.join();
  EXPECT_FALSE(is_behind) << "nothing would end it before the next replay";
  EXPECT_EQ(misplaced, 0) << "ends that came before their beginnings";
}

}  // namespace
}  // namespace firebase_relay::flush
