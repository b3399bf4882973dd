#include "bus/stream_cursor.h"

#include <gtest/gtest.h>

#include "bus/stream_model.h"

namespace firebase_relay::bus {
namespace {

using Cause = StreamCursor::Cause;
using Group = StreamCursor::Group;
using Moved = StreamCursor::Moved;

/// A cursor that has started at `id`, with all before it counted.
StreamCursor started_at(const Model& stream, std::uint64_t id) {
  StreamCursor cursor;
  const auto found = cursor.start(stream.info(), group_at(id, id), std::nullopt);
  EXPECT_FALSE(found.loss);
  return cursor;
}

TEST(StreamCursor, FirstStartReadsFromTheFirstEntryAndMissesNothing) {
  Model stream;
  stream.add(1'000);
  stream.trim_to(100);
  StreamCursor cursor;

  const auto found = cursor.start(stream.info(), std::nullopt, std::nullopt);

  EXPECT_FALSE(found.loss);
  EXPECT_EQ(found.group, Group::kCreate);
  EXPECT_EQ(cursor.read_upto(), (StreamId{}));
  cursor.took({1'000, 0}, 100, 100);
  EXPECT_FALSE(cursor.look(stream.info(), group_at(0, std::nullopt)).loss);
  EXPECT_EQ(cursor.due(100), (StreamPosition{{1'000, 0}, 1'000})) << "what was trimmed before counts as read";
}

TEST(StreamCursor, CommitsWhatIsSafeAndNothingBeyond) {
  Model stream;
  stream.add(30);
  StreamCursor cursor = started_at(stream, 0);
  cursor.took({10, 0}, 10, 10);
  cursor.took({20, 0}, 10, 20);
  cursor.took({30, 0}, 10, 30);

  EXPECT_EQ(cursor.due(9), std::nullopt);
  EXPECT_EQ(cursor.due(29), (StreamPosition{{20, 0}, 20}));
  EXPECT_EQ(cursor.due(29), (StreamPosition{{20, 0}, 20})) << "until it stands in Redis";
  cursor.committed({{20, 0}, 20});
  EXPECT_EQ(cursor.due(29), std::nullopt);
  EXPECT_TRUE(cursor.has_uncommitted());
  EXPECT_EQ(cursor.due(30), (StreamPosition{{30, 0}, 30}));
  cursor.committed({{30, 0}, 30});
  EXPECT_FALSE(cursor.has_uncommitted());
}

TEST(StreamCursor, EntriesThatArePassedOverGoWithWhatCameBeforeThem) {
  Model stream;
  stream.add(30);
  StreamCursor cursor = started_at(stream, 0);
  cursor.took({5, 0}, 5, 0);  // no message in this run yet
  EXPECT_EQ(cursor.due(0), (StreamPosition{{5, 0}, 5}));
  cursor.took({10, 0}, 5, 7);
  cursor.took({20, 0}, 10, 7);
  EXPECT_EQ(cursor.due(6)->id, (StreamId{5, 0}));
  EXPECT_EQ(cursor.due(7), (StreamPosition{{20, 0}, 20}));
}

TEST(StreamCursor, CountsWhatWasTrimmedUnreadExactlyAndOnce) {
  Model stream;
  stream.add(100);
  StreamCursor before = started_at(stream, 0);
  before.took({100, 0}, 100, 100);
  before.committed(*before.due(100));
  stream.add(500);
  stream.trim_to(50);

  StreamCursor cursor;
  const auto found = cursor.start(stream.info(), group_at(100, 100), RememberedPosition{before.position(), true});

  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->cause, Cause::kTrimmed);
  EXPECT_EQ(found.loss->entries, 450u);
  EXPECT_FALSE(cursor.look(stream.info(), group_at(100, 100)).loss);
  EXPECT_EQ(cursor.due(0), (StreamPosition{{100, 0}, 550})) << "so that a crash now does not count it again";

  StreamCursor after;
  EXPECT_FALSE(after.start(stream.info(), group_at(100, 550), std::nullopt).loss);
  after.took({600, 0}, 50, 50);
  EXPECT_FALSE(after.look(stream.info(), group_at(100, 550)).loss);
  EXPECT_EQ(after.due(50), (StreamPosition{{600, 0}, 600}));
}

TEST(StreamCursor, CountsEachOfTwoTrimsInARow) {
  Model stream;
  stream.add(10);
  StreamCursor cursor = started_at(stream, 10);
  for (const std::uint64_t lost : {20u, 30u}) {
    stream.add(lost + 5);
    stream.trim_to(5);
    const auto found = cursor.look(stream.info(), group_at(10, 10));
    ASSERT_TRUE(found.loss);
    EXPECT_EQ(found.loss->entries, lost);
    cursor.took({stream.added, 0}, 5, stream.added);
    EXPECT_FALSE(cursor.look(stream.info(), group_at(10, 10)).loss);
  }
  EXPECT_EQ(cursor.due(stream.added), (StreamPosition{{70, 0}, 70}));
}

TEST(StreamCursor, FindsWhatWasTrimmedBetweenTwoReadsOnceItHasReadOn) {
  Model stream;
  stream.add(10);
  StreamCursor cursor = started_at(stream, 10);
  stream.add(40);
  stream.trim_to(20);
  cursor.took({40, 0}, 10, 10);  // 11 to 30 were gone by then, and nobody had looked
  EXPECT_FALSE(cursor.look(stream.info(), group_at(10, 10)).loss) << "not known yet";
  cursor.took({50, 0}, 10, 20);

  const auto found = cursor.look(stream.info(), group_at(10, 10));

  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->entries, 20u);
}

TEST(StreamCursor, EntriesThatSomebodyDeletedAreNoLoss) {
  Model stream;
  stream.add(10);
  StreamCursor cursor = started_at(stream, 5);
  stream.deleted = 3;  // 6 to 8, while 1 to 5 stand
  stream.max_deleted = StreamId{8, 0};
  cursor.took({10, 0}, 2, 2);
  EXPECT_FALSE(cursor.look(stream.info(), group_at(5, 5)).loss);
  EXPECT_EQ(cursor.due(2), (StreamPosition{{10, 0}, 10}));
}

TEST(StreamCursor, DeletedLastEntryIsNoLossAndKeepsNobodyWaiting) {
  Model stream;
  stream.add(1);
  stream.deleted = 1;
  stream.max_deleted = StreamId{1, 0};
  StreamCursor cursor;
  EXPECT_FALSE(cursor.start(stream.info(), group_at(0, 0), std::nullopt).loss);
  EXPECT_FALSE(cursor.is_caught_up());
  cursor.found_nothing();
  EXPECT_TRUE(cursor.is_caught_up());
  EXPECT_FALSE(cursor.look(stream.info(), group_at(0, 0)).loss);
  EXPECT_EQ(cursor.behind(stream.info()), 0u);
  stream.add(1);
  EXPECT_EQ(cursor.behind(stream.info()), 1u);
}

TEST(StreamCursor, DeletedNewestEntryBehindOthersIsNotWaitedFor) {
  Model stream;
  stream.add(10);
  StreamCursor cursor = started_at(stream, 9);
  StreamInfo info = stream.info();  // 10 is deleted
  info.length = 9;
  info.max_deleted = StreamId{10, 0};
  EXPECT_EQ(cursor.behind(info), 1u);
  cursor.found_nothing();
  EXPECT_FALSE(cursor.look(info, group_at(9, 9)).loss);
  EXPECT_EQ(cursor.behind(info), 0u);
  EXPECT_EQ(cursor.due(0), (StreamPosition{{9, 0}, 10}));
}

TEST(StreamCursor, TrimmedAndDeletedTogetherAreALossWithoutACount) {
  Model stream;
  stream.add(10);
  StreamCursor cursor = started_at(stream, 5);
  stream.trim_to(2);
  stream.max_deleted = StreamId{7, 0};
  const auto found = cursor.look(stream.info(), group_at(5, 5));
  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->entries, std::nullopt);
}

TEST(StreamCursor, CatchesUpWithWhatStoodThereAtTheStart) {
  Model stream;
  stream.add(30);
  StreamCursor cursor = started_at(stream, 10);
  EXPECT_FALSE(cursor.is_caught_up());
  cursor.took({29, 0}, 19, 19);
  EXPECT_FALSE(cursor.is_caught_up());
  stream.add(1);
  cursor.took({31, 0}, 2, 21);
  EXPECT_TRUE(cursor.is_caught_up());

  EXPECT_TRUE(started_at(stream, 31).is_caught_up());
  EXPECT_TRUE(started_at(Model{}, 0).is_caught_up()) << "an empty stream";
}

TEST(StreamCursor, FlushedStreamThatWasReadAsItCameIsALossButIsNotReadTwice) {
  Model stream;
  stream.add(100);
  StreamCursor cursor = started_at(stream, 100);
  StreamInfo info;  // after FLUSHALL: three new ones, two of them read
  info.length = 3;
  info.added = 3;
  info.first = StreamId{101, 0};
  info.last_generated = {103, 0};
  cursor.took({102, 0}, 2, 2);

  const auto found = cursor.look(info, std::nullopt);

  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->entries, std::nullopt);
  EXPECT_EQ(found.loss->cause, Cause::kGroupGone);
  EXPECT_EQ(found.group, Group::kCreate);
  EXPECT_FALSE(found.goes_back);
  EXPECT_EQ(cursor.read_upto(), (StreamId{102, 0}));
  cursor.took({103, 0}, 1, 3);
  EXPECT_FALSE(cursor.look(info, group_at(100, std::nullopt)).loss);
  EXPECT_EQ(cursor.due(3), (StreamPosition{{103, 0}, 3})) << "counted anew";
}

TEST(StreamCursor, StreamThatBeginsAnewWithOlderIdsIsReadFromItsBeginning) {
  Model old;
  old.add(100);
  StreamCursor cursor = started_at(old, 90);
  cursor.took({100, 0}, 10, 10);
  Model stream;
  stream.add(3);

  const auto found = cursor.look(stream.info(), std::nullopt);

  ASSERT_TRUE(found.loss);
  EXPECT_TRUE(found.goes_back);
  EXPECT_EQ(cursor.read_upto(), (StreamId{}));
  EXPECT_EQ(cursor.position().id, (StreamId{}));
  EXPECT_FALSE(cursor.is_caught_up());
  const auto due = cursor.due(10);
  EXPECT_TRUE(!due || due->id == StreamId{}) << "what was read of the stream that is no more is no place in this one";
  cursor.took({3, 0}, 3, 13);
  EXPECT_TRUE(cursor.is_caught_up());
  EXPECT_EQ(cursor.due(13), (StreamPosition{{3, 0}, 3}));
}

TEST(StreamCursor, EndThatRedisHasLostIsALoss) {
  Model stream;
  stream.add(100);
  StreamCursor cursor = started_at(stream, 100);
  stream.added = 95;
  EXPECT_EQ(cursor.look(stream.info(), group_at(90, 90)).loss->cause, Cause::kMisfit);

  stream.added = 100;
  StreamCursor other = started_at(stream, 100);
  StreamInfo info = stream.info();  // five were lost, and three others came
  info.added = 98;
  info.last_generated = {103, 0};
  other.took({103, 0}, 3, 3);
  const auto found = other.look(info, group_at(90, 90));
  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->cause, Cause::kMisfit);
  EXPECT_EQ(found.group, Group::kSet);
  EXPECT_TRUE(found.goes_back);
}

TEST(StreamCursor, GroupAloneThatIsGoneIsMadeAgainWhereItStood) {
  Model stream;
  stream.add(100);
  StreamCursor cursor = started_at(stream, 90);
  cursor.took({100, 0}, 10, 10);
  const auto found = cursor.look(stream.info(), std::nullopt);
  EXPECT_FALSE(found.loss);
  EXPECT_EQ(found.group, Group::kCreate);
  EXPECT_EQ(cursor.position().id, (StreamId{90, 0})) << "what is not safe is not behind it";
}

TEST(StreamCursor, GroupAloneThatIsGoneWhileEntriesComeIsMadeAgainWhereTheSameServerHasOldOnes) {
  Model stream;
  stream.add(100);
  const auto found_by = [&](bool is_same_server) {
    StreamCursor cursor = started_at(stream, 90);
    cursor.took({95, 0}, 5, 5);
    const auto found = cursor.look(stream.info(), std::nullopt, is_same_server);
    EXPECT_EQ(found.group, Group::kCreate);
    EXPECT_NE(found.group_went, found.loss.has_value());
    EXPECT_TRUE(found.loss || cursor.read_upto() == (StreamId{95, 0}));
    return found.loss.has_value();
  };
  EXPECT_FALSE(found_by(true));
  EXPECT_TRUE(found_by(false)) << "another server may have had as many, and had them before";
  stream.trim_to(10);
  EXPECT_TRUE(found_by(true)) << "91 is the first: it may be one that was begun since";
  stream.trim_to(11);
  EXPECT_FALSE(found_by(true));
  stream.is_old = true;
  EXPECT_TRUE(found_by(true)) << "nobody has counted";
}

TEST(StreamCursor, GroupThatIsGoneAtTheStartIsNoFirstStartWhereTheRelayRemembers) {
  Model stream;
  stream.add(3);
  StreamCursor cursor;
  const auto found = cursor.start(stream.info(), std::nullopt, RememberedPosition{{{100, 0}, 100}, true});
  ASSERT_TRUE(found.loss);
  EXPECT_EQ(found.loss->cause, Cause::kGroupGone);
  EXPECT_EQ(cursor.read_upto(), (StreamId{}));
  EXPECT_EQ(found.group, Group::kCreate);
}

TEST(StreamCursor, FromAGroupThatCouldNotBeMadeYetNothingCanBeTold) {
  Model stream;
  stream.add(3);
  StreamCursor cursor;
  EXPECT_EQ(cursor.start(stream.info(), std::nullopt, std::nullopt).group, Group::kCreate);
  for (int attempt = 0; attempt < 2; ++attempt) {  // it lacks the right to make it
    stream.add(1);
    const auto found = cursor.look(stream.info(), std::nullopt);
    EXPECT_FALSE(found.loss);
    EXPECT_FALSE(found.group_went);
    EXPECT_EQ(found.group, Group::kCreate);
  }
  cursor.group_made();
  stream.add(1);
  EXPECT_TRUE(cursor.look(stream.info(), std::nullopt).loss) << "it had stood";
  EXPECT_FALSE(cursor.look(stream.info(), std::nullopt).loss) << "told once";
}

TEST(StreamCursor, TellsAGroupThatWasMovedFromOneThatWasNot) {
  Model stream;
  stream.add(100);
  const auto moved = [&](std::uint64_t to) {
    StreamCursor cursor;
    const auto found = cursor.start(stream.info(), group_at(to, std::nullopt), RememberedPosition{{{50, 0}, 50}, true});
    EXPECT_FALSE(found.loss) << to;
    EXPECT_EQ(cursor.read_upto(), (StreamId{to, 0}));
    return found.moved;
  };
  EXPECT_EQ(moved(50), Moved::kNo);
  EXPECT_EQ(moved(80), Moved::kForwards);
  EXPECT_EQ(moved(20), Moved::kBack);
  EXPECT_EQ(moved(0), Moved::kBack);
}

TEST(StreamCursor, AfterAKillAGroupThatStandsFurtherIsTheRunsOwnWork) {
  Model stream;
  stream.add(100);
  using Count = std::optional<std::uint64_t>;
  const auto moved = [&](std::uint64_t to, Count entries, Count noted = 50) {
    StreamCursor cursor;
    return cursor.start(stream.info(), group_at(to, entries), RememberedPosition{{{50, 0}, noted}, false}).moved;
  };
  EXPECT_EQ(moved(80, 80), Moved::kNo);
  EXPECT_EQ(moved(20, 20), Moved::kBack) << "it had stood further already when that run began";
  EXPECT_EQ(moved(80, std::nullopt), Moved::kSomewhere) << "a hand gives no count";
  EXPECT_EQ(moved(50, std::nullopt), Moved::kNo);
  EXPECT_EQ(moved(80, std::nullopt, std::nullopt), Moved::kNo) << "nor did that run: Redis 6.2 keeps none";
}

TEST(StreamCursor, SaysHowManyAreNotRead) {
  Model stream;
  stream.add(100);
  StreamCursor cursor = started_at(stream, 40);
  EXPECT_EQ(cursor.behind(stream.info()), 60u);
  stream.trim_to(30);
  EXPECT_EQ(cursor.behind(stream.info()), 30u) << "what is gone is not behind";
  stream.is_old = true;
  EXPECT_EQ(cursor.behind(stream.info()), 30u);
  stream.trim_to(100);
  EXPECT_EQ(cursor.behind(stream.info()), std::nullopt);
  cursor.took({100, 0}, 30, 30);
  EXPECT_EQ(cursor.behind(stream.info()), 0u);
}

TEST(StreamCursor, RemembersNoMoreReadsThanItsBoundAndStillCommitsTheNewest) {
  Model stream;
  constexpr std::uint64_t kReads = 3 * StreamCursor::kReadsMax;
  stream.add(kReads);
  StreamCursor cursor = started_at(stream, 0);
  for (std::uint64_t i = 1; i <= kReads; ++i) {
    cursor.took({i, 0}, 1, i);
    ASSERT_LE(cursor.reads_remembered(), StreamCursor::kReadsMax);
  }
  for (const std::uint64_t safe : {kReads / 3, kReads / 2, kReads - 1}) {
    const auto due = cursor.due(safe);
    ASSERT_TRUE(due);
    EXPECT_LE(due->id.ms, safe);
    EXPECT_EQ(due->entries, due->id.ms);
  }
  EXPECT_EQ(cursor.due(kReads), (StreamPosition{{kReads, 0}, kReads}));

  StreamCursor just_over = started_at(stream, 0);
  for (std::uint64_t i = 1; i <= StreamCursor::kReadsMax + 1; ++i) just_over.took({i, 0}, 1, i);
  EXPECT_EQ(just_over.due(StreamCursor::kReadsMax + 1)->id.ms, StreamCursor::kReadsMax + 1);
}

}  // namespace
}  // namespace firebase_relay::bus
