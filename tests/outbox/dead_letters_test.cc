#include "outbox/dead_letters.h"

#include <gtest/gtest.h>

#include <fstream>

#include "outbox_fixture.h"

namespace firebase_relay::outbox {
namespace {

DeadLetter letter_of(const std::string& channel, const std::string& payload,
                     DeadLetterReason reason = DeadLetterReason::kInvalidJson) {
  return {reason, 0, UtcMillis(std::chrono::milliseconds(1'777'777'777'123)), channel, payload, 1};
}

/// Beside an outbox that is open, as in a relay.
class DeadLettersTest : public OutboxTest {
 protected:
  void SetUp() override { open(); }
  DeadLetters connect(const DeadLetterLimits& limits = {}) {
    Result<DeadLetters> letters = DeadLetters::open(options.file, limits);
    EXPECT_TRUE(letters) << letters.error().what;
    return std::move(*letters);
  }
  static std::vector<std::string> payloads(const std::vector<StoredDeadLetter>& letters) {
    std::vector<std::string> result;
    for (const StoredDeadLetter& stored : letters) result.push_back(stored.letter.payload);
    return result;
  }
};
using Payloads = std::vector<std::string>;

TEST_F(DeadLettersTest, KeepEveryByteOfAMessageAndWhatBecameOfIt) {
  DeadLetters letters = connect();
  DeadLetter letter = letter_of(std::string("a\0\xFF", 3), std::string("{\0\xFE\"", 4), DeadLetterReason::kRefused);
  letter.count = 3;
  ASSERT_EQ(letters.add(std::span(&letter, 1))->stored, 1u);

  const StoredDeadLetter stored = letters.list(10)->at(0);

  EXPECT_EQ(stored.letter.channel, letter.channel);
  EXPECT_EQ(stored.letter.payload, letter.payload);
  EXPECT_EQ(stored.letter.reason, DeadLetterReason::kRefused);
  EXPECT_EQ(stored.letter.arrived_at, letter.arrived_at);
  EXPECT_EQ(stored.letter.count, 3u);
  EXPECT_EQ(stored.payload_size, 4u);
  EXPECT_FALSE(stored.is_cut_off());
  EXPECT_EQ((*letters.find(stored.id))->letter.payload, letter.payload);
  EXPECT_FALSE(*letters.find(stored.id + 1));
}

TEST_F(DeadLettersTest, AreStillThereAfterARestart) {
  {
    DeadLetters letters = connect();
    ASSERT_TRUE(letters.add(std::vector{letter_of("a", "1"), letter_of("a", "2")}));
  }
  open();
  DeadLetters letters = connect();
  EXPECT_EQ(letters.add({})->stored, 2u);
  EXPECT_EQ(payloads(*letters.list(10)), (Payloads{"1", "2"}));
  EXPECT_EQ(payloads(*letters.list(1)), (Payloads{"2"})) << "the newest";
}

TEST_F(DeadLettersTest, KeepTheBeginningOfWhatIsTooLong) {
  DeadLetters letters = connect();
  ASSERT_TRUE(letters.add(
      std::vector{letter_of("a", std::string(64 << 10, 'x')), letter_of("a", std::string((64 << 10) + 1, 'y'))}));
  const std::vector<StoredDeadLetter> stored = *letters.list(10);
  EXPECT_FALSE(stored[0].is_cut_off());
  EXPECT_TRUE(stored[1].is_cut_off());
  EXPECT_EQ(stored[1].letter.payload, std::string(4 << 10, 'y'));
  EXPECT_EQ(stored[1].payload_size, (64u << 10) + 1);
  EXPECT_EQ(*letters.mark({}, RetryMark::kHistory), 1u) << "what is cut off cannot be retried";
  EXPECT_EQ(*letters.mark(std::vector{stored[1].id}, RetryMark::kHistory), 0u);
}

TEST_F(DeadLettersTest, KeepATenthOfTheirNumberForOneChannelAndReason) {
  DeadLetters letters = connect({2'000, 1 << 20});
  ASSERT_TRUE(letters.add(std::vector{letter_of("quiet", "kept")}));
  std::vector<DeadLetter> flood;
  for (int i = 0; i < 250; ++i) flood.push_back(letter_of("loud", std::to_string(i)));

  const DeadLetters::Added added = *letters.add(flood);

  EXPECT_EQ(added.stored, 201u);
  EXPECT_EQ(added.evicted, 50u);
  const Payloads left = payloads(*letters.list(1000));
  EXPECT_EQ(left[0], "kept");
  EXPECT_EQ(left[1], "50") << "the oldest of the loud ones went";
  const DeadLetter other = letter_of("loud", "other", DeadLetterReason::kRefused);
  EXPECT_EQ(letters.add(std::span(&other, 1))->evicted, 0u) << "another reason has a share of its own";
}

TEST_F(DeadLettersTest, OfAProgramThatNamesAChannelForEachRoomAreOneSource) {
  DeadLetters letters = connect({1'000, 1 << 30});
  ASSERT_TRUE(letters.add(std::vector{letter_of("bots", "what a person looks for")}));
  for (int room = 0; room < 3'000; ++room)
    ASSERT_TRUE(letters.add(std::vector{letter_of("socket.io#/#room" + std::to_string(room) + "#", "noise")}));
  const std::vector<StoredDeadLetter> kept = *letters.list(10'000);
  EXPECT_EQ(kept.front().letter.channel, "bots");
  EXPECT_LE(kept.size(), 101u) << "a tenth is theirs";
  EXPECT_EQ(connect({1'000, 1 << 30}).add({})->evicted, 0u) << "another connection counts alike";
}

TEST_F(DeadLettersTest, KeepATenthOfTheirBytesForOneChannelAndReasonButAlwaysAHundred) {
  DeadLetters letters = connect({10'000, 4 << 20});
  std::vector<DeadLetter> flood(300, letter_of("loud", std::string(1'000, 'x')));
  EXPECT_EQ(letters.add(flood)->stored, 300u);
  flood.assign(200, letter_of("loud", std::string(10'000, 'x')));
  EXPECT_EQ(letters.add(flood)->stored, 100u);
}

TEST_F(DeadLettersTest, PushOutTheOldestBeyondTheirNumber) {
  DeadLetters letters = connect({150, 1 << 20});
  for (int i = 0; i < 160; ++i) {
    const DeadLetter letter = letter_of(std::to_string(i), std::to_string(i));
    ASSERT_EQ(letters.add(std::span(&letter, 1))->evicted, i < 150 ? 0u : 1u);
  }
  const Payloads left = payloads(*letters.list(1000));
  EXPECT_EQ(left.size(), 150u);
  EXPECT_EQ(left.front(), "10");
}

TEST_F(DeadLettersTest, PushOutTheOldestBeyondTheirBytes) {
  DeadLetters letters = connect({10'000, 100'000});
  std::uint64_t evicted = 0;
  for (int i = 0; i < 60; ++i) {
    const DeadLetter letter = letter_of(std::to_string(i), std::string(5'000, 'x'));
    evicted += letters.add(std::span(&letter, 1))->evicted;
  }
  EXPECT_EQ(letters.add({})->stored, 19u);
  EXPECT_EQ(evicted, 41u);
  EXPECT_EQ(letters.list(100)->front().letter.channel, "41");
}

TEST_F(DeadLettersTest, FitLowerLimitsThanBefore) {
  {
    DeadLetters letters = connect();
    ASSERT_TRUE(letters.add(std::vector{letter_of("a", "1"), letter_of("b", "2"), letter_of("c", "3")}));
  }
  DeadLetters letters = connect({1, 1 << 20});
  const DeadLetters::Added fitted = *letters.add({});
  EXPECT_EQ(fitted.stored, 1u);
  EXPECT_EQ(fitted.evicted, 2u);
  EXPECT_EQ(payloads(*letters.list(10)), (Payloads{"3"}));
}

TEST_F(DeadLettersTest, ThatWouldBePushedOutAtOnceAreNotWritten) {
  DeadLetters letters = connect({2'000, 1 << 20});
  DeadLetter letter = letter_of("loud", "0");
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(letters.add(std::span(&letter, 1)));
  ASSERT_TRUE(letters.add(std::vector{letter_of("quiet", "kept")}));
  std::uint64_t evicted = 0;
  for (int i = 1; i <= 500; ++i) {
    letter.payload = std::to_string(i);
    evicted += letters.add(std::span(&letter, 1))->evicted;
  }

  EXPECT_EQ(evicted, 500u) << "all are counted";
  EXPECT_EQ(letters.add({})->stored, 201u);
  EXPECT_EQ(letters.list(1)->at(0).letter.payload, "100") << "a hundred a minute push older ones out";
  DeadLetters other = connect();
  EXPECT_FALSE(*other.has_changed());
  EXPECT_EQ(letters.add(std::vector<DeadLetter>(50, letter))->evicted, 50u);
  EXPECT_FALSE(*other.has_changed()) << "there is no write";

  letter.arrived_at += std::chrono::minutes(1);
  letter.payload = "a minute later";
  EXPECT_EQ(letters.add(std::span(&letter, 1))->stored, 201u);
  EXPECT_EQ(letters.list(1)->at(0).letter.payload, "a minute later");
}

TEST_F(DeadLettersTest, OfAThousandNoisyChannelsAreNotWrittenForEverAndLeaveRoomForOtherReasons) {
  DeadLetters letters = connect({200, 1 << 20});
  for (int i = 0; i < 1'000; ++i) {
    const DeadLetter letter = letter_of("room " + std::to_string(i), std::to_string(i));
    ASSERT_TRUE(letters.add(std::span(&letter, 1)));
  }
  EXPECT_EQ(letters.list(1)->at(0).letter.payload, "299");

  ASSERT_TRUE(letters.add(std::vector{letter_of("orders", "refused", DeadLetterReason::kRefused)}));

  EXPECT_EQ(letters.list(1)->at(0).letter.payload, "refused");
}

TEST_F(DeadLettersTest, TakeAFloodWithoutGettingSlower) {
  DeadLetters letters = connect();
  const auto add_thousands = [&letters](int thousands) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < thousands; ++i) {
      std::vector<DeadLetter> batch;
      for (int j = 0; j < 1000; ++j) batch.push_back(letter_of("channel " + std::to_string(j % 30), "payload"));
      EXPECT_TRUE(letters.add(batch));
    }
    return std::chrono::steady_clock::now() - begin;
  };
  add_thousands(10);
  EXPECT_EQ(letters.add({})->stored, 10'000u);
  const auto first = add_thousands(20);
  add_thousands(50);
  const auto last = add_thousands(20);
  EXPECT_EQ(letters.add({})->stored, 10'000u);
  EXPECT_LT(last, first * 4 + std::chrono::seconds(2));
}

TEST_F(DeadLettersTest, AreMarkedAndDroppedFromTheCommandLineWhileARelayRuns) {
  DeadLetters relay = connect();
  ASSERT_TRUE(relay.add(std::vector{letter_of("a", "1"), letter_of("a", "2"), letter_of("b", "3")}));
  EXPECT_TRUE(relay.marked(1 << 20)->empty());
  append(batch_of(1, ShedClass::kRest));

  DeadLetters command = connect();
  const std::vector<StoredDeadLetter> listed = *command.list(10);
  EXPECT_EQ(*command.mark(std::vector{listed[1].id}, RetryMark::kHistory), 1u);
  EXPECT_EQ(*command.mark(std::vector{listed[2].id, DeadLetterId{99}}, RetryMark::kHistoryAndLive), 1u);
  EXPECT_EQ(*command.drop(std::vector{listed[0].id, DeadLetterId{99}}), 1u);

  const std::vector<StoredDeadLetter> marked = *relay.marked(1 << 20);
  ASSERT_EQ(payloads(marked), (Payloads{"2", "3"}));
  EXPECT_EQ(marked[0].retry, RetryMark::kHistory);
  EXPECT_EQ(marked[1].retry, RetryMark::kHistoryAndLive);
  EXPECT_EQ(relay.marked(1)->size(), 1u) << "at least one";
  EXPECT_EQ(relay.add({})->stored, 2u);
  EXPECT_EQ(relay.add(std::vector{letter_of("a", "4")})->stored, 3u);
  EXPECT_EQ(*command.drop({}), 3u);
  EXPECT_EQ(relay.add({})->stored, 0u);
  append(batch_of(2, ShedClass::kRest));
}

TEST_F(DeadLettersTest, NeverUseAnIdTwice) {
  DeadLetters letters = connect();
  ASSERT_TRUE(letters.add(std::vector{letter_of("a", "1")}));
  const DeadLetterId first = letters.list(1)->at(0).id;
  ASSERT_EQ(*letters.drop({}), 1u);
  ASSERT_TRUE(letters.add(std::vector{letter_of("a", "2")}));
  EXPECT_GT(letters.list(1)->at(0).id, first);
}

TEST_F(DeadLettersTest, TellWhetherAnotherConnectionChangedTheFile) {
  DeadLetters relay = connect();
  EXPECT_FALSE(*relay.has_changed());
  ASSERT_TRUE(relay.add(std::vector{letter_of("a", "1")}));
  EXPECT_FALSE(*relay.has_changed()) << "that was its own change";
  DeadLetters command = connect();
  ASSERT_EQ(*command.mark({}, RetryMark::kHistory), 1u);
  EXPECT_TRUE(*relay.has_changed());
  EXPECT_FALSE(*relay.has_changed());
}

TEST_F(DeadLettersTest, SayWhatIsWrongWithAFileThatIsNoOutbox) {
  const auto code_of = [](const std::string& file) {
    const Result<DeadLetters> letters = DeadLetters::open(file, {});
    EXPECT_FALSE(letters);
    EXPECT_NE(letters.error().what.find(file), std::string::npos) << letters.error().what;
    EXPECT_NE(letters.error().remedy, "");
    return letters.error().code;
  };
  EXPECT_EQ(code_of(dir.file("missing.db")), ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(dir.file("missing.db")));
  std::ofstream(dir.file("text.db")) << std::string(1000, 'x');
  EXPECT_EQ(code_of(dir.file("text.db")), ErrorCode::kIo);
  std::ofstream(dir.file("empty.db"));
  EXPECT_EQ(code_of(dir.file("empty.db")), ErrorCode::kIo);
  std::filesystem::create_directory(dir.file("folder"));
  EXPECT_EQ(code_of(dir.file("folder")), ErrorCode::kIo);
}

TEST_F(DeadLettersTest, TellWhetherARelayUsesTheOutbox) {
  EXPECT_TRUE(is_outbox_in_use(options.file));
  close();
  EXPECT_FALSE(is_outbox_in_use(options.file));
  EXPECT_FALSE(is_outbox_in_use(dir.file("never")));
}

}  // namespace
}  // namespace firebase_relay::outbox
