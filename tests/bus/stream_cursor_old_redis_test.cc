// A Redis before 7, which does not count what was added.
#include <gtest/gtest.h>

#include "bus/stream_cursor.h"
#include "bus/stream_model.h"

namespace firebase_relay::bus {
namespace {

using Cause = StreamCursor::Cause;

TEST(StreamCursorWithoutCounts, ALossHasNoneAndIsToldOnce) {
  Model stream;
  stream.is_old = true;
  stream.add(100);
  StreamCursor cursor;
  EXPECT_FALSE(cursor.start(stream.info(), group_at(50, std::nullopt), std::nullopt).loss);
  stream.trim_to(20);

  const auto found = cursor.look(stream.info(), group_at(50, std::nullopt));

  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->entries, std::nullopt);
  EXPECT_FALSE(cursor.look(stream.info(), group_at(50, std::nullopt)).loss);
  cursor.took({100, 0}, 20, 20);
  EXPECT_FALSE(cursor.look(stream.info(), group_at(50, std::nullopt)).loss);
  EXPECT_EQ(cursor.due(20), (StreamPosition{{100, 0}, std::nullopt}));
}

TEST(StreamCursorWithoutCounts, AnEndThatIsGoneIsSeenByItsId) {
  Model stream;
  stream.is_old = true;
  stream.add(100);
  StreamCursor cursor;
  cursor.start(stream.info(), group_at(100, std::nullopt), std::nullopt);
  stream.added = 95;
  const auto found = cursor.look(stream.info(), group_at(95, std::nullopt));
  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->cause, Cause::kMisfit);
  EXPECT_EQ(cursor.read_upto(), (StreamId{}));
}

TEST(StreamCursorWithoutCounts, WhatWasAllReadMayBeTrimmed) {
  Model stream;
  stream.is_old = true;
  stream.add(100);
  StreamCursor cursor;
  cursor.start(stream.info(), group_at(100, std::nullopt), std::nullopt);
  stream.trim_to(0);
  EXPECT_FALSE(cursor.look(stream.info(), group_at(100, std::nullopt)).loss);
}

}  // namespace
}  // namespace firebase_relay::bus
