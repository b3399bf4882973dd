// The first look of a run, by what the relay remembers of the one before.
#include <gtest/gtest.h>

#include <algorithm>

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

TEST(StreamStart, OfAGroupThatWasMovedBackMissesWhatWasTrimmedBehindItsOldPlace) {
  const auto found_with = [](std::uint64_t length, std::uint64_t group_at, bool is_last) {
    StreamInfo info;
    info.length = length;
    info.added = 100;
    info.first = StreamId{101 - length, 0};
    info.last_generated = {100, 0};
    StreamCursor cursor;
    return cursor.start(info, GroupInfo{{group_at, 0}, std::nullopt, 0, 0}, RememberedPosition{{{50, 0}, 50}, is_last});
  };
  for (const std::uint64_t group_at : {0, 20}) {
    const auto found = found_with(20, group_at, true);
    EXPECT_EQ(found.moved, StreamCursor::Moved::kBack);
    ASSERT_TRUE(found.loss) << group_at;
    EXPECT_EQ(found.loss->cause, StreamCursor::Cause::kTrimmed);
    EXPECT_EQ(found.loss->entries, 30u) << "51 to 80; the others had been read";
    const auto after_a_kill = found_with(20, group_at, false);
    ASSERT_TRUE(after_a_kill.loss);
    EXPECT_EQ(after_a_kill.loss->entries, std::nullopt) << "some of them had been read";
    EXPECT_FALSE(found_with(60, group_at, true).loss) << "41 stands there";
    EXPECT_FALSE(found_with(50, group_at, true).loss) << "51 is the first";
  }
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

TEST(StreamStart, WithoutItsGroupMakesItAgainWhereNothingWasAddedSinceTheStop) {
  StreamInfo info;
  info.length = info.added.emplace(100);
  info.first = StreamId{1, 0};
  info.last_generated = {100, 0};
  const auto found_behind = [&](std::uint64_t last) {
    StreamCursor cursor;
    const auto found = cursor.start(info, std::nullopt, RememberedPosition{{{last, 0}, last}, true});
    EXPECT_EQ(found.group, StreamCursor::Group::kCreate);
    EXPECT_EQ(cursor.position().id, (StreamId{found.loss ? 0 : last, 0}));
    EXPECT_NE(found.group_went, found.loss.has_value());
    return found.loss.has_value();
  };
  EXPECT_FALSE(found_behind(100));
  EXPECT_TRUE(found_behind(99)) << "it may be another server's, which had as many before";
}

/// A stream that was flushed, and had the entries 101 to 103 then.
StreamInfo begun_anew() {
  StreamInfo info;
  info.length = info.added.emplace(3);
  info.first = StreamId{101, 0};
  info.last_generated = {103, 0};
  return info;
}

/// Had read up to 100 at its last look, of which 90 is noted, and `upto` since.
StreamCursor having_read(std::uint64_t upto) {
  StreamInfo old;
  old.length = old.added.emplace(100);
  old.first = StreamId{1, 0};
  old.last_generated = {100, 0};
  const GroupInfo group{{90, 0}, 90, {}};
  StreamCursor cursor;
  cursor.start(old, group, std::nullopt);
  cursor.took({95, 0}, 5, 5);
  cursor.took({100, 0}, 5, 10);
  EXPECT_FALSE(cursor.look(old, group).loss);
  if (upto > 100) cursor.took({upto, 0}, upto - 100, 10 + upto - 100);
  return cursor;
}

TEST(StreamStart, AfterAKillBehindAResetStandsWhereTheNewStreamBegins) {
  for (const std::uint64_t upto : {100u, 102u}) {
    StreamCursor cursor = having_read(upto);
    EXPECT_TRUE(cursor.look(begun_anew(), std::nullopt).loss);
    EXPECT_EQ(cursor.read_upto(), (StreamId{upto, 0})) << "nothing is read twice";
    EXPECT_EQ(cursor.position(), (StreamPosition{})) << "where the group is made";
    const StreamPosition due{{}, 0};
    EXPECT_EQ(cursor.due(0), due) << "at once, with its count";
    EXPECT_EQ(cursor.due(10), due) << "what was read of the old stream is no place in this one";
    cursor.committed(due);

    StreamCursor after;
    const auto found = after.start(begun_anew(), GroupInfo{due.id, due.entries, {}}, RememberedPosition{due, false});
    EXPECT_FALSE(found.loss);
    EXPECT_EQ(found.moved, StreamCursor::Moved::kNo);
    EXPECT_EQ(after.read_upto(), (StreamId{}));

    cursor.took({103, 0}, 103 - std::max<std::uint64_t>(upto, 100), 13);
    EXPECT_FALSE(cursor.look(begun_anew(), GroupInfo{{}, 0, {}}).loss);
    EXPECT_EQ(cursor.due(13), (StreamPosition{{103, 0}, 3}));
  }
}

TEST(StreamStart, AfterAKillBehindAResetThatWasNotNotedTellsItOnceMoreFromTheSamePlace) {
  StreamCursor cursor = having_read(102);
  const StreamPosition behind = cursor.read();
  EXPECT_TRUE(cursor.look(begun_anew(), std::nullopt).loss);
  StreamCursor after;
  const auto found = after.start(begun_anew(), GroupInfo{{}, {}, {}}, RememberedPosition{behind, false});
  EXPECT_TRUE(found.loss) << "the first telling may have died with the relay";
  EXPECT_EQ(found.moved, StreamCursor::Moved::kNo);
  EXPECT_EQ(after.read_upto(), (StreamId{}));
}

}  // namespace
}  // namespace firebase_relay::bus
