// What a replay leaves for the archive's writer, and how that takes it in.
#include "archive/replayed_lines.h"

#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive_fixture.h"
#include "archive/missing_entries.h"
#include "archive/whole_days.h"

namespace firebase_relay::archive {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using enum FileName::Kind;

class ReplayedLinesTest : public ArchiveTest {
 protected:
  ReplayedLinesTest() { take(); }
  std::unique_ptr<ReplayedLines> open() {
    auto opened = ReplayedLines::open(folder(), 0);
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  void put(ReplayedLines& replayed, const std::vector<DayLines>& all) {
    const Result<void> done = replayed.put(all);
    ASSERT_TRUE(done) << done.error().what;
  }
  void start() {
    writer_.reset();
    writer_.emplace(take(), 0, events_, now_);
  }
  /// What is due within `time`.
  void pass(minutes time) {
    now_.steady += time;
    now_.utc += time;
    for (int i = 0; i < 100 && writer_->work(now_) <= now_.steady; ++i) {
    }
  }
  void seal_the_day() {
    append(lines(kDay, 0, 10));
    seal(kDay);
  }

  Now now_{SteadyTime(hours(1000)), at(kDay + days(9), hours(12))};
  std::optional<Writer> writer_;
};

TEST_F(ReplayedLinesTest, StandInFilesOfTheirOwnThatExportReads) {
  seal_the_day();
  const auto replayed = open();
  put(*replayed, {lines(kDay, 20, 5), lines(kDay + days(1), 0, 3)});
  put(*replayed, {lines(kDay, 30, 1)});
  EXPECT_THAT(names(),
              ElementsAre("2026-11-27.jsonl.zst", "2026-11-27.replayed.1", "2026-11-28.replayed.1", "archive.json"));
  EXPECT_THAT(read(), SizeIs(19));
  EXPECT_THAT(summary_.flaws, IsEmpty());
  EXPECT_EQ(std::filesystem::status(folder() / "2026-11-27.replayed.1").permissions(), std::filesystem::perms(0600));
  const HistoryKey key(at(kDay, std::chrono::seconds(30)), {30, 30}, 0);
  EXPECT_EQ(count_missing(folder(), kDay, {std::string(key.text())}), 0u) << "they stand at home";
}

TEST_F(ReplayedLinesTest, AreTakenInByTheWriterOnceTheReplayHasEndedAndSealed) {
  seal_the_day();
  start();
  auto replayed = open();
  put(*replayed, {lines(kDay, 20, 5), lines(kDay + days(1), 0, 3)});
  pass(minutes(1));
  EXPECT_THAT(names(), Contains("2026-11-27.replayed.1")) << "it goes on";
  put(*replayed, {lines(kDay, 30, 1)});
  replayed.reset();
  pass(minutes(1));
  pass(minutes(1));
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "2026-11-28.jsonl.zst", "archive.json"));
  EXPECT_THAT(read(), SizeIs(19));
  EXPECT_THAT(summary_.flaws, IsEmpty());
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 0) << log_.str();
}

TEST_F(ReplayedLinesTest, OfAReplayThatWasKilledAreTakenInByTheNextStart) {
  put(*open(), {lines(kDay, 0, 3)});
  std::ofstream(folder() / "2026-11-27.replayed.1", std::ios::app) << R"({"history/AAPL/pri)";
  std::ofstream(folder() / "2026-11-26.replayed.1") << "";
  start();
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl", "archive.json"));
  pass(minutes(1));
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "archive.json"));
  EXPECT_THAT(read(), SizeIs(3));
  EXPECT_THAT(summary_.flaws, IsEmpty());
}

TEST_F(ReplayedLinesTest, ThatTheRelayMayNotReadAreSaidOnceAndCountUntilTheyAreTakenIn) {
  put(*open(), {lines(kDay, 0, 3)});
  const std::filesystem::path left = folder() / "2026-11-27.replayed.1";
  std::filesystem::permissions(left, std::filesystem::perms(0));
  const bool is_root = ::geteuid() == 0;
  if (is_root) {  // another user's is as good as no permission
    for (const auto& path : {folder().parent_path(), folder(), folder() / "archive.json"})
      ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  start();
  for (int i = 0; i < 5; ++i) pass(minutes(10));
  EXPECT_THAT(log_.str(),
              HasSubstr("2026-11-27.replayed.1 cannot be opened: Permission denied; give the relay's user"));
  EXPECT_THAT(log_.str(), HasSubstr("(chown); what a replay has left there is not taken in until then"));
  EXPECT_EQ(metrics_.archive_errors.Value(), 1);
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 1);
  EXPECT_EQ(metrics_.archive_writable.Value(), 1);
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
    ASSERT_EQ(::chown(left.c_str(), 65534, 65534), 0);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  std::filesystem::permissions(left, std::filesystem::perms(0600));
  pass(minutes(1));
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "archive.json"));
  EXPECT_EQ(metrics_.archive_unsealed.Value(), 0);
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
}

TEST_F(ReplayedLinesTest, OfAReplayByRootAreTheFoldersOwners) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make files for another user";
  ASSERT_EQ(::chown(folder().c_str(), 65534, 65533), 0);
  put(*open(), {lines(kDay, 0, 3)});
  struct stat about {};
  ASSERT_EQ(::stat((folder() / "2026-11-27.replayed.1").c_str(), &about), 0);
  EXPECT_EQ(about.st_uid, 65534u);
  EXPECT_EQ(about.st_gid, 65533u);
}

TEST_F(ReplayedLinesTest, WaitUntilTheDaysOwnFileIsSealed) {
  now_.utc = at(kDay, hours(12));
  start();
  writer_->write({lines(kDay, 0, 10)}, now_);
  put(*open(), {lines(kDay, 20, 5)});
  pass(minutes(2));
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl", "2026-11-27.replayed.1", "archive.json"));
  EXPECT_THAT(read(), SizeIs(15));
  for (int i = 0; i < 14 * 60; i += 10) pass(minutes(10));
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst", "archive.json"));
  EXPECT_THAT(read(), SizeIs(15));
}

TEST_F(ReplayedLinesTest, ThatTheArchiveHasAreNotWrittenOnceMore) {
  seal_the_day();
  append(lines(kDay, 10, 5));
  const auto replayed = open();
  put(*replayed, {lines(kDay, 0, 15)});
  EXPECT_THAT(names(), Not(Contains("2026-11-27.replayed.1"))) << "exported from here, in whatever file";
  put(*replayed, {lines(kDay, 10, 10)});
  EXPECT_EQ(bytes_of(folder() / "2026-11-27.replayed.1"), lines(kDay, 15, 5).text.view());
}

TEST_F(ReplayedLinesTest, OfTwoReplaysStandInTwoFiles) {
  const auto one = open();
  const auto other = open();
  put(*one, {lines(kDay, 0, 1)});
  put(*other, {lines(kDay, 1, 1)});
  EXPECT_THAT(names(), ElementsAre("2026-11-27.replayed.1", "2026-11-27.replayed.2", "archive.json"));
}

TEST_F(ReplayedLinesTest, OfMoreDaysThanFilesMayBeOpenAreAllThere) {
  constexpr int kDays = static_cast<int>(ReplayedLines::kFilesMax) + 20;
  const auto replayed = open();
  std::vector<DayLines> all;
  for (int i = 0; i < kDays; ++i) all.push_back(lines(kDay - days(i), 0, 1));
  put(*replayed, all);
  EXPECT_THAT(read(), SizeIs(kDays));
}

TEST_F(ReplayedLinesTest, WithoutRoomOrWithoutAnArchiveAreRefused) {
  EXPECT_THAT(ReplayedLines::open(folder(), UINT64_MAX - 1).error().what, HasSubstr("MiB left"));
  const auto none = ReplayedLines::open(dir_.file("none"), 0);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what, HasSubstr("there is none"));
  EXPECT_EQ(none.error().code, ErrorCode::kInvalid);
  const auto replayed = open();
  std::filesystem::remove_all(folder());
  EXPECT_FALSE(replayed->put({lines(kDay, 0, 1)}));
}

}  // namespace
}  // namespace firebase_relay::archive
