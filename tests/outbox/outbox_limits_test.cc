// The limit, a nearly full disk, a full disk, a second opener.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "outbox_fixture.h"

namespace firebase_relay::outbox {
namespace {

class OutboxLimitsTest : public OutboxTest {};

TEST_F(OutboxLimitsTest, TheFileStaysWithinItsLimitWhenTheExcessIsShed) {
  options.bytes_max = 8 << 20;
  constexpr std::uint64_t kFlush = 2 * 100'000;
  open();
  std::uint64_t shed_prices = 0;
  std::uint64_t shed_orders = 0;
  for (BatchId id = 1; id <= 400; id += 2) {
    const Batch prices = batch_of(id, ShedClass::kPrices, 10, 9'900);
    const Batch orders = batch_of(id + 1, ShedClass::kRest, 10, id < 100 ? 9'900 : 990);
    OutboxLevel level = *outbox->append({&prices, &orders}, {{"a", std::to_string(id), id, false, Kind::kUnrouted}});
    if (level.excess_bytes > 0) {
      const ShedResult shed = *outbox->shed(0, level.excess_bytes, {});
      EXPECT_EQ(shed.level.excess_bytes, 0u);
      shed_prices += shed.messages[kPrice];
      shed_orders += shed.messages[kOrder];
    }
    ASSERT_LE(bytes_on_disk(), options.bytes_max + kFlush) << "after batch " << id;
  }
  EXPECT_GT(shed_prices, 500u);
  EXPECT_EQ(shed_orders, 0u) << "while there are prices";
  EXPECT_GE(bytes_on_disk(), options.bytes_max * 3 / 4) << "the limit is made use of";
  const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);
  std::uint64_t left = 0;
  for (const Batch& batch : loaded.batches) left += batch.runs[0].entries.size();
  EXPECT_EQ(left + shed_prices, 4'000u);
}

TEST_F(OutboxLimitsTest, WhatIsStoredCountsAndNotWhatItTakesInMemory) {
  options.bytes_max = 8 << 20;
  open();
  BatchId id = 0;
  while (id < 300) append(batch_of(++id, ShedClass::kRest, 100, 1'000, Texts::kRepeated));
  const LoadedBatches one = *outbox->load(0, 1);
  EXPECT_EQ(one.level.excess_bytes, 0u) << "30 MB in memory";
  EXPECT_LT(one.level.bytes, 4u << 20);
  EXPECT_EQ(one.level.batches, 300u);
  EXPECT_EQ(outbox->load(0, 1'000'000)->batches.size(), 9u) << "what is loaded is counted as it is in memory";
}

TEST_F(OutboxLimitsTest, ALowerLimitThanBeforeIsAnExcessAtOnce) {
  open();
  for (BatchId id = 1; id <= 20; ++id) append(batch_of(id, ShedClass::kRest, 1, 500'000));
  options.bytes_max = 5 << 20;
  open();
  const std::uint64_t excess = opened.restored.level.excess_bytes;
  EXPECT_GT(excess, 5'000'000u);
  EXPECT_EQ(outbox->shed(0, excess, {})->level.excess_bytes, 0u);
  EXPECT_LE(stored().size(), 9u);
  EXPECT_GE(stored().size(), 7u);
}

TEST_F(OutboxLimitsTest, ANearlyFullDiskAllowsWhatIsThereAndNoMore) {
  open();
  append(batch_of(1, ShedClass::kRest, 1, 500'000));
  EXPECT_EQ(outbox->append({}, {})->excess_bytes, 0u);
  options.free_bytes_min = UINT64_MAX;
  open();
  EXPECT_EQ(opened.restored.level.excess_bytes, 0u) << "what is there may stay";

  const Batch more = batch_of(2, ShedClass::kRest, 1, 100'000);
  const OutboxLevel level = *outbox->append({&more}, {});

  EXPECT_GE(level.excess_bytes, 90'000u);
  EXPECT_LE(level.excess_bytes, 150'000u);
  EXPECT_EQ(outbox->shed(0, level.excess_bytes, {})->level.excess_bytes, 0u);
  EXPECT_EQ(stored(), (std::vector<BatchId>{2}));
  const Batch third = batch_of(3, ShedClass::kRest, 1, 100'000);
  EXPECT_EQ(outbox->append({&third}, {})->excess_bytes, 0u) << "there is room again";
}

TEST_F(OutboxLimitsTest, AFullDiskIsAnErrorAndNothingIsHalfStored) {
  // A child with a limit on the size of files: for SQLite the same as a full disk.
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    open();
    append(batch_of(1, ShedClass::kRest));
    const rlimit little{1 << 20, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &little);
    const Batch big = batch_of(2, ShedClass::kRest, 1, 3'000'000);
    const Batch small = batch_of(3, ShedClass::kRest);
    const Result<OutboxLevel> failed = outbox->append({&small, &big}, {{"a", "1", 1, false, Kind::kUnrouted}});
    if (failed || failed.error().code != ErrorCode::kIo || failed.error().remedy.empty()) std::_Exit(1);
    if (stored() != std::vector<BatchId>{1}) std::_Exit(2);
    const Result<OutboxLevel> fits = outbox->append({&small}, {});
    if (!fits || fits->batches != 2) std::_Exit(3);
    const rlimit enough{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &enough);
    const Result<OutboxLevel> again = outbox->append({&big}, {});
    if (!again || again->batches != 3 || again->live_rows != 0) std::_Exit(4);
    std::_Exit(HasFailure() ? 5 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  open();
  EXPECT_EQ(stored(), (std::vector<BatchId>{1, 2, 3}));
}

/// A file system of 3 MB, where this user may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    mounted_ = ::mount("none", folder_.c_str(), "tmpfs", 0, "size=3m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool is_mounted() const { return mounted_; }

 private:
  std::string folder_;
  bool mounted_;
};

TEST_F(OutboxLimitsTest, AFullFileSystemIsAnErrorUntilThereIsRoomAgain) {
  const SmallDisk disk(dir.file("disk"));
  if (!disk.is_mounted()) GTEST_SKIP() << "needs root";
  options.file = dir.file("disk/outbox.db");
  options.free_bytes_min = 0;
  const std::string filler = dir.file("disk/filler");
  std::ofstream(filler) << std::string(1 << 20, 'x');
  open();
  std::vector<BatchId> kept;
  BatchId id = 1;
  for (;; ++id) {
    const Batch batch = batch_of(id, ShedClass::kRest, 1, 100'000);
    const Result<OutboxLevel> level = outbox->append({&batch}, {});
    if (!level) {
      EXPECT_EQ(level.error().code, ErrorCode::kIo);
      EXPECT_NE(level.error().remedy, "");
      break;
    }
    ASSERT_LT(id, 100u);
    kept.push_back(id);
  }
  EXPECT_EQ(stored(), kept);

  std::filesystem::remove(filler);
  EXPECT_EQ(outbox->acknowledge({kept.front()}, {}, false)->batches, kept.size() - 1);
  append(batch_of(id, ShedClass::kRest, 1, 100'000));
  EXPECT_EQ(outbox->acknowledge(kept, {}, true)->batches, 1u);
  open();
  EXPECT_FALSE(opened.set_aside);
  EXPECT_EQ(stored(), (std::vector<BatchId>{id}));
  close();
}

TEST_F(OutboxLimitsTest, ASecondRelayOnTheSameFileIsRefused) {
  open();

  const Result<OpenedOutbox> second = SqliteOutbox::open(options);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_NE(second.error().what.find(options.file.string() + ".lock"), std::string::npos) << second.error().what;
  EXPECT_NE(second.error().remedy, "");
  append(batch_of(1, ShedClass::kRest));
  open();
  EXPECT_EQ(stored(), (std::vector<BatchId>{1}));
}

TEST_F(OutboxLimitsTest, AnotherProcessIsRefusedWhileTheFirstLivesAndNotAfterwards) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    open();
    if (::write(ready[1], HasFailure() ? "-" : "+", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  ASSERT_EQ(said, '+');

  const Result<OpenedOutbox> second = SqliteOutbox::open(options);
  EXPECT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  open();
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(OutboxLimitsTest, AProgramThatHoldsTheFileIsWaitedForAndThenAnError) {
  open();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options.file.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const Batch batch = batch_of(1, ShedClass::kRest);

  const Result<OutboxLevel> failed = outbox->append({&batch}, {});
  sqlite3_close(other);
  const Result<OutboxLevel> again = outbox->append({&batch}, {});

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kBusy);
  EXPECT_NE(failed.error().remedy, "");
  EXPECT_EQ(again->batches, 1u);
}

TEST_F(OutboxLimitsTest, FoldersAboveTheFileAreMade) {
  options.file = dir.file("new/folder/outbox.db");
  open();
  append(batch_of(1, ShedClass::kRest));
}

TEST_F(OutboxLimitsTest, AFolderThatCannotBeMadeIsAnErrorWithARemedy) {
  options.file = "/dev/null/folder/outbox.db";
  const Result<OpenedOutbox> result = SqliteOutbox::open(options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_NE(result.error().remedy, "");
}

}  // namespace
}  // namespace firebase_relay::outbox
