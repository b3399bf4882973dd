// When lines are written, synced and sealed, and what happens when the disk says no.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "archive/archive.h"
#include "archive/archive_fixture.h"
#include "base/clock.h"
#include "support/eventually.h"

namespace firebase_relay::archive {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using enum FileName::Kind;

class WriterTest : public ArchiveTest {
 protected:
  void start(std::uint64_t free_bytes_min = 0) {
    writer_.reset();
    writer_.emplace(take(), free_bytes_min, events_, now_);
  }
  void pass(std::chrono::milliseconds time) {
    now_.steady += time;
    now_.utc += time;
  }
  /// Does what is due now.
  void work() {
    for (int i = 0; i < 100 && writer_->work(now_) <= now_.steady; ++i) {
    }
  }

  Now now_{SteadyTime(hours(1000)), at(kDay, hours(12))};
  std::optional<Writer> writer_;
};

TEST_F(WriterTest, DayIsSealedOneHourAfterMidnightWhileTheNextIsWritten) {
  start();
  writer_->write({lines(kDay, 0, 100)}, now_);
  pass(hours(12) + minutes(59));
  writer_->write({lines(kDay + std::chrono::days(1), 0, 1), lines(kDay, 90'000, 0)}, now_);
  work();
  EXPECT_TRUE(names().contains("2026-11-27.jsonl"));
  pass(minutes(1));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "2026-11-28.jsonl", "archive.json"));
  EXPECT_THAT(read(), SizeIs(101));
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-27 is sealed: 100 lines"));
  EXPECT_EQ(metrics_.archive_errors.Value(), 0);
  EXPECT_GT(metrics_.archive_bytes.Value(), 0);
}

TEST_F(WriterTest, LineThatComesWhileItsDayIsSealedIsTakenAlongLater) {
  start();
  writer_->write({lines(kDay, 0, 10)}, now_);
  pass(hours(13));
  ASSERT_LE(writer_->work(now_), now_.steady) << "it has begun, and goes on";
  writer_->write({lines(kDay, 10, 1)}, now_);
  work();
  EXPECT_TRUE(names().contains("2026-11-27.jsonl"));
  pass(hours(1));
  work();
  EXPECT_FALSE(names().contains("2026-11-27.jsonl"));
  EXPECT_THAT(read(), SizeIs(11));
  EXPECT_EQ(Folder::account_of(folder())->packed.at(kDay), std::filesystem::file_size(file(kDay, kSealed)));
}

TEST_F(WriterTest, StartRemovesWhatASealingHasLeftAndSealsAnew) {
  start();
  writer_->write({lines(kDay, 0, 10)}, now_);
  writer_->sync(now_);
  std::ofstream(file(kDay, kBeingSealed)) << "half";
  pass(hours(48));
  start();
  EXPECT_FALSE(names().contains("2026-11-27.jsonl.zst.new"));
  work();
  EXPECT_TRUE(names().contains("2026-11-27.jsonl.zst"));
  EXPECT_THAT(read(), SizeIs(10));
}

/// A folder in the place of the day's file, and one in that of its mark, which the disk refuses by that.
TEST_F(WriterTest, HoleThatCannotBeMarkedIsTriedOnceMoreAtTheEndWhichIsNoneElse) {
  start();
  const auto has_ended = [this] { return Folder::account_of(folder())->has_ended; };
  std::filesystem::create_directory(file(kDay, kPlain));
  std::filesystem::create_directory(file(kDay, kHole));
  writer_->write({lines(kDay, 0, 3)}, now_);
  EXPECT_FALSE(writer_->end(now_));
  EXPECT_FALSE(has_ended());
  EXPECT_THAT(log_.str(), HasSubstr("the hole of 2026-11-27 could not be marked until the end"));
  std::filesystem::remove(file(kDay, kHole));
  EXPECT_TRUE(writer_->end(now_));
  EXPECT_TRUE(names().contains("2026-11-27.hole"));
  EXPECT_TRUE(has_ended());
}

TEST_F(WriterTest, LittleFreeDiskStopsItAndItGoesOnByItself) {
  start(UINT64_MAX - 1);
  writer_->write({lines(kDay, 0, 3)}, now_);
  EXPECT_THAT(log_.str(), HasSubstr("MiB left"));
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-27 has a hole"));
  EXPECT_THAT(names(), ElementsAre("2026-11-27.hole", "archive.json"));
  EXPECT_GT(metrics_.archive_errors.Value(), 0);
  EXPECT_EQ(metrics_.archive_writable.Value(), 0);
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 1);
  start(0);
  writer_->write({lines(kDay, 3, 2)}, now_);
  EXPECT_THAT(log_.str(), HasSubstr("is written again"));
  EXPECT_EQ(metrics_.archive_writable.Value(), 1);
  pass(hours(48));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.hole", "2026-11-27.jsonl", "archive.json")) << "never sealed";
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-27 has a hole and stays plain"));
  EXPECT_THAT(read(), SizeIs(2));
}

/// A child with a limit on the size of files: the same as a full disk.
TEST_F(WriterTest, HalfALastLineIsDroppedSaidAndCounted) {
  append(lines(kDay, 0, 2));
  std::ofstream(file(kDay, kPlain), std::ios::app) << "{\"history/AAPL/pri";
  start();
  writer_->write({lines(kDay, 2, 1)}, now_);
  EXPECT_THAT(log_.str(), HasSubstr("the last line of 2026-11-27 has no end, after a power cut or on a full disk: 18 "
                                    "bytes dropped"));
  EXPECT_EQ(metrics_.archive_errors.Value(), 1);
  EXPECT_THAT(read(), SizeIs(3));
  EXPECT_THAT(summary_.flaws, IsEmpty());
}

TEST_F(WriterTest, ClockThatIsSetBackOverMidnightSealsNoDayThatGoesOn) {
  start();
  const Day next = kDay + std::chrono::days(1);
  writer_->write({lines(kDay, 0, 5)}, now_);
  pass(hours(12) + minutes(50));
  writer_->write({lines(next, 0, 5)}, now_);
  work();
  now_.utc -= hours(3);  // it is the day before once more
  writer_->write({lines(kDay, 5, 5)}, now_);
  pass(minutes(20));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl", "2026-11-28.jsonl", "archive.json"));
  pass(hours(3));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "2026-11-28.jsonl", "archive.json"));
  now_.utc -= hours(3);  // and again, after it was sealed
  writer_->write({lines(kDay, 10, 5)}, now_);
  pass(hours(5));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "2026-11-28.jsonl", "archive.json"));
  EXPECT_THAT(read(), SizeIs(20));
  EXPECT_EQ(metrics_.archive_errors.Value(), 0);
}

TEST_F(WriterTest, EachDayWithAHoleIsNamed) {
  start();
  writer_->lose(kDay, 2, now_);
  writer_->lose(kDay + std::chrono::days(1), 1, now_);
  writer_->lose(kDay, 5, now_);
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-27 has a hole and will not be sealed: 2 lines"));
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-28 has a hole and will not be sealed: 1 lines"));
  EXPECT_THAT(log_.str(), testing::Not(HasSubstr("5 lines"))) << "a minute later";
}

TEST_F(WriterTest, DayWhoseMarkAPersonRemovesIsSealedAsItIs) {
  start();
  writer_->write({lines(kDay, 0, 3)}, now_);
  writer_->lose(kDay, 2, now_);
  pass(hours(48));
  work();
  EXPECT_TRUE(names().contains("2026-11-27.jsonl"));
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 1);
  std::filesystem::remove(file(kDay, kHole));
  pass(minutes(1));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "archive.json")) << "without a restart";
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 0);
}

TEST_F(WriterTest, PlainFileThatIsRemovedWhileNoRelayRunsIsAHole) {
  start();
  writer_->write({lines(kDay, 0, 3), lines(kDay + std::chrono::days(1), 0, 3)}, now_);
  writer_->sync(now_);
  writer_.reset();
  std::filesystem::remove(file(kDay, kPlain));
  start();
  EXPECT_TRUE(names().contains("2026-11-27.hole"));
  EXPECT_FALSE(names().contains("2026-11-28.hole"));
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-27.jsonl was removed before it was sealed"));
  EXPECT_EQ(metrics_.archive_errors.Value(), 1);
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 1);
  start();
  EXPECT_EQ(metrics_.archive_errors.Value(), 1) << "it is missed once";
  std::filesystem::remove(file(kDay, kHole));
  pass(hours(72));
  start();
  for (int i = 0; i < 2; ++i) {
    work();
    pass(minutes(1));
  }
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "2026-11-28.jsonl.zst", "archive.json")) << "as it is";
}

TEST_F(WriterTest, LateLinesThatAreRemovedWhileNoRelayRunsAreAHole) {
  start();
  writer_->write({lines(kDay, 0, 3)}, now_);
  pass(hours(14));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "archive.json"));
  start();
  EXPECT_EQ(metrics_.archive_errors.Value(), 0) << "what was sealed is not missed";
  writer_->write({lines(kDay, 3, 1)}, now_);
  writer_.reset();
  std::filesystem::remove(file(kDay, kPlain));
  start();
  EXPECT_TRUE(names().contains("2026-11-27.hole"));
}

TEST_F(WriterTest, PlainFileThatIsRemovedWhileItIsClosedIsAHoleThoughALineComes) {
  start();
  writer_->write({lines(kDay, 0, 3)}, now_);
  for (int i = 0; i < 3; ++i) {  // of these minutes nothing comes, so the file is closed
    pass(minutes(1));
    work();
  }
  std::filesystem::remove(file(kDay, kPlain));
  writer_->write({lines(kDay, 3, 1)}, now_);
  EXPECT_TRUE(names().contains("2026-11-27.hole"));
  EXPECT_THAT(read(), SizeIs(1));
}

TEST_F(WriterTest, HoleThatASyncFindsIsMarkedAtOnce) {
  start();
  writer_->write({lines(kDay, 0, 3)}, now_);
  std::filesystem::remove(file(kDay, kPlain));
  writer_->sync(now_);
  EXPECT_TRUE(names().contains("2026-11-27.hole"));
  EXPECT_THAT(log_.str(), HasSubstr("was removed, moved or replaced while the archive is written"));
}

TEST_F(WriterTest, FileThatIsMovedOrReplacedWhileItIsWrittenIsAHoleWithinAMinute) {
  const auto moved = [this] { std::filesystem::rename(file(kDay, kPlain), dir_.file("elsewhere")); };
  const auto replaced = [this, moved] {  // as some backups do
    moved();
    std::filesystem::copy_file(dir_.file("elsewhere"), file(kDay, kPlain));
  };
  for (const std::function<void()>& happens : {std::function<void()>(moved), std::function<void()>(replaced)}) {
    std::filesystem::remove_all(folder());
    start();
    writer_->write({lines(kDay, 0, 3)}, now_);
    work();
    happens();
    writer_->write({lines(kDay, 3, 1)}, now_);
    pass(minutes(1));
    work();
    EXPECT_TRUE(names().contains("2026-11-27.hole"));
    EXPECT_THAT(log_.str(), HasSubstr("2026-11-27.jsonl was removed, moved or replaced"));
    pass(Writer::kTryAgainAfter);
    writer_->write({lines(kDay, 4, 1)}, now_);
    EXPECT_THAT(bytes_of(file(kDay, kPlain)), testing::EndsWith(lines(kDay, 4, 1).text.view()))
        << "it goes on in its place";
    log_.str({});
    now_.steady += minutes(5);  // so that the line is told once more
  }
}

TEST_F(WriterTest, FileThatIsReplacedRightBeforeItsDayIsSealedIsAHole) {
  start();
  writer_->write({lines(kDay, 0, 3)}, now_);
  pass(hours(12) + minutes(59));
  work();
  std::filesystem::rename(file(kDay, kPlain), dir_.file("elsewhere"));
  std::filesystem::copy_file(dir_.file("elsewhere"), file(kDay, kPlain));
  writer_->write({lines(kDay, 3, 1)}, now_);
  pass(seconds(59));
  work();
  pass(seconds(1));
  work();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.hole", "2026-11-27.jsonl", "archive.json")) << log_.str();
}

TEST_F(WriterTest, DayThatCannotBeSealedIsCountedUntilItIsAndCostsNoOtherOneALine) {
  start();
  writer_->write({lines(kDay, 0, 3)}, now_);
  std::filesystem::create_directory(file(kDay, kBeingSealed));
  pass(hours(48));
  work();
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 1) << log_.str();
  EXPECT_EQ(metrics_.archive_errors.Value(), 1);
  EXPECT_EQ(metrics_.archive_writable.Value(), 1);
  EXPECT_THAT(log_.str(), HasSubstr("cannot be opened"));
  EXPECT_THAT(log_.str(), HasSubstr("that day waits, and the others go on"));
  writer_->write({lines(kDay + std::chrono::days(2), 0, 1)}, now_);
  EXPECT_THAT(read(), SizeIs(4));
  EXPECT_FALSE(names().contains("2026-11-29.hole"));
  std::filesystem::remove(file(kDay, kBeingSealed));
  pass(minutes(10));
  work();
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 0) << log_.str();
  EXPECT_TRUE(names().contains("2026-11-27.jsonl.zst"));
}

TEST_F(WriterTest, OldDayThatCannotBeOpenedWaitsAndCostsNoOtherOneALine) {
  const Day old = kDay - std::chrono::days(3);
  std::filesystem::create_directories(file(old, kPlain));  // to the relay the same as one of root's
  start();
  for (std::uint64_t second = 0; second < 60; ++second) {
    pass(seconds(1));
    writer_->write({lines(kDay, second, 1)}, now_);
    if (second == 30) writer_->write({lines(old, 0, 1)}, now_);
    work();
  }
  EXPECT_EQ(bytes_of(file(kDay, kPlain)), lines(kDay, 0, 60).text.view());
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-24.jsonl cannot be opened"));
  EXPECT_THAT(log_.str(), HasSubstr("that day waits, and the others go on"));
  EXPECT_THAT(log_.str(), HasSubstr("2026-11-24 has a hole")) << "of the line that came late";
  EXPECT_FALSE(names().contains("2026-11-27.hole"));
  EXPECT_EQ(metrics_.archive_writable.Value(), 1);
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 1);
  std::filesystem::remove(file(old, kPlain));
  append(lines(old, 0, 1));
  std::filesystem::remove(file(old, kHole));
  pass(minutes(10));
  work();
  work();
  EXPECT_TRUE(names().contains("2026-11-24.jsonl.zst")) << log_.str();
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 0);
}

TEST_F(WriterTest, FullDiskLeavesWholeLinesAndIsTriedAgain) {
  start();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    writer_->write({lines(kDay, 0, 10)}, now_);
    const auto whole = bytes_of(file(kDay, kPlain)).size();
    const rlimit little{whole + 100, limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &little);
    writer_->write({lines(kDay, 10, 10)}, now_);
    if (bytes_of(file(kDay, kPlain)).size() != whole) ::_exit(2);
    if (log_.str().find("make room") == std::string::npos) ::_exit(3);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    writer_->write({lines(kDay, 20, 1)}, now_);  // not tried so soon
    if (bytes_of(file(kDay, kPlain)).size() != whole) ::_exit(4);
    pass(Writer::kTryAgainAfter);
    writer_->write({lines(kDay, 30, 1)}, now_);
    writer_->sync(now_);
    ::_exit(log_.str().find("is written again") == std::string::npos ? 5 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(read(), SizeIs(11));
  EXPECT_TRUE(names().contains("2026-11-27.hole"));
}

TEST_F(WriterTest, ThreadWritesWhatItIsGivenAndSaysHowFarItHasCome) {
  std::atomic<int> woken = 0;
  const Day today = std::chrono::floor<std::chrono::days>(utc_now());
  Archive archive(take(), 0, {events_, [&woken] { ++woken; }});
  ArchivePosition last = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) last = archive.put({lines(today, i, 1)});
  EXPECT_EQ(last, 1000u);
  archive.wake_when_written(999);
  EXPECT_TRUE(test_support::eventually([&] { return archive.written() == 1000; }));
  EXPECT_TRUE(test_support::eventually([&] { return woken == 1; }));
  EXPECT_THAT(read(), SizeIs(1000)) << "written() promises it, and nothing was synced";
  archive.put({lines(today, 2000, 1)});
  archive.finish();
  EXPECT_THAT(read(), SizeIs(1001));
}

TEST_F(WriterTest, WhatHasNoRoomInTheQueueIsAHole) {
  DayLines huge{kDay, RawText(std::string(Archive::kQueueBytesMax + 1, ' ')), 1};
  Archive archive(take(), 0, {events_, [] {}});
  const ArchivePosition position = archive.put({std::move(huge)});
  ASSERT_TRUE(test_support::eventually([&] { return archive.written() >= position; }));
  EXPECT_TRUE(names().contains("2026-11-27.hole")) << "who goes on without the lines finds it marked";
  archive.finish();
  EXPECT_THAT(read(), IsEmpty());
}

}  // namespace
}  // namespace firebase_relay::archive
