// What is remembered of streams, and of where dead letters come from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <span>

#include "outbox/database.h"
#include "outbox/dead_letters.h"
#include "outbox_fixture.h"
#include "version_1_file.h"

namespace firebase_relay::outbox {
namespace {

class StreamTablesTest : public OutboxTest {
 protected:
  DeadLetters letters() const { return std::move(*DeadLetters::open(options.file, {})); }
  static DeadLetter entry_of_a_stream() {
    DeadLetter letter{DeadLetterReason::kRefused, 7, UtcMillis(std::chrono::milliseconds(1'777'777'777'123)), "a",
                      "{}"};
    letter.stream = std::string("b\0s", 3);
    letter.entry = {5, std::numeric_limits<std::uint64_t>::max()};
    letter.key = "-OhQ0000aaaabbbbcccc";
    return letter;
  }
};

TEST_F(StreamTablesTest, PositionsAreRememberedByGroupAndStream) {
  open();
  const RememberedPosition last{{{5, std::numeric_limits<std::uint64_t>::max()}, 17}, true};
  const RememberedPosition begun{{{9, 0}, std::nullopt}, false};
  EXPECT_EQ(*outbox->stream_position("g", "s"), std::nullopt);
  ASSERT_TRUE(outbox->note_stream("g", "s", {{{1, 1}, 1}, false}));
  ASSERT_TRUE(outbox->note_stream("g", "s", last));
  ASSERT_TRUE(outbox->note_stream("h", "s", begun));
  open();
  EXPECT_EQ(*outbox->stream_position("g", "s"), last);
  EXPECT_EQ(*outbox->stream_position("h", "s"), begun);
  EXPECT_EQ(*outbox->stream_position("g", "t"), std::nullopt);
}

TEST_F(StreamTablesTest, OriginOfALetterStaysAsLongAsTheLetter) {
  open();
  DeadLetters store = letters();
  const DeadLetter letter = entry_of_a_stream();
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  const auto stored = store.list(10);
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_EQ(stored->front().letter.stream, letter.stream);
  EXPECT_EQ(stored->front().letter.entry, letter.entry);
  EXPECT_EQ(stored->front().letter.key, letter.key);
  ASSERT_TRUE(store.drop({}));
  const Result<std::unique_ptr<Database>> database = Database::open(options.file, Database::Mode::kExisting);
  Session session(**database);
  EXPECT_EQ(session.number("SELECT count(*) FROM letter_origins"), 0);
}

TEST_F(StreamTablesTest, LetterOfAnEntryThatIsReadAgainStandsOnce) {
  open();
  DeadLetters store = letters();
  DeadLetter letter = entry_of_a_stream();
  for (int read = 0; read < 2; ++read) ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 1u);
  letter.entry.ms = 6;
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 2u) << "another entry";
  letter.count = 2;
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 3u) << "a retry that failed: the one that was retried goes afterwards";
  letter.stream.clear();
  for (int read = 0; read < 2; ++read) ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 5u) << "over pub/sub nothing is read twice";
}

TEST_F(StreamTablesTest, LetterOfAnotherEntryThatHasTheIdOfAnEarlierOneIsStored) {
  open();
  DeadLetters store = letters();
  DeadLetter letter = entry_of_a_stream();
  letter.entry = {1, 1};  // by the publisher's own count
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  letter.payload = "of the stream that was deleted and begun again";
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 2u);
  letter.channel = "b";
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 3u);
  letter.payload = std::string(100'000, 'x');  // of which only the beginning is kept
  for (int read = 0; read < 2; ++read) ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 4u) << "this one was read again";
}

TEST_F(StreamTablesTest, LetterThatTheDatabaseRefusedStandsOnceByItsHistoryKey) {
  open();
  DeadLetters store = letters();
  DeadLetter letter = entry_of_a_stream();
  letter.stream.clear();
  letter.entry = {};
  for (int refused = 0; refused < 2; ++refused) ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 1u) << "a kill came before its row went, or before the commit";
  letter.key = "-OhQ0000aaaabbbbdddd";
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 2u) << "an equal message";
  const DeadLetterId first = store.list(10)->front().id;
  ASSERT_TRUE(store.drop(std::span(&first, 1)));
  letter.key = "-OhQ0000aaaabbbbcccc";
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 2u) << "its first one was sent again, and refused again";
  letter.key.clear();
  for (int refused = 0; refused < 2; ++refused) ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->size(), 4u) << "nothing tells one without a key from another";
}

TEST_F(StreamTablesTest, LookingForALetterThatHasComeAgainReadsNoOtherOnes) {
  open();
  DeadLetters store = letters();
  const DeadLetter letter = entry_of_a_stream();
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  const Result<std::unique_ptr<Database>> database = Database::open(options.file, Database::Mode::kExisting);
  Session session(**database);
  const auto plan_of = [&session](std::string_view query) {
    Statement row = session.select(query);
    return row.next() ? std::string(row.bytes(3)) : std::string();
  };
  EXPECT_THAT(plan_of("EXPLAIN QUERY PLAN SELECT id FROM letter_origins CROSS JOIN dead_letters ON id=letter "
                      "WHERE stream=?1 AND ms=?2 AND seq=?3"),
              testing::HasSubstr("letter_origins_by_entry"));
  EXPECT_THAT(plan_of("EXPLAIN QUERY PLAN SELECT id FROM letter_origins CROSS JOIN dead_letters ON id=letter "
                      "WHERE key=?1 AND key<>''"),
              testing::HasSubstr("letter_origins_by_key"));
}

TEST_F(StreamTablesTest, FileOfVersion1BecomesOneThatHasThem) {
  write_version_1(options.file);
  open();
  EXPECT_EQ(*outbox->stream_position("g", "s"), std::nullopt);
  const RememberedPosition position{{{5, 1}, 17}, true};
  ASSERT_TRUE(outbox->note_stream("g", "s", position));
  EXPECT_EQ(*outbox->stream_position("g", "s"), position);
  EXPECT_TRUE(outbox->save_stored({})) << "it has the tables of version 3, too";
  DeadLetters store = letters();
  const DeadLetter letter = entry_of_a_stream();
  ASSERT_TRUE(store.add(std::span(&letter, 1)));
  EXPECT_EQ(store.list(10)->back().letter.key, letter.key);
}

}  // namespace
}  // namespace firebase_relay::outbox
