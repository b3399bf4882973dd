#include "coalesce/bisection.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace firebase_relay::coalesce {
namespace {

using Slots = Bisection<std::uint32_t>;
/// Stands for many suspects.
struct Range {
  int of;
  std::uint32_t first;
  std::uint32_t last;
  [[nodiscard]] std::uint32_t size() const { return last - first; }
  [[nodiscard]] Range head(std::uint32_t count) const { return {of, first, first + count}; }
  [[nodiscard]] Range tail(std::uint32_t count) const { return {of, first + count, last}; }
};
using Ranges = Bisection<Range>;

TEST(Bisection, GivesTheFrontHalfThenTheOtherAndThenWhatWasThereBefore) {
  Slots suspects;
  suspects.add({9});
  suspects.add_halves({1, 2, 3, 4, 5});
  EXPECT_EQ(suspects.take(), (Slots::Group{1, 2, 3}));
  EXPECT_EQ(suspects.take(), (Slots::Group{4, 5}));
  EXPECT_EQ(suspects.take(), (Slots::Group{9}));
  EXPECT_TRUE(suspects.empty());
}

TEST(Bisection, EmptyGroupIsNone) {
  Slots suspects;
  suspects.add({});
  EXPECT_TRUE(suspects.empty());
  suspects.add_halves({7});
  EXPECT_EQ(suspects.take(), (Slots::Group{7}));
  EXPECT_TRUE(suspects.empty());
}

TEST(Bisection, CutsWhatStandsForMany) {
  Ranges suspects;
  suspects.add_halves({{1, 10, 20}, {2, 0, 3}});
  const Ranges::Group front = suspects.take();
  ASSERT_EQ(front.size(), 1u);
  EXPECT_EQ(front[0].first, 10u);
  EXPECT_EQ(front[0].last, 17u);
  const Ranges::Group back = suspects.take();
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].first, 17u);
  EXPECT_EQ(back[0].last, 20u);
  EXPECT_EQ(back[1].of, 2);
  EXPECT_EQ(Ranges::count(front) + Ranges::count(back), 13u);
}

TEST(Bisection, FindsOneCulpritAmongAnyNumberInTwiceTheLogarithm) {
  for (std::uint32_t culprit = 0; culprit < 100; ++culprit) {
    Slots suspects;
    Slots::Group all;
    for (std::uint32_t item = 0; item < 100; ++item) all.push_back(item);
    suspects.add(std::move(all));
    int requests = 0;
    std::size_t cleared = 0;
    std::size_t guilty = 0;
    while (!suspects.empty()) {
      const Slots::Group group = suspects.take();
      ++requests;
      const bool has_culprit = std::find(group.begin(), group.end(), culprit) != group.end();
      if (has_culprit && group.size() > 1) {
        suspects.add_halves(group);
      } else {
        (has_culprit ? guilty : cleared) += group.size();
      }
    }
    EXPECT_EQ(guilty, 1u);
    EXPECT_EQ(cleared, 99u);
    EXPECT_LE(requests, 15);
  }
}

}  // namespace
}  // namespace firebase_relay::coalesce
