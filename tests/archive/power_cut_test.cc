// What a power cut leaves of an archive. The functions that sync are ours in this program: they keep what was synced,
// of a file its bytes and of a folder its names, and after the cut there is nothing but that.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "archive/archive_fixture.h"
#include "archive/replayed_lines.h"
#include "archive/whole_days.h"

namespace {

struct SyncedDisk {
  using Bytes = std::map<std::string, std::string>;  ///< of files, by path

  int syncs = 0;
  int cut_at = 0;  ///< at this sync the power goes; 0: never
  std::map<ino_t, std::string> bytes;
  std::map<std::string, ino_t> names;
  std::optional<Bytes> left;

  int sync(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return -1;
    S_ISDIR(status.st_mode) ? keep_names(fd) : keep_bytes(fd, status);
    if (++syncs == cut_at) left = now();
    return 0;
  }

 private:
  void keep_bytes(int fd, const struct stat& status) {
    std::ifstream in("/proc/self/fd/" + std::to_string(fd), std::ios::binary);
    bytes[status.st_ino] = {std::istreambuf_iterator<char>(in), {}};
  }
  void keep_names(int fd) {
    const auto folder = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd));
    names.clear();
    std::map<ino_t, std::string> named;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      struct stat status {};
      if (::stat(entry.path().c_str(), &status) != 0) std::abort();
      names[entry.path()] = status.st_ino;
      named[status.st_ino] = bytes[status.st_ino];
    }
    bytes = std::move(named);  // a number that is free may be given to another file
  }
  [[nodiscard]] Bytes now() const {
    Bytes result;
    for (const auto& [path, number] : names) {
      const auto found = bytes.find(number);
      result[path] = found == bytes.end() ? "" : found->second;
    }
    return result;
  }
};
SyncedDisk synced_disk;

}  // namespace

extern "C" int fsync(int fd) { return synced_disk.sync(fd); }
extern "C" int fdatasync(int fd) { return synced_disk.sync(fd); }

namespace firebase_relay::archive {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class ArchivePowerCut : public ArchiveTest {
 protected:
  /// Days that begin, end, are sealed, and get late lines; each minute is synced. Until the power goes at `cut_at`.
  /// Returns how many lines each day had when they were last promised.
  std::map<Day, std::uint64_t> run(int cut_at) {
    synced_disk = {};
    synced_disk.cut_at = cut_at;
    Now now{SteadyTime(hours(1000)), at(kDay, hours(22))};
    std::map<Day, std::uint64_t> promised;
    std::filesystem::create_directories(folder());
    std::ofstream(folder() / "archive.json") << version_line(1) << made_line(at(kDay, -hours(48)));
    Writer writer(take(), 0, events_, now);
    written_.clear();
    std::map<Day, std::uint64_t>& written = written_;
    for (int minute = 0; minute < 60 * 30 && !synced_disk.left; minute += 20) {
      now.steady += minutes(20);
      now.utc += minutes(20);
      const Day today = std::chrono::floor<std::chrono::days>(now.utc);
      for (const Day day : {today, kDay}) {
        const bool is_late = day == kDay && today != kDay;
        if (is_late && minute != 60 * 5) continue;
        writer.write({lines(day, written[day], 7)}, now);
        written[day] += 7;
      }
      for (int i = 0; i < 50 && writer.work(now) <= now.steady; ++i) {
      }
      writer.sync(now);
      if (!synced_disk.left) promised = written;
    }
    return promised;
  }
  /// The folder as the power cut has left it.
  void cut() {
    std::filesystem::remove_all(folder());
    std::filesystem::create_directories(folder());
    for (const auto& [path, bytes] : *synced_disk.left) std::ofstream(path, std::ios::binary) << bytes;
  }
  /// How many days count as whole. None may that has lost a line, since the database alone has it.
  std::size_t count_whole_days() {
    std::size_t whole = 0;
    for (const auto& [day, count] : written_) {
      if (!WholeDays(folder(), UtcMillis{}).has(name_of(day))) continue;
      ++whole;
      Question question;
      question.from = question.to = day;
      EXPECT_EQ(read(question).size(), count) << name_of(day);
    }
    return whole;
  }

  std::map<Day, std::uint64_t> written_;  ///< lines, until the power went, and so sent
};

TEST_F(ArchivePowerCut, CostsNothingThatWasSyncedWhereverItComes) {
  static_cast<void>(run(0));
  const int syncs = synced_disk.syncs;
  ASSERT_GT(syncs, 50);
  EXPECT_TRUE(names().contains("2026-11-27.jsonl.zst"));
  std::size_t whole = 0;
  for (int sync = 2; sync <= syncs; ++sync) {  // the first one makes the names
    std::filesystem::remove_all(folder());
    const std::map<Day, std::uint64_t> promised = run(sync);
    ASSERT_TRUE(synced_disk.left) << sync;
    cut();
    for (int start = 0; start < 2; ++start) {
      for (const auto& [day, count] : promised) {
        Question question;
        question.from = question.to = day;
        EXPECT_GE(read(question).size(), count) << name_of(day) << ", power cut at sync " << sync;
        EXPECT_THAT(summary_.flaws, testing::IsEmpty()) << sync;
      }
      // The next start repairs what there is to be repaired, and seals once more.
      Now later{SteadyTime(hours(5000)), UtcMillis(kDay + std::chrono::days(9))};
      Writer writer(take("second-boot"), 0, events_, later);
      for (int i = 0; i < 50 && writer.work(later) <= later.steady; ++i) {
      }
      SCOPED_TRACE("power cut at sync " + std::to_string(sync));
      whole += count_whole_days();
    }
  }
  EXPECT_GT(whole, 0u);
}

TEST_F(ArchivePowerCut, AfterAnEndCostsNothing) {
  Now now{SteadyTime(hours(1000)), at(kDay, hours(12))};
  {
    Writer killed(take(), 0, events_, now);
    killed.write({lines(kDay, 0, 3)}, now);
  }
  synced_disk = {};
  {
    Writer writer(take(), 0, events_, now);
    writer.write({lines(kDay + std::chrono::days(1), 0, 2)}, now);
    EXPECT_TRUE(writer.end(now));
  }
  synced_disk.cut_at = synced_disk.syncs + 1;
  EXPECT_TRUE(sync_folder(folder()));
  cut();
  Writer writer(take("second-boot"), 0, events_, now);
  EXPECT_EQ(read().size(), 5u) << "what the killed one has left, too";
  EXPECT_TRUE(Folder::account_of(folder())->cut.empty());
}

TEST_F(ArchivePowerCut, CostsNothingOfADayBesideOneThatCannotBeWritten) {
  synced_disk = {};
  Now now{SteadyTime(hours(1000)), at(kDay, hours(22))};
  const Day next = kDay + std::chrono::days(1);
  std::filesystem::create_directories(file(next, FileName::Kind::kPlain));
  Writer writer(take(), 0, events_, now);
  writer.write({lines(kDay, 0, 3), lines(next, 0, 1)}, now);
  EXPECT_EQ(metrics_.archive_writable.Value(), 0);
  writer.sync(now);
  struct stat status {};
  ASSERT_EQ(::stat(file(kDay, FileName::Kind::kPlain).c_str(), &status), 0);
  EXPECT_EQ(synced_disk.bytes[status.st_ino], lines(kDay, 0, 3).text.view());
}

TEST_F(ArchivePowerCut, CostsNothingOfWhatAReplayHasSent) {
  // How many lines were left by when each could be sent, in their order, until the power goes at `cut_at`.
  const auto run = [&](int cut_at) {
    std::filesystem::remove_all(folder());
    static_cast<void>(take());
    synced_disk = {};
    EXPECT_TRUE(sync_folder(folder()));
    synced_disk.cut_at = cut_at;
    const auto replayed = ReplayedLines::open(folder(), 0);
    std::size_t sent = 0;
    for (const std::vector<DayLines>& some :
         {std::vector{lines(kDay, 0, 5)}, std::vector{lines(kDay, 5, 5)},
          std::vector{lines(kDay + std::chrono::days(1), 0, 3)}, std::vector{lines(kDay, 10, 1)}}) {
      EXPECT_TRUE((*replayed)->put(some));
      if (synced_disk.left) break;
      for (const DayLines& of_day : some) sent += static_cast<std::size_t>(of_day.lines);
    }
    return sent;
  };
  EXPECT_EQ(run(0), 14u);
  const int syncs = synced_disk.syncs;
  for (int sync = 2; sync <= syncs; ++sync) {  // the first one makes the names
    const std::size_t sent = run(sync);
    ASSERT_TRUE(synced_disk.left) << sync;
    cut();
    EXPECT_GE(read().size(), sent) << "power cut at sync " << sync;
  }
}

}  // namespace
}  // namespace firebase_relay::archive
