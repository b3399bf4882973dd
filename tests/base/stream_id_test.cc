#include "firebase_relay/stream_id.h"

#include <gtest/gtest.h>

namespace firebase_relay {
namespace {

TEST(StreamId, IsReadAsRedisWritesIt) {
  EXPECT_EQ(parse_stream_id("1764288000000-7"), (StreamId{1'764'288'000'000, 7}));
  EXPECT_EQ(parse_stream_id("0-0"), (StreamId{0, 0}));
  EXPECT_EQ(parse_stream_id("18446744073709551615-18446744073709551615"), (StreamId{UINT64_MAX, UINT64_MAX}));
}

TEST(StreamId, IsNothingElse) {
  for (const char* text : {"", "-", "1", "1-", "-1", "1-x", "x-1", "1-1 ", " 1-1", "+1-1", "1--1", "1-1-1", "$", ">",
                           "18446744073709551616-0", "0-18446744073709551616"})
    EXPECT_EQ(parse_stream_id(text), std::nullopt) << text;
}

TEST(StreamId, ComesBackFromItsText) {
  for (const StreamId id : {StreamId{0, 0}, StreamId{1, 1}, StreamId{1'764'288'000'000, 12}, StreamId{UINT64_MAX, 0}})
    EXPECT_EQ(parse_stream_id(to_text(id)), id);
}

TEST(StreamId, IsOrderedByTimeAndThenByNumber) {
  EXPECT_LT((StreamId{1, 9}), (StreamId{2, 0}));
  EXPECT_LT((StreamId{2, 9}), (StreamId{2, 10}));
  EXPECT_LT((StreamId{}), (StreamId{0, 1}));
}

}  // namespace
}  // namespace firebase_relay
