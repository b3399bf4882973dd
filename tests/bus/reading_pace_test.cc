#include "bus/reading_pace.h"

#include <gtest/gtest.h>

namespace firebase_relay::bus {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr SteadyTime kBegin{std::chrono::hours(1)};
constexpr std::size_t kPrice = 190;  // bytes

/// `count` messages, one every `gap`; gives how many reads they take when a flush is always far off.
int reads_of(int count, SteadyTime::duration gap) {
  ReadingPace pace;
  int reads = 0;
  SteadyTime now = kBegin;
  for (int read = 0; read < count; ++reads) {
    const auto there = static_cast<int>((now - kBegin) / gap) + 1;  // by now
    const auto messages = static_cast<std::size_t>(std::min(there, count) - read);
    read += static_cast<int>(messages);
    now = std::max(pace.after_read(now, messages, messages * kPrice, SteadyTime::max()), kBegin + read * gap);
  }
  return reads;
}

TEST(ReadingPace, SeveralMessagesComeWithOneReadWhenTrafficIsSlow) {
  EXPECT_LE(reads_of(2'000, milliseconds(5)), 2'000 / 5 + 1);
}

TEST(ReadingPace, RestsNoMoreOnceTrafficIsFast) {
  constexpr microseconds kGap(100);
  constexpr int kInTheFirstRest = ReadingPace::kRestMax / kGap;
  EXPECT_GE(reads_of(2'000, kGap), 2'000 - kInTheFirstRest) << "one by one, as fast as they come";
}

TEST(ReadingPace, WhatComesAloneIsReadAtOnce) { EXPECT_EQ(reads_of(20, std::chrono::seconds(1)), 20); }

TEST(ReadingPace, RestEndsAheadOfTheFlush) {
  ReadingPace pace;
  EXPECT_EQ(pace.after_read(kBegin, 1, kPrice, kBegin + milliseconds(10)), kBegin + milliseconds(7));
}

TEST(ReadingPace, DoesNotRestWhenAFlushIsDue) {
  ReadingPace pace;
  EXPECT_EQ(pace.after_read(kBegin, 1, kPrice, kBegin + milliseconds(4)), kBegin);
  EXPECT_EQ(pace.after_read(kBegin, 1, kPrice, SteadyTime{}), kBegin);
}

TEST(ReadingPace, DoesNotRestBesideLargeMessagesOrWithoutAny) {
  ReadingPace pace;
  EXPECT_EQ(pace.after_read(kBegin, 1, 1 << 20, SteadyTime::max()), kBegin);
  EXPECT_EQ(pace.after_read(kBegin + std::chrono::seconds(1), 0, 0, SteadyTime::max()),
            kBegin + std::chrono::seconds(1));
}

}  // namespace
}  // namespace firebase_relay::bus
