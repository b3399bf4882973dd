#include "bus/read_count.h"

#include <gtest/gtest.h>

namespace firebase_relay::bus {
namespace {

TEST(ReadCount, GrowsWithSmallEntriesUpToItsMost) {
  ReadCount count;
  std::uint64_t before = count.of_each(1);
  for (int i = 0; i < 20; ++i) {
    count.after_read(before, before * 100);
    EXPECT_LE(count.of_each(1), 2 * before);
    before = count.of_each(1);
  }
  EXPECT_EQ(before, ReadCount::kMost);
}

TEST(ReadCount, ShrinksAtOnceWithLargeEntries) {
  ReadCount count;
  for (int i = 0; i < 20; ++i) count.after_read(10, 1'000);
  count.after_read(1, 10'000'000);
  EXPECT_EQ(count.of_each(1), 1u);
  count.after_read(1, 100'000);
  EXPECT_EQ(count.of_each(1), 2u);
}

TEST(ReadCount, IsSharedByTheStreamsAndNeverNothing) {
  ReadCount count;
  for (int i = 0; i < 20; ++i) count.after_read(10, 1'000);
  EXPECT_EQ(count.of_each(10), ReadCount::kMost / 10);
  EXPECT_EQ(count.of_each(5'000), 1u);
  count.after_read(0, 0);
  EXPECT_EQ(count.of_each(1), ReadCount::kMost) << "an answer without entries says nothing";
}

}  // namespace
}  // namespace firebase_relay::bus
