#include "coalesce/repeats.h"

#include <gtest/gtest.h>

#include <string>

namespace firebase_relay::coalesce {
namespace {

using std::chrono::seconds;

/// The hash part of the key that a message with `seed` gets.
std::string settled(Repeats& repeats, const KeySeed& seed, Sequence sequence, seconds at) {
  HistoryRun run;
  run.add("history/A/prices/", UtcMillis(), seed, "1", {.sequence_offset = 0, .kind = Kind::kPrice});
  run.first_sequence = sequence;
  run.arrived = SteadyTime(at);
  repeats.settle(run);
  EXPECT_TRUE(run.seeds.empty());
  EXPECT_TRUE(run.path_of(0).starts_with("history/A/prices/--------"));
  EXPECT_EQ(run.value_of(0), "1");
  return std::string(run.path_of(0).substr(run.path_of(0).size() - 12));
}

std::string hash(const KeySeed& seed, std::uint32_t n) {
  return std::string(HistoryKey(UtcMillis(), seed, n).text().substr(8));
}

constexpr KeySeed kSeed{42, 43};

TEST(Repeats, CountsEqualMessages) {
  Repeats repeats;
  for (std::uint32_t n = 0; n < 5; ++n) EXPECT_EQ(settled(repeats, kSeed, 10 + n, seconds(1000)), hash(kSeed, n));
  EXPECT_EQ(settled(repeats, {44, 45}, 20, seconds(1000)), hash({44, 45}, 0));
}

TEST(Repeats, ForgetsAfterTenMinutesSinceTheLastComing) {
  Repeats repeats;
  EXPECT_EQ(settled(repeats, kSeed, 1, seconds(1000)), hash(kSeed, 0));
  EXPECT_EQ(settled(repeats, kSeed, 2, seconds(1600)), hash(kSeed, 1));
  EXPECT_EQ(settled(repeats, kSeed, 3, seconds(2200)), hash(kSeed, 2))
      << "ten minutes after the last, not after the first";
  EXPECT_EQ(settled(repeats, kSeed, 4, seconds(2801)), hash(kSeed, 0));
}

TEST(Repeats, ForgetsAfter65536Messages) {
  for (const Sequence first : {Sequence{1}, Sequence{40'000}, Sequence{65'535}, Sequence{65'536}}) {
    Repeats repeats;
    EXPECT_EQ(settled(repeats, kSeed, first, seconds(1)), hash(kSeed, 0));
    EXPECT_EQ(settled(repeats, kSeed, first + 65'536, seconds(2)), hash(kSeed, 1)) << first;
    EXPECT_EQ(settled(repeats, kSeed, first + 65'536 + 65'537, seconds(3)), hash(kSeed, 0)) << first;
  }
}

TEST(Repeats, BlockThatReachesIntoTheNextGenerationForgetsNothing) {
  Repeats repeats;
  EXPECT_EQ(settled(repeats, kSeed, 65'000, seconds(1)), hash(kSeed, 0));
  // Of one block the prices come first, and the last of them is of the next generation.
  settled(repeats, {44, 45}, 65'537, seconds(2));
  EXPECT_EQ(settled(repeats, kSeed, 65'535, seconds(2)), hash(kSeed, 1));
  EXPECT_EQ(settled(repeats, kSeed, 65'540, seconds(3)), hash(kSeed, 2));
}

TEST(Repeats, SettledKeysStayAsTheyAre) {
  Repeats repeats;
  HistoryRun run;
  for (std::uint32_t i = 0; i < 2; ++i)
    run.add("history/A/prices/", UtcMillis(), kSeed, "1", {.sequence_offset = i, .kind = Kind::kPrice});
  run.first_sequence = 1;
  repeats.settle(run);
  const std::string second(run.path_of(1));
  EXPECT_NE(run.path_of(0), second);
  repeats.settle(run);
  EXPECT_EQ(run.path_of(1), second);
}

TEST(Repeats, ManyDifferentMessagesDoNotMeet) {
  Repeats repeats;
  for (std::uint64_t i = 1; i <= 200'000; ++i) {
    const KeySeed seed{i * 0x9E3779B97F4A7C15u, i};
    ASSERT_EQ(settled(repeats, seed, i, seconds(1)), hash(seed, 0)) << i;
  }
}

}  // namespace
}  // namespace firebase_relay::coalesce
