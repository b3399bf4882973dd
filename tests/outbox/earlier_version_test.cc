// A file of version 1 of the tables: what the relay before this one left.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>
#include <thread>

#include "outbox/dead_letters.h"
#include "outbox/inspect.h"
#include "version_1_file.h"

namespace firebase_relay::outbox {
namespace {

class EarlierVersionTest : public OutboxTest {
 protected:
  EarlierVersionTest() { write_version_1(options.file); }

  void expect_batches_of_version_1() {
    const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);
    const std::vector<Batch> written = version_1_batches();
    EXPECT_TRUE(loaded.damaged.empty());
    ASSERT_GE(loaded.batches.size(), written.size());
    for (std::size_t i = 0; i < written.size(); ++i) EXPECT_EQ(text_of(loaded.batches[i]), text_of(written[i]));
  }
};

TEST_F(EarlierVersionTest, IsReadWhole) {
  open();

  EXPECT_FALSE(opened.set_aside) << opened.flaw;
  const Restored& restored = opened.restored;
  EXPECT_EQ(restored.level.batches, 3u);
  EXPECT_EQ(restored.last_batch, 6u);
  EXPECT_EQ(restored.last_sequence, 6'000u);
  EXPECT_EQ(restored.history[kPrice], 40u);
  EXPECT_EQ(restored.history[kOrder], 2u);
  ASSERT_EQ(restored.live.size(), 1u);
  EXPECT_EQ(text_of(restored.live[0]), "services/AAPL/price=\"1.5\" @3039 counts price");
  EXPECT_EQ(restored.orders, (std::vector<LiveOrder>{{"services/AAPL/orders/1", 13, 4'001, false}}));
  ASSERT_TRUE(opened.last_run);
  EXPECT_FALSE(opened.last_run->stopped_at) << "it was killed";
  expect_batches_of_version_1();
}

TEST_F(EarlierVersionTest, IsShedAndForgottenLikeAnyOther) {
  open();
  EXPECT_EQ(outbox->acknowledge({4}, {{"services/AAPL/price", 3'039}}, true)->batches, 2u);
  const ShedResult shed = *outbox->shed(0, 1, {});
  EXPECT_EQ(shed.messages[kPrice], 40u);
  EXPECT_EQ(stored(), (std::vector<BatchId>{6}));
}

TEST_F(EarlierVersionTest, ThatIsDamagedCostsTheBatchAlone) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(options.file.c_str(), &connection), SQLITE_OK);
  sqlite3_exec(connection, "UPDATE bodies SET body=zeroblob(length(body)) WHERE id=4", nullptr, nullptr, nullptr);
  sqlite3_close(connection);
  open();

  const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);

  ASSERT_EQ(loaded.damaged.size(), 1u);
  EXPECT_EQ(loaded.damaged[0].messages[kOrder], 2u);
  EXPECT_EQ(loaded.batches.size(), 2u);
}

/// So a relay of that version can be put back until then.
TEST_F(EarlierVersionTest, StaysOfItsVersionUntilABatchIsStored) {
  open();
  ASSERT_TRUE(outbox->append({}, {{"a", "1", 7'000, false, Kind::kUnrouted}}));
  ASSERT_TRUE(outbox->save_orders({{{"services/AAPL/orders/2", 13, 7'001, false}}, {}}));
  ASSERT_TRUE(outbox->note_started(UtcMillis(std::chrono::milliseconds(1))));
  ASSERT_TRUE(outbox->acknowledge({3}, {}, false));
  EXPECT_EQ(version_of(options.file), 1);

  append(batch_of(7, ShedClass::kPrices, 40, 150, Texts::kRepeated));

  EXPECT_EQ(version_of(options.file), 2);
  open();
  EXPECT_EQ(stored(), (std::vector<BatchId>{4, 6, 7}));
}

TEST_F(EarlierVersionTest, IsLeftAsItIsByTheCommandsThatLookAtIt) {
  const Result<std::string> text = inspect(options.file);
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_NE(text->find("3 batches wait, 1 dead letters"), std::string::npos) << *text;

  Result<DeadLetters> letters = DeadLetters::open(options.file, {});
  ASSERT_TRUE(letters) << letters.error().what;
  EXPECT_EQ(letters->list(10)->size(), 1u);
  EXPECT_EQ(*letters->drop({}), 1u);

  EXPECT_EQ(version_of(options.file), 1);
}

/// Opens the file and stores batches, and what stands in the database, until it is killed; says when it begins.
[[noreturn]] void store_for_ever(const SqliteOutboxOptions& options, int told) {
  const bool has_told = ::write(told, "<", 1) == 1;
  Result<OpenedOutbox> opened = SqliteOutbox::open(options);
  if (!opened || !has_told) ::_exit(1);
  for (BatchId id = opened->restored.last_batch + 1;; ++id) {
    const Batch batch = batch_of(id, ShedClass::kPrices, 40, 150, Texts::kRepeated);
    if (!opened->outbox->append({&batch}, {})) ::_exit(2);
    if (!opened->outbox->save_stored({UtcMillis(std::chrono::hours(24)), {}, 0, {{"history/A", 1}}})) ::_exit(3);
  }
}

void store_and_kill(const SqliteOutboxOptions& options, std::chrono::microseconds life) {
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe(told.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) store_for_ever(options, told[1]);
  char said = 0;
  EXPECT_EQ(::read(told[0], &said, 1), 1);
  std::this_thread::sleep_for(life);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself, with " << WEXITSTATUS(status);
  ::close(told[0]);
  ::close(told[1]);
}

TEST_F(EarlierVersionTest, KilledAtAnyMomentItLosesNothingAndItsVersionSaysWhatIsInIt) {
  std::mt19937_64 random(2);
  std::size_t with_new = 0;
  std::size_t without = 0;
  std::size_t with_sums = 0;
  for (unsigned kill = 0; kill < 60 && !HasFailure(); ++kill) {
    SCOPED_TRACE("kill " + std::to_string(kill));
    close();
    for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(options.file.string() + part);
    write_version_1(options.file);

    // Longer and longer: under a sanitizer, or on a slow disk, the first batch takes ten times as long.
    store_and_kill(options, std::chrono::microseconds(random() % (6'000 + 1'000 * kill)));

    open();
    ASSERT_FALSE(opened.set_aside) << opened.flaw;
    expect_batches_of_version_1();
    const std::size_t new_batches = stored().size() - version_1_batches().size();
    const std::uint64_t sums = opened.restored.stored.bytes;
    EXPECT_EQ(version_of(options.file), sums > 0 ? 3 : new_batches > 0 ? 2 : 1);
    EXPECT_TRUE(new_batches == sums || new_batches == sums + 1) << new_batches << " batches, " << sums << " sums";
    ++(new_batches > 0 ? with_new : without);
    with_sums += sums > 0 ? 1 : 0;
  }
  EXPECT_GT(with_new, 0u) << "each was killed before its first batch: this shows nothing";
  EXPECT_GT(with_sums, 0u) << "each was killed before it said what stands in the database: this shows nothing";
  EXPECT_GT(without, 0u) << "none was killed before its first batch: this shows nothing";
}

}  // namespace
}  // namespace firebase_relay::outbox
