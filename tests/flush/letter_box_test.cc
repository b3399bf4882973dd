#include "flush/letter_box.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include "classify/routes.h"
#include "outbox/database.h"
#include "outbox/sqlite_outbox.h"
#include "support/temp_dir.h"

namespace firebase_relay::flush {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kPrice = R"({"type":"price","price":"7","volume":null,"symbol":"AAPL"})";

DeadLetter letter_of(const std::string& payload) {
  return {DeadLetterReason::kMessageTooLarge, 0, UtcMillis(seconds(1'777'777'777)), "TICKER_UPDATES_AAPL", payload, 1};
}

/// Over the file of an open outbox, as in a relay; `command` is another process's connection.
class LetterBoxTest : public testing::Test {
 protected:
  LetterBoxTest() {
    outbox = std::move(outbox::SqliteOutbox::open({dir.file("outbox.db")}).value().outbox);
    command.emplace(connect());
    box.emplace(connect(), classify::WriterOptions{}, LetterBox::Wiring{routes, metrics, events});
  }
  outbox::DeadLetters connect() {
    return outbox::DeadLetters::open(dir.file("outbox.db"), {100'000, 512 << 20}).value();
  }
  std::size_t stored() { return command->list(100'000)->size(); }
  void execute(const std::string& sql) {
    const auto database = outbox::Database::open(dir.file("outbox.db"), outbox::Database::Mode::kExisting).value();
    ASSERT_TRUE(database->execute(sql));
  }

  test_support::TempDir dir;
  classify::PublishedRoutes routes{classify::parse_routes(classify::builtin_routes_json(), "built in").value()};
  observe::Metrics metrics{"test"};
  spdlog::logger logger{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
  observe::Events events{metrics, logger};
  std::unique_ptr<outbox::SqliteOutbox> outbox;
  std::optional<outbox::DeadLetters> command;
  std::optional<LetterBox> box;
  const SteadyTime start{seconds(1000)};
};

TEST_F(LetterBoxTest, TableThatCannotBeCountedIsTold) {
  execute("DROP TABLE dead_letters");
  EXPECT_FALSE(box->take_marked(1, start));
  const double before = metrics.outbox_errors.Value();
  box.emplace(connect(), classify::WriterOptions{}, LetterBox::Wiring{routes, metrics, events});
  EXPECT_GT(metrics.outbox_errors.Value(), before) << "at the start of a run";
}

TEST_F(LetterBoxTest, LetterHoldsItsMessageBackUntilItIsStoredAndSynced) {
  DeadLetter letter = letter_of("1");
  letter.sequence = 7;
  box->add(letter, start);
  EXPECT_EQ(box->unsafe().safe_of(9), 6u);
  box->store(start, true);
  EXPECT_EQ(box->unsafe().safe_of(9), 6u);
  EXPECT_TRUE(box->unsafe().await_sync());
  box->synced();
  EXPECT_EQ(box->unsafe().safe_of(9), 9u);
}

TEST_F(LetterBoxTest, LetterThatCouldNotBeStoredHoldsItsMessageBack) {
  execute("DROP TABLE dead_letters");
  DeadLetter letter = letter_of("1");
  letter.sequence = 7;
  box->add(letter, start);
  box->store(start, true);
  box->synced();
  EXPECT_EQ(box->unsafe().safe_of(9), 6u);
}

TEST_F(LetterBoxTest, WritesManyLettersAtOnceWithinAFifthOfASecond) {
  EXPECT_FALSE(box->take_marked(1, start));
  box->add(letter_of("1"), start);
  box->add(letter_of("2"), start + milliseconds(50));
  EXPECT_LE(box->due(), start + milliseconds(200));
  box->store(start + milliseconds(199), false);
  EXPECT_EQ(stored(), 0u);
  box->store(start + milliseconds(200), false);
  EXPECT_EQ(stored(), 2u);
  EXPECT_EQ(metrics.dead_letters_stored.Value(), 2);
}

TEST_F(LetterBoxTest, WritesWithoutWaitingWhenItIsToldOrHoldsAThousand) {
  box->add(letter_of("1"), start);
  box->store(start, true);
  EXPECT_EQ(stored(), 1u);
  for (int i = 0; i < 999; ++i) box->add(letter_of("x"), start);
  EXPECT_EQ(stored(), 1u);
  box->add(letter_of("x"), start);
  EXPECT_EQ(stored(), 1001u);
}

TEST_F(LetterBoxTest, KeepsLettersWhileTheDiskFailsUpToABoundAndCountsWhatGoes) {
  execute("ALTER TABLE dead_letters RENAME TO away");
  box->add(letter_of("1"), start);
  box->store(start + seconds(1), false);
  EXPECT_EQ(metrics.dead_letters_evicted.Value(), 0);
  execute("ALTER TABLE away RENAME TO dead_letters");
  box->store(start + seconds(10), false);
  EXPECT_EQ(stored(), 1u) << "the disk came back in time";

  execute("ALTER TABLE dead_letters RENAME TO away");
  for (int i = 0; i < 2500; ++i) box->add(letter_of("x"), start + seconds(20));
  EXPECT_EQ(metrics.dead_letters_evicted.Value(), 2000);
  for (int i = 0; i < 500; ++i) box->add(letter_of("x"), start + seconds(20));
  static_cast<void>(box->take_marked(5, start + seconds(30)));
  EXPECT_GT(box->due(), start + seconds(30)) << "nothing is left that could be stored";
  for (int i = 0; i < 500; ++i) box->add(letter_of("x"), start + seconds(30));
  execute("ALTER TABLE away RENAME TO dead_letters");
  box->store(start + seconds(40), false);
  EXPECT_EQ(stored(), 501u);
}

TEST_F(LetterBoxTest, TakesWhatWasMarkedByTodaysRoutesAndForgetsItWhenItWasSent) {
  box->add(letter_of(kPrice), start);
  box->store(start, true);
  EXPECT_FALSE(box->take_marked(5, start)) << "nobody marked it";
  ASSERT_EQ(*command->mark({}, outbox::RetryMark::kHistory), 1u);
  EXPECT_FALSE(box->take_marked(5, start + milliseconds(10))) << "it looks once a second";

  const auto retry = box->take_marked(5, start + seconds(2));

  ASSERT_TRUE(retry);
  ASSERT_EQ(retry->blocks.size(), 1u);
  EXPECT_EQ(retry->blocks[0]->number, 0u);
  EXPECT_TRUE(retry->blocks[0]->live.empty());
  std::string history;
  for (const HistoryRun& run : retry->blocks[0]->history) history += run.text;
  EXPECT_NE(history.find("history/AAPL/prices/2026-05-03/"), std::string::npos) << "the day on which it came";
  EXPECT_EQ(stored(), 1u) << "until the outbox has it";
  box->sent(*retry, start + seconds(2));
  EXPECT_EQ(stored(), 0u);
  EXPECT_FALSE(box->take_marked(5, start + seconds(2)));
  EXPECT_EQ(metrics.dead_letters_stored.Value(), 0);
}

TEST_F(LetterBoxTest, GivesLiveValuesTheNewestPlaceWhenTheyWereAskedFor) {
  box->add(letter_of(kPrice), start);
  box->store(start, true);
  ASSERT_EQ(*command->mark({}, outbox::RetryMark::kHistoryAndLive), 1u);
  const auto retry = box->take_marked(5, start);
  ASSERT_TRUE(retry);
  ASSERT_FALSE(retry->blocks[0]->live.empty());
  EXPECT_EQ(retry->blocks[0]->live[0].sequence, 5u);
}

TEST_F(LetterBoxTest, KeepsTheMarkOfWhatCouldNotBeSentAndTakesItAgainLater) {
  box->add(letter_of(kPrice), start);
  box->store(start, true);
  ASSERT_EQ(*command->mark({}, outbox::RetryMark::kHistory), 1u);
  ASSERT_TRUE(box->take_marked(5, start));
  box->not_sent(start);
  EXPECT_FALSE(box->take_marked(5, start + seconds(1)));
  EXPECT_TRUE(box->take_marked(5, start + seconds(6)));
}

TEST_F(LetterBoxTest, CountsHowOftenALetterWasSetAside) {
  box->add(letter_of("no JSON"), start);
  box->store(start, true);
  ASSERT_EQ(*command->mark({}, outbox::RetryMark::kHistory), 1u);
  const auto retry = box->take_marked(5, start);
  ASSERT_TRUE(retry);
  ASSERT_EQ(retry->blocks[0]->dead_letters.size(), 1u);
  EXPECT_EQ(retry->blocks[0]->dead_letters[0].count, 2u);
}

TEST_F(LetterBoxTest, CountsWhatLowerLimitsPushOutAtTheStart) {
  ASSERT_TRUE(command->add(std::vector{letter_of("1"), letter_of("2"), letter_of("3")}));
  box.emplace(outbox::DeadLetters::open(dir.file("outbox.db"), {1, 1 << 20}).value(), classify::WriterOptions{},
              LetterBox::Wiring{routes, metrics, events});
  EXPECT_EQ(stored(), 1u);
  EXPECT_EQ(metrics.dead_letters_evicted.Value(), 2);
}

}  // namespace
}  // namespace firebase_relay::flush
