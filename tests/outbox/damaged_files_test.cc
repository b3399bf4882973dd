// Each way in which the file may not be what it should: named after what stands in its place.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <functional>

#include "outbox/schema.h"
#include "outbox_fixture.h"
#include "support/paths.h"

namespace firebase_relay::outbox {
namespace {

namespace fs = std::filesystem;
using test_support::bytes_of;
using test_support::write_bytes;

/// With another program's means, on a connection that is closed again.
void execute(const fs::path& file, const std::string& sql) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(connection);
  sqlite3_close(connection);
}

class DamagedFilesTest : public OutboxTest {
 protected:
  /// An outbox that was closed well: batches 1 to 9 of 50 kB, a live value.
  void fill() {
    open();
    for (BatchId id = 1; id <= 9; ++id) append(batch_of(id, ShedClass::kOrders, 5, 10'000));
    ASSERT_TRUE(outbox->append({}, {{"a", "1", 1, false, Kind::kUnrouted}}));
    close();
  }
  void change(const std::function<void(std::string& bytes)>& how) {
    std::string bytes = bytes_of(options.file);
    how(bytes);
    write_bytes(options.file, bytes);
  }
  /// Opens it: what was there has another name, unchanged, and a new outbox works.
  void expect_set_aside(const std::string& flaw_contains) {
    const std::string before = fs::is_regular_file(options.file) ? bytes_of(options.file) : "";
    open();
    ASSERT_TRUE(opened.set_aside);
    EXPECT_TRUE(opened.set_aside->starts_with(options.file.string() + ".corrupt-2")) << *opened.set_aside;
    EXPECT_TRUE(opened.set_aside->ends_with("Z")) << *opened.set_aside;
    if (fs::is_regular_file(*opened.set_aside)) {
      EXPECT_TRUE(bytes_of(*opened.set_aside) == before) << "its bytes changed";
    }
    EXPECT_NE(opened.flaw.find(flaw_contains), std::string::npos) << opened.flaw;
    EXPECT_EQ(opened.restored.level.batches, 0u);
    EXPECT_FALSE(opened.last_run);
    append(batch_of(1, ShedClass::kOrders));
    open();
    EXPECT_FALSE(opened.set_aside) << opened.flaw;
    EXPECT_EQ(opened.restored.level.batches, 1u);
  }
};

TEST_F(DamagedFilesTest, AWholeFileIsOpenedAsItIs) {
  fill();
  open();
  EXPECT_FALSE(opened.set_aside) << opened.flaw;
  EXPECT_EQ(opened.restored.level.batches, 9u);
  EXPECT_EQ(opened.restored.level.live_rows, 1u);
}

TEST_F(DamagedFilesTest, ATextFileIsSetAside) {
  write_bytes(options.file, "shopping list\n");
  expect_set_aside("not a database");
}

TEST_F(DamagedFilesTest, ALongerTextFileIsSetAside) {
  write_bytes(options.file, std::string(100'000, 'x'));
  expect_set_aside("not a database");
}

TEST_F(DamagedFilesTest, AnOverwrittenHeaderIsSetAside) {
  fill();
  change([](std::string& bytes) { bytes.replace(0, 100, std::string(100, '\0')); });
  expect_set_aside("not a database");
}

TEST_F(DamagedFilesTest, AnOverwrittenTableOfTablesIsSetAside) {
  fill();
  change([](std::string& bytes) { bytes.replace(100, 3900, std::string(3900, '\x55')); });
  expect_set_aside("malformed");
}

TEST_F(DamagedFilesTest, APageDamagedInTheMiddleIsSetAside) {
  fill();
  change([](std::string& bytes) { bytes.replace(bytes.size() / 4096 / 2 * 4096, 4096, std::string(4096, '\x55')); });
  open();
  // Text of a body may be there as well as a page of the tree: either it is set aside, or the batch is when it is read.
  const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);
  EXPECT_TRUE(opened.set_aside || (loaded.damaged.size() == 1 && loaded.batches.size() == 8));
}

/// Ruins one page after the other and gives the file to `look`.
template <class Look>
void with_every_page_damaged(const fs::path& file, const Look& look) {
  const std::string whole = bytes_of(file);
  const std::size_t pages = whole.size() / 4096;
  for (std::size_t page = 0; page < pages && !testing::Test::HasFailure(); ++page) {
    SCOPED_TRACE("page " + std::to_string(page) + " of " + std::to_string(pages));
    std::string bytes = whole;
    bytes.replace(page * 4096, 4096, std::string(4096, '\x55'));
    fs::remove(file.string() + "-wal");
    write_bytes(file, bytes);
    look();
  }
}

TEST_F(DamagedFilesTest, EveryPageMayBeDamagedAndNothingIsWedged) {
  open();
  for (const BatchId id : {1u, 2u, 3u}) append(batch_of(id, ShedClass::kOrders, 2, 6'000));
  ASSERT_TRUE(outbox->append({}, {{"a", "1", 1, false, Kind::kUnrouted}}));
  close();
  with_every_page_damaged(options.file, [this] {
    open();
    const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);
    if (!opened.set_aside) {
      EXPECT_EQ(loaded.batches.size() + loaded.damaged.size(), 3u);
    }
    append(batch_of(100, ShedClass::kOrders));
    EXPECT_TRUE(outbox->acknowledge({1, 2, 3}, {{"a", 1}}, true));
    EXPECT_EQ(stored(), (std::vector<BatchId>{100}));
    close();
  });
}

/// Of a large file the pages of bodies are not looked at ahead: what shows while running may fail calls, never the
/// program, and is gone for good with the next start.
TEST_F(DamagedFilesTest, DamageThatShowsWhileRunningEndsWithTheNextStart) {
  open();
  for (const BatchId id : {1u, 2u, 3u}) append(batch_of(id, ShedClass::kOrders, 2, 6'000));
  ASSERT_TRUE(outbox->append({}, {{"a", "1", 1, false, Kind::kUnrouted}}));
  close();
  options.checked_bytes_max = 0;
  int failures = 0;
  with_every_page_damaged(options.file, [this, &failures] {
    open();
    const auto works = [this] {
      bool all = true;
      const auto note = [&all](const auto& result) {
        all = all && result.has_value();
        if (!result) {
          EXPECT_NE(result.error().remedy, "") << result.error().what;
        }
      };
      note(outbox->load(0, UINT64_MAX));
      const Batch batch = batch_of(100, ShedClass::kOrders, 2, 6'000);
      note(outbox->append({&batch}, {{"b", "1", 1, false, Kind::kUnrouted}}));
      note(outbox->acknowledge({1, 2}, {{"a", 1}}, true));
      note(outbox->shed(0, 1'000, {}));
      return all;
    };
    if (works()) return close();
    ++failures;
    if (works()) return close();  // an unreadable body fails one call
    open();
    EXPECT_TRUE(opened.set_aside);
    EXPECT_TRUE(works());
    close();
  });
  EXPECT_GT(failures, 0) << "no page mattered: this shows nothing";
}

TEST_F(DamagedFilesTest, ATruncatedFileIsSetAside) {
  fill();
  fs::resize_file(options.file, fs::file_size(options.file) / 2);
  expect_set_aside("malformed");
}

TEST_F(DamagedFilesTest, AFileCutWithinItsHeaderIsSetAside) {
  fill();
  fs::resize_file(options.file, 50);
  expect_set_aside("");
}

TEST_F(DamagedFilesTest, AnEmptyFileIsANewOutbox) {
  write_bytes(options.file, "");
  open();
  EXPECT_FALSE(opened.set_aside);
  append(batch_of(1, ShedClass::kOrders));
}

TEST_F(DamagedFilesTest, ALogWithoutItsFileIsSetAsideAndNotDeleted) {
  write_bytes(options.file, "");
  write_bytes(options.file.string() + "-wal", "precious");
  open();
  ASSERT_TRUE(opened.set_aside);
  EXPECT_EQ(bytes_of(*opened.set_aside + "-wal"), "precious");
}

TEST_F(DamagedFilesTest, AnotherProgramsDatabaseIsSetAsideWhole) {
  execute(options.file, "PRAGMA journal_mode=DELETE; CREATE TABLE notes(text); INSERT INTO notes VALUES('mine')");
  expect_set_aside("another program");
}

TEST_F(DamagedFilesTest, AnotherProgramsDatabaseWithAnIdOfItsOwnIsSetAside) {
  execute(options.file, "PRAGMA application_id=252006673; CREATE TABLE notes(text)");
  expect_set_aside("another program");
}

TEST_F(DamagedFilesTest, AnOutboxThatLacksATableIsSetAside) {
  fill();
  execute(options.file, "DROP TABLE bodies");
  expect_set_aside("no such table");
}

TEST_F(DamagedFilesTest, ADirectoryInItsPlaceIsSetAside) {
  fs::create_directories(options.file / "within");
  expect_set_aside("directory");
  EXPECT_FALSE(fs::is_directory(options.file));
}

TEST_F(DamagedFilesTest, TwoFilesSetAsideInOneSecondHaveTwoNames) {
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    close();
    write_bytes(options.file, "text " + std::to_string(i));
    open();
    names.push_back(*opened.set_aside);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bytes_of(names[static_cast<std::size_t>(i)]), "text " + std::to_string(i));
}

TEST_F(DamagedFilesTest, ALaterVersionsFileIsRefusedAndLeftAlone) {
  fill();
  execute(options.file, "PRAGMA user_version=" + std::to_string(kSchemaVersion + 1));
  const std::string before = bytes_of(options.file);

  const Result<OpenedOutbox> result = SqliteOutbox::open(options);

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTooNew);
  EXPECT_NE(result.error().remedy, "");
  EXPECT_TRUE(bytes_of(options.file) == before);
}

/// SQLite cannot tell a zeroed log from an empty one: what it held since the last checkpoint is gone, and no more.
TEST_F(DamagedFilesTest, AZeroedLogCostsWhatItHeldAndNothingElse) {
  fill();
  open();
  append(batch_of(20, ShedClass::kOrders));
  const std::string file = bytes_of(options.file);
  const std::string log = bytes_of(options.file.string() + "-wal");
  ASSERT_FALSE(log.empty());
  close();
  write_bytes(options.file, file);
  write_bytes(options.file.string() + "-wal", std::string(log.size(), '\0'));

  open();

  EXPECT_FALSE(opened.set_aside) << opened.flaw;
  EXPECT_EQ(stored(), (std::vector<BatchId>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(DamagedFilesTest, ATornLogKeepsWhatStandsBeforeTheTear) {
  fill();
  open();
  append(batch_of(20, ShedClass::kOrders));
  const std::size_t first = bytes_of(options.file.string() + "-wal").size();
  append(batch_of(21, ShedClass::kOrders, 5, 10'000));
  const std::string file = bytes_of(options.file);
  std::string log = bytes_of(options.file.string() + "-wal");
  ASSERT_GT(log.size(), first);
  close();
  log.resize(log.size() - 5000);
  write_bytes(options.file, file);
  write_bytes(options.file.string() + "-wal", log);

  open();

  EXPECT_FALSE(opened.set_aside) << opened.flaw;
  EXPECT_EQ(stored(), (std::vector<BatchId>{1, 2, 3, 4, 5, 6, 7, 8, 9, 20}));
}

TEST_F(DamagedFilesTest, ABodyThatDoesNotMatchItsChecksumIsSetAsideAndTheRestIsLoaded) {
  fill();
  execute(options.file, "UPDATE bodies SET body = zeroblob(50000) WHERE id=3");
  execute(options.file, "DELETE FROM bodies WHERE id=5");
  open();
  EXPECT_EQ(opened.restored.history[kOrder], 45u);

  const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);

  EXPECT_EQ(loaded.damaged.size(), 2u);
  EXPECT_EQ(loaded.damaged[0].messages[kOrder] + loaded.damaged[1].messages[kOrder], 10u);
  EXPECT_EQ(loaded.batches.size(), 7u);
  EXPECT_EQ(loaded.level.batches, 7u);
  EXPECT_EQ(outbox->load(0, UINT64_MAX)->damaged.size(), 0u) << "counted once";
  open();
  EXPECT_EQ(opened.restored.history[kOrder], 35u);
  EXPECT_EQ(opened.restored.last_batch, 9u);
  close();
  execute(options.file, "CREATE TABLE proof(x CHECK(x=1)); INSERT INTO proof SELECT count(*) FROM damaged WHERE id=3");
}

/// Changes one byte of what is stored of a batch. How many bytes there are.
std::size_t damage_byte(const fs::path& file, BatchId id, std::size_t at) {
  sqlite3* connection = nullptr;
  sqlite3_blob* body = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_blob_open(connection, "main", "bodies", "body", static_cast<sqlite3_int64>(id), 1, &body),
            SQLITE_OK);
  char byte = 0;
  EXPECT_EQ(sqlite3_blob_read(body, &byte, 1, static_cast<int>(at)), SQLITE_OK);
  byte = static_cast<char>(byte ^ 1);
  EXPECT_EQ(sqlite3_blob_write(body, &byte, 1, static_cast<int>(at)), SQLITE_OK);
  const int size = sqlite3_blob_bytes(body);
  sqlite3_blob_close(body);
  sqlite3_close(connection);
  return static_cast<std::size_t>(size);
}

TEST_F(DamagedFilesTest, AnyByteOfABodyMayBeDamagedPackedOrNot) {
  open();
  BatchId id = 0;
  for (const Texts texts : {Texts::kRepeated, Texts::kRandom}) {
    std::size_t size = 1;
    for (std::size_t at = 0; at < size && !HasFailure(); ++at) {
      SCOPED_TRACE("byte " + std::to_string(at) + " of " + std::to_string(size));
      append(batch_of(++id, ShedClass::kOrders, 2, 100, texts));
      size = damage_byte(options.file, id, at);
      const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);
      EXPECT_TRUE(loaded.batches.empty());
      ASSERT_EQ(loaded.damaged.size(), 1u);
      EXPECT_EQ(loaded.damaged[0].messages[kOrder], 2u);
    }
  }
  EXPECT_GT(id, 300u);
}

TEST_F(DamagedFilesTest, ABodyUnderAnotherBatchsNumberIsSetAside) {
  fill();
  execute(options.file,
          "UPDATE bodies SET body = (SELECT body FROM bodies WHERE id=2) WHERE id=1;"
          "UPDATE batches SET checksum = (SELECT checksum FROM batches WHERE id=2) WHERE id=1");
  open();
  EXPECT_EQ(outbox->load(0, UINT64_MAX)->damaged.size(), 1u);
}

TEST_F(DamagedFilesTest, AtTheLimitDamagedBodiesGoFirst) {
  fill();
  execute(options.file, "UPDATE bodies SET body = zeroblob(50000) WHERE id<4");
  open();
  const std::uint64_t before = outbox->load(0, UINT64_MAX)->level.bytes;
  const ShedResult shed = *outbox->shed(0, 100'000, {});
  EXPECT_EQ(shed.messages, KindCounts{}) << "they have been counted already";
  EXPECT_EQ(shed.level.batches, 6u);
  EXPECT_LE(shed.level.bytes, before - 100'000);
}

TEST_F(DamagedFilesTest, ABatchIsLoadedEvenIfAllBeforeItAreDamaged) {
  fill();
  execute(options.file, "UPDATE bodies SET body = zeroblob(50000) WHERE id<9");
  open();
  const LoadedBatches loaded = *outbox->load(0, 1);
  ASSERT_EQ(loaded.batches.size(), 1u);
  EXPECT_EQ(loaded.batches[0].id, 9u);
  EXPECT_EQ(loaded.damaged.size(), 8u);
}

}  // namespace
}  // namespace firebase_relay::outbox
