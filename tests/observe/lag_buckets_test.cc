#include "firebase_relay/lag_buckets.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace firebase_relay {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// The definition: the first boundary that is not below the value.
std::size_t searched_bucket(nanoseconds value) {
  const auto& boundaries = LagBuckets::kBoundaries;
  return static_cast<std::size_t>(std::lower_bound(boundaries.begin(), boundaries.end(), value) - boundaries.begin());
}

TEST(LagBuckets, Go125From1MsTo60S) {
  EXPECT_EQ(LagBuckets::kBoundaries.front(), milliseconds(1));
  EXPECT_EQ(LagBuckets::kBoundaries.back(), std::chrono::seconds(60));
  EXPECT_TRUE(std::is_sorted(LagBuckets::kBoundaries.begin(), LagBuckets::kBoundaries.end()));
}

TEST(LagBuckets, FindTheBucketThatASearchFindsAroundEveryBoundary) {
  for (const nanoseconds boundary : LagBuckets::kBoundaries) {
    for (const nanoseconds near : {boundary - nanoseconds(1), boundary, boundary + nanoseconds(1)}) {
      EXPECT_EQ(LagBuckets::bucket_of(near), searched_bucket(near)) << near.count();
    }
  }
}

TEST(LagBuckets, FindTheBucketThatASearchFindsAroundEveryPowerOfTwo) {
  for (int bit = 0; bit < 63; ++bit) {
    const nanoseconds power(std::int64_t{1} << bit);
    for (const nanoseconds near : {power - nanoseconds(1), power, power + nanoseconds(1)}) {
      EXPECT_EQ(LagBuckets::bucket_of(near), searched_bucket(near)) << near.count();
    }
  }
  EXPECT_EQ(LagBuckets::bucket_of(nanoseconds::max()), LagBuckets::kCount - 1);
}

TEST(LagBuckets, CountANegativeValueAsZero) {
  LagBuckets buckets;

  buckets.add(milliseconds(-500));

  EXPECT_EQ(buckets.counts().front(), 1u);
  EXPECT_EQ(buckets.sum_seconds(), 0);
}

TEST(LagBuckets, SumYearsWithoutOverflow) {
  LagBuckets buckets;

  buckets.add(hours(24 * 365 * 20), 1'000'000);

  EXPECT_EQ(buckets.counts().back(), 1'000'000u);
  EXPECT_NEAR(buckets.sum_seconds(), 3600.0 * 24 * 365 * 20 * 1e6, 1e6);
}

TEST(LagBuckets, AreEmptyUntilSomethingIsAdded) {
  LagBuckets buckets;
  EXPECT_TRUE(buckets.empty());

  buckets.add(milliseconds(0));

  EXPECT_FALSE(buckets.empty());
}

TEST(LagBuckets, MergeCountsAndSums) {
  LagBuckets one;
  one.add(milliseconds(1));
  LagBuckets two;
  two.add(milliseconds(1), 2);
  two.add(milliseconds(70'000));

  one.merge(two);

  EXPECT_EQ(one.counts()[0], 3u);
  EXPECT_EQ(one.counts().back(), 1u);
  EXPECT_NEAR(one.sum_seconds(), 70.003, 1e-9);
}

}  // namespace
}  // namespace firebase_relay
