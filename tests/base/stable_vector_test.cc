#include "base/stable_vector.h"

#include <gtest/gtest.h>

#include <vector>

namespace firebase_relay {
namespace {

TEST(StableVectorTest, ElementsStayWhereTheyAreAsItGrows) {
  StableVector<int> all;
  std::vector<const int*> places;
  for (int i = 0; i < 1'000; ++i) {
    all.grow();
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(all[at], 0);
    all[at] = i;
    places.push_back(&all[at]);
  }
  ASSERT_EQ(all.size(), 1'000u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], static_cast<int>(i));
    EXPECT_EQ(&all[i], places[i]);
  }
}

}  // namespace
}  // namespace firebase_relay
