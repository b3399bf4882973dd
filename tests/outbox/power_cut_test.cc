// What a power cut leaves. The functions that sync a file are ours in this program: they keep a copy of every file as
// it was synced last, and after the cut there is nothing but those copies.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "outbox/dead_letters.h"
#include "outbox_model.h"
#include "version_1_file.h"

namespace {

constexpr int kDied = 9;

struct SyncedFiles {
  bool are_kept = false;
  int dies_at = 0;  ///< the process ends at this sync from now on; 0: it does not
  bool next_fails = false;
  std::map<std::string, std::string> bytes;  ///< by path

  int sync(int fd) {
    if (std::exchange(next_fails, false)) {
      errno = EIO;
      return -1;
    }
    keep(fd);
    return 0;
  }
  void keep(int fd) {
    if (dies_at > 0 && --dies_at == 0) ::_exit(kDied);
    if (!are_kept) return;
    std::error_code error;
    const std::string path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error).string();
    if (std::filesystem::is_directory(path, error)) {  // from now on what was removed from it stays away
      std::erase_if(bytes, [&error](const auto& file) { return !std::filesystem::exists(file.first, error); });
      return;
    }
    // By this very descriptor: to open and close another one would drop the locks that SQLite has on the file.
    std::string& copy = bytes[path];
    copy.resize(std::filesystem::file_size(path, error));
    if (::pread(fd, copy.data(), copy.size(), 0) != static_cast<ssize_t>(copy.size())) std::abort();
  }
};
SyncedFiles synced_files;

}  // namespace

extern "C" int fsync(int fd) { return synced_files.sync(fd); }
extern "C" int fdatasync(int fd) { return synced_files.sync(fd); }

namespace firebase_relay::outbox {
namespace {

class PowerCutTest : public OutboxTest {
 protected:
  void SetUp() override {
    synced_files = {};
    synced_files.are_kept = true;
  }
  void TearDown() override { synced_files.are_kept = false; }

  /// Everything that was not synced is gone, and the outbox is opened again.
  void cut_power() {
    const SyncedFiles kept = synced_files;
    close();  // what that writes is undone below
    for (const char* part : {"", "-wal", "-shm", "-journal"}) {
      const std::string file = options.file.string() + part;
      std::filesystem::remove(file);
      const auto found = kept.bytes.find(file);
      if (found != kept.bytes.end()) std::ofstream(file, std::ios::binary) << found->second;
    }
    synced_files = kept;
    open();
    ASSERT_FALSE(opened.set_aside) << opened.flaw;
  }
};

TEST_F(PowerCutTest, WithFullNothingThatWasStoredIsGone) {
  options.sync = Sync::kFull;
  options.bytes_max = 1 << 20;  // a small log, so that there are checkpoints
  RandomSteps random(1);
  OutboxModel model;
  open();
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    const Step step = random.next(model);
    ASSERT_TRUE(step.run(*outbox));
    model.apply(step);
    if (random.below(4) != 0) continue;
    cut_power();
    EXPECT_EQ(model_of(opened.restored, *outbox).text(), model.text());
  }
}

TEST_F(PowerCutTest, WithNormalItLeavesAnEarlierStateAndWholeTransactions) {
  options.bytes_max = 1 << 20;
  RandomSteps random(2);
  OutboxModel model;
  int went_back = 0;
  open();
  for (int cut = 0; cut < 60 && !HasFailure(); ++cut) {
    std::vector<std::string> states{model.text()};
    std::size_t least = 0;  // the state that was synced last
    for (std::uint64_t i = random.below(12); i > 0; --i) {
      const Step step = random.next(model);
      ASSERT_TRUE(step.run(*outbox));
      model.apply(step);
      states.push_back(model.text());
      if (step.sync) least = states.size() - 1;
    }
    cut_power();
    model = model_of(opened.restored, *outbox);
    const auto found = std::find(states.rbegin(), states.rend(), model.text());
    ASSERT_NE(found, states.rend()) << "that state never was";
    const std::size_t state = states.size() - 1 - static_cast<std::size_t>(found - states.rbegin());
    EXPECT_GE(state, least) << "it was said to be on disk";
    went_back += state + 1 < states.size() ? 1 : 0;
  }
  EXPECT_GT(went_back, 0) << "no cut cost anything: this shows nothing";
}

TEST_F(PowerCutTest, ADiskThatFailsFailsTheCallAndTheSameCallAgainSucceeds) {
  options.sync = Sync::kFull;
  options.bytes_max = 1 << 20;
  RandomSteps random(3);
  OutboxModel model;
  int failures = 0;
  open();
  for (int i = 0; i < 200 && !HasFailure(); ++i) {
    const Step step = random.next(model);
    synced_files.next_fails = random.below(4) == 0;
    const Result<void> first = step.run(*outbox);
    synced_files.next_fails = false;
    if (!first) {
      ++failures;
      EXPECT_EQ(first.error().code, ErrorCode::kIo);
      EXPECT_NE(first.error().remedy, "");
      const Result<void> second = step.run(*outbox);
      ASSERT_TRUE(second) << second.error().what;
    }
    model.apply(step);
    const OutboxLevel level = *outbox->append({}, {});
    EXPECT_EQ(level.batches, model.batches.size());
    EXPECT_EQ(level.live_rows, model.live.size());
  }
  EXPECT_GT(failures, 10);
  cut_power();
  EXPECT_EQ(model_of(opened.restored, *outbox).text(), model.text());
}

TEST_F(PowerCutTest, KilledAtAnySyncOfItsMakingItIsMadeByTheNextStart) {
  int status = 0;
  int sync = 0;
  do {
    SCOPED_TRACE("at sync " + std::to_string(++sync));
    close();
    for (const char* part : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(options.file.string() + part);
    const pid_t child = ::fork();
    if (child == 0) {
      synced_files.dies_at = sync;
      open();
      append(batch_of(1, ShedClass::kRest));
      ::_exit(HasFailure() ? 1 : 0);
    }
    ASSERT_EQ(::waitpid(child, &status, 0), child);

    open();
    ASSERT_FALSE(opened.set_aside) << opened.flaw;
    append(batch_of(2, ShedClass::kRest));
    EXPECT_EQ(stored().back(), 2u);
  } while (WEXITSTATUS(status) == kDied && !HasFailure());
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_GT(sync, 3) << "hardly a sync: this shows nothing";
}

TEST_F(PowerCutTest, UndoesTheFirstBatchInAFileOfVersion1TogetherWithItsNewVersion) {
  write_version_1(options.file);
  open();
  append(batch_of(7, ShedClass::kPrices, 40, 150, Texts::kRepeated));
  ASSERT_EQ(version_of(options.file), 2);

  cut_power();
  EXPECT_EQ(stored(), (std::vector<BatchId>{3, 4, 6}));
  EXPECT_EQ(version_of(options.file), 1);

  append(batch_of(7, ShedClass::kPrices, 40, 150, Texts::kRepeated));
  ASSERT_TRUE(outbox->acknowledge({}, {}, true));
  cut_power();
  EXPECT_EQ(stored(), (std::vector<BatchId>{3, 4, 6, 7}));
  EXPECT_EQ(version_of(options.file), 2);
}

TEST_F(PowerCutTest, ADeletionThatWasToBeSyncedIsNeverUndone) {
  open();
  append(batch_of(1, ShedClass::kRest));
  append(batch_of(2, ShedClass::kRest));
  ASSERT_TRUE(outbox->acknowledge({}, {}, true));
  ASSERT_TRUE(outbox->acknowledge({1}, {}, false));

  cut_power();
  EXPECT_EQ(stored(), (std::vector<BatchId>{1, 2})) << "without sync it comes back: so the test can tell";

  ASSERT_TRUE(outbox->acknowledge({1, 2}, {}, true));
  cut_power();
  EXPECT_TRUE(stored().empty());
}

TEST_F(PowerCutTest, WhatWasStoredBeforeASyncIsThere) {
  open();
  append(batch_of(1, ShedClass::kRest));
  ASSERT_TRUE(outbox->sync());
  append(batch_of(2, ShedClass::kRest));

  cut_power();
  EXPECT_EQ(stored(), (std::vector<BatchId>{1})) << "the second came after: so the test can tell";
}

TEST_F(PowerCutTest, ASyncCoversDeadLetters) {
  open();
  ASSERT_TRUE(outbox->sync());
  DeadLetters letters = DeadLetters::open(options.file, {}).value();
  const std::vector<DeadLetter> one{{DeadLetterReason::kRefused, 1, UtcMillis(std::chrono::seconds(1)), "C", "1", 1}};
  ASSERT_TRUE(letters.add(one));
  ASSERT_TRUE(outbox->sync());

  cut_power();
  EXPECT_EQ(DeadLetters::open(options.file, {}).value().list(10)->size(), 1u);
}

TEST_F(PowerCutTest, ASyncThatFailsSaysSoAndMayBeMadeAgain) {
  open();
  append(batch_of(1, ShedClass::kRest));
  synced_files.next_fails = true;
  const Result<void> failed = outbox->sync();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_NE(failed.error().remedy, "");
  ASSERT_TRUE(outbox->sync());

  cut_power();
  EXPECT_EQ(stored(), (std::vector<BatchId>{1}));
}

TEST_F(PowerCutTest, ASyncWithNothingToForgetCoversWhatWasForgottenBefore) {
  open();
  append(batch_of(1, ShedClass::kRest));
  ASSERT_TRUE(outbox->acknowledge({}, {}, true));
  cut_power();
  ASSERT_EQ(stored(), (std::vector<BatchId>{1}));
  ASSERT_TRUE(outbox->acknowledge({1}, {}, false));
  ASSERT_TRUE(outbox->acknowledge({}, {}, true));
  cut_power();
  EXPECT_TRUE(stored().empty());
}

}  // namespace
}  // namespace firebase_relay::outbox
