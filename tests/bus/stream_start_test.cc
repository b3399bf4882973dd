// The first look of a run, by what the relay remembers of the one before.
#include <gtest/gtest.h>

#include "bus/stream_cursor.h"

namespace firebase_relay::bus {
namespace {

TEST(StreamStart, WithoutTheEndThatWasReadIsALossThoughTheGroupFits) {
  const auto found_with = [](std::uint64_t added, std::uint64_t last) {
    StreamInfo info;
    info.length = info.added.emplace(added);
    info.first = StreamId{1, 0};
    info.last_generated = {last, 0};
    const GroupInfo group{{90, 0}, 90, 0, 0};
    StreamCursor cursor;
    const auto found = cursor.start(info, group, RememberedPosition{{{100, 0}, 100}, true});
    EXPECT_TRUE(!found.loss || cursor.read_upto() == StreamId{}) << "from the beginning";
    EXPECT_FALSE(cursor.is_caught_up());
    return found;
  };
  const auto found = found_with(95, 95);
  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->cause, StreamCursor::Cause::kMisfit);
  EXPECT_EQ(found.loss->entries, std::nullopt);
  EXPECT_EQ(found.moved, StreamCursor::Moved::kNo);
  EXPECT_TRUE(found_with(98, 103).loss) << "three others have come";
  EXPECT_FALSE(found_with(100, 100).loss) << "a hand has moved it back";
}

TEST(StreamStart, AtAGroupThatSomebodyMadeInAStreamBegunAnewIsThere) {
  StreamInfo info;
  info.length = info.added.emplace(5);
  info.first = StreamId{110, 0};
  info.last_generated = {200, 0};
  StreamCursor cursor;
  const auto found = cursor.start(info, GroupInfo{{150, 0}, 3, 0, 0}, RememberedPosition{{{100, 0}, 100}, true});
  EXPECT_FALSE(found.loss) << "as after a time with pub/sub: what stands before it is not to come again";
  EXPECT_EQ(found.moved, StreamCursor::Moved::kForwards);
  EXPECT_EQ(cursor.read_upto(), (StreamId{150, 0}));
}

}  // namespace
}  // namespace firebase_relay::bus
