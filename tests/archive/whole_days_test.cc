// Which days the database may lose.
#include "archive/whole_days.h"
#include "archive/archive_fixture.h"
#include "archive/missing_entries.h"

namespace firebase_relay::archive {
namespace {

using enum FileName::Kind;

class WholeDaysTest : public ArchiveTest {
 protected:
  static constexpr std::chrono::days kAhead{1};  ///< of what a message's own time may be

  WholeDaysTest() {
    take();
    make_it_old();
  }
  /// As if the archive had been made long before.
  void make_it_old() const { make_it_of(UtcMillis(kDay - std::chrono::days(100))); }
  void make_it_of(UtcMillis time, const std::string& more = "") const {
    std::ofstream(folder() / "archive.json") << version_line(1) << made_line(time) << more;
  }
  [[nodiscard]] bool has(UtcMillis since = UtcMillis{}) const { return WholeDays(folder(), since).has(name_of(kDay)); }
};

TEST_F(WholeDaysTest, HasADayOnceAllOfItIsSealed) {
  EXPECT_FALSE(has()) << "there is no such day";
  append(lines(kDay, 0, 10));
  EXPECT_FALSE(has());
  seal(kDay);
  EXPECT_TRUE(has());
  append(lines(kDay, 10, 1));
  EXPECT_FALSE(has()) << "a line has come late";
  seal(kDay);
  EXPECT_TRUE(has());
  std::ofstream(file(kDay, kHole)) << "";
  EXPECT_FALSE(has()) << "lines of it were lost";
  EXPECT_FALSE(WholeDays(folder(), UtcMillis{}).has("today"));
}

TEST_F(WholeDaysTest, HasNoDayThatBeganBeforeTheArchiveOrWhileARunWentWithoutIt) {
  append(lines(kDay, 0, 10));
  seal(kDay);
  EXPECT_TRUE(has(UtcMillis(kDay - kAhead)));
  EXPECT_FALSE(has(UtcMillis(kDay - kAhead) + std::chrono::milliseconds(1)));
  EXPECT_FALSE(has(UtcMillis::max()));
  make_it_of(UtcMillis(kDay + std::chrono::hours(1)));
  EXPECT_FALSE(has()) << "the archive was made on that day";
  std::filesystem::remove(folder() / "archive.json");
  EXPECT_FALSE(has());
}

TEST_F(WholeDaysTest, HasNoDayOfWhichMessagesCameBeforeItBegan) {
  append(lines(kDay, 0, 10));
  seal(kDay);
  const UtcMillis eve = at(kDay, std::chrono::hours(-1));  // one of the day's first hour was here by then, perhaps
  EXPECT_FALSE(has(eve)) << "a run went without the archive until then";
  make_it_of(eve);
  EXPECT_FALSE(has()) << "the archive was made then";
  make_it_of(UtcMillis(kDay - kAhead));
  EXPECT_TRUE(has());
}

TEST_F(WholeDaysTest, TakesTheTimeOfAFileThatDoesNotSayHowOldTheArchiveIs) {
  append(lines(kDay, 0, 10));
  seal(kDay);
  const auto is_whole_if_written_at = [&](UtcMillis time) {
    std::ofstream(folder() / "archive.json") << version_line(1);
    std::filesystem::last_write_time(folder() / "archive.json", std::chrono::file_clock::from_sys(time));
    return has();
  };
  EXPECT_TRUE(is_whole_if_written_at(UtcMillis(kDay - kAhead)));
  EXPECT_FALSE(is_whole_if_written_at(UtcMillis(kDay - kAhead) + std::chrono::hours(1)));
}

TEST_F(WholeDaysTest, HasNoDayWhosePlainFileIsMissed) {
  append(lines(kDay, 0, 10));
  seal(kDay);
  make_it_of(UtcMillis(kDay - std::chrono::days(9)), begun_line(kDay));
  EXPECT_FALSE(has()) << "late lines, of which the plain file was taken away";
  make_it_of(UtcMillis(kDay - std::chrono::days(9)), begun_line(kDay) + sealed_line(kDay));
  EXPECT_TRUE(has());
}

TEST_F(WholeDaysTest, HasNoDayOfWhichReplayedLinesWait) {
  append(lines(kDay, 0, 10));
  seal(kDay);
  std::ofstream(folder() / "2026-11-27.replayed.3") << lines(kDay, 20, 1).text.view();
  EXPECT_EQ(WholeDays(folder(), UtcMillis{}).flaw_of(name_of(kDay)),
            "lines that were replayed wait for the relay that writes the archive");
  std::filesystem::rename(folder() / "2026-11-27.replayed.3", folder() / "2026-11-26.replayed.3");
  EXPECT_TRUE(has()) << "those of another day";
}

TEST_F(WholeDaysTest, HasNoDayThatWasWrittenWhenThePowerWent) {
  Now now{SteadyTime(std::chrono::hours(1000)), at(kDay, std::chrono::hours(12))};
  const auto start = [&](const std::string& boot) { return Writer(take(boot), 0, events_, now); };
  const Day before = kDay - std::chrono::days(1);
  append(lines(before, 0, 3));
  seal(before);
  start("one").write({lines(kDay, 0, 3)}, now);
  {
    Writer killed = start("one");
    killed.write({lines(kDay, 3, 3)}, now);
  }
  EXPECT_EQ(log_.str(), "") << "a kill costs nothing";
  now.utc += std::chrono::hours(24);
  const auto seal_what_is_due = [&](const std::string& boot) {
    Writer writer = start(boot);
    for (int i = 0; i < 50 && writer.work(now) <= now.steady; ++i) {
    }
    EXPECT_TRUE(writer.end(now));
  };
  seal_what_is_due("two");
  EXPECT_THAT(log_.str(), testing::HasSubstr("may have cost the last minute of 2026-11-27. They are sealed as ever"));
  EXPECT_TRUE(names().contains("2026-11-27.jsonl.zst"));
  EXPECT_EQ(WholeDays(folder(), UtcMillis{}).flaw_of(name_of(kDay)), "a power cut came while it was written");
  EXPECT_TRUE(WholeDays(folder(), UtcMillis{}).has(name_of(before)));
  log_.str("");
  seal_what_is_due("three");
  seal_what_is_due("three");
  EXPECT_EQ(log_.str(), "") << "told once";
  EXPECT_FALSE(has()) << "for good";
}

TEST_F(WholeDaysTest, HasADayOverAStartOfTheSystemIfTheRunHadEndedOrDidNotSay) {
  Now now{SteadyTime(std::chrono::hours(1000)), at(kDay, std::chrono::hours(12))};
  append(lines(kDay, 0, 3));  // by a version that noted no run
  for (const char* boot : {"one", "two", "three"}) {
    Writer writer(take(boot), 0, events_, now);
    writer.write({lines(kDay, 3, 3)}, now);
    EXPECT_TRUE(writer.end(now));
  }
  seal(kDay);
  make_it_of(UtcMillis(kDay - std::chrono::days(9)), bytes_of(folder() / "archive.json") + sealed_line(kDay));
  EXPECT_TRUE(has());
  EXPECT_EQ(log_.str(), "");
}

TEST_F(WholeDaysTest, HasNoDayOfARunThatASystemWithoutABootIdDidNotEnd) {
  const Now now{SteadyTime(std::chrono::hours(1000)), at(kDay, std::chrono::hours(12))};
  Writer(take(""), 0, events_, now).write({lines(kDay, 0, 3)}, now);
  static_cast<void>(Writer(take(""), 0, events_, now));
  EXPECT_TRUE(Folder::account_of(folder())->cut.contains(kDay)) << "it may have been another start";
}

TEST_F(WholeDaysTest, HasNoDayWhoseSealedFileIsDamaged) {
  append(lines(kDay, 0, 10'000));
  seal(kDay);
  const std::string whole = bytes_of(file(kDay, kSealed));
  const auto is_whole_with = [&](const std::string& bytes) {
    std::ofstream(file(kDay, kSealed), std::ios::binary | std::ios::trunc) << bytes;
    return has();
  };
  EXPECT_TRUE(is_whole_with(whole));
  EXPECT_FALSE(is_whole_with(""));
  for (const std::size_t size : {std::size_t{1}, whole.size() / 2, whole.size() - 1})
    EXPECT_FALSE(is_whole_with(whole.substr(0, size))) << size;
  EXPECT_FALSE(is_whole_with(whole + "x"));
  EXPECT_FALSE(is_whole_with(std::string(200, 'x')));
  EXPECT_TRUE(is_whole_with(whole + whole)) << "two frames";
}

TEST_F(WholeDaysTest, ReadsNothingOfAFileThatHasTheSizeWithWhichItWasSealed) {
  append(lines(kDay, 0, 10'000));
  seal(kDay);
  const std::string whole = bytes_of(file(kDay, kSealed));
  const auto is_whole_with = [&](const std::string& bytes, std::uint64_t noted) {
    make_it_of(UtcMillis(kDay - std::chrono::days(9)), begun_line(kDay) + packed_line(kDay, noted) + sealed_line(kDay));
    std::ofstream(file(kDay, kSealed), std::ios::binary | std::ios::trunc) << bytes;
    return has();
  };
  EXPECT_TRUE(is_whole_with(whole, whole.size()));
  EXPECT_TRUE(is_whole_with(std::string(whole.size(), 'x'), whole.size())) << "export and prune would see it";
  EXPECT_FALSE(is_whole_with(whole.substr(1), whole.size()));
  EXPECT_FALSE(is_whole_with("", 0));
  EXPECT_TRUE(is_whole_with(whole + whole, whole.size())) << "a frame more, of a version that noted no size";
}

TEST_F(WholeDaysTest, LineThatComesLateMakesNoDamagedFileWhole) {
  Now now{SteadyTime(std::chrono::hours(1000)), at(kDay, std::chrono::hours(12))};
  Writer writer(take(), 0, events_, now);
  const auto seal_with = [&](const DayLines& more) {
    writer.write({more}, now);
    now.utc += std::chrono::hours(24);
    for (int i = 0; i < 50 && writer.work(now) <= now.steady; ++i) {
    }
  };
  seal_with(lines(kDay, 0, 10'000));
  seal_with(lines(kDay, 10'000, 1));
  EXPECT_TRUE(has());
  EXPECT_EQ(Folder::account_of(folder())->packed.at(kDay), std::filesystem::file_size(file(kDay, kSealed)));
  std::filesystem::resize_file(file(kDay, kSealed), 1000);
  seal_with(lines(kDay, 10'001, 1));
  EXPECT_GT(std::filesystem::file_size(file(kDay, kSealed)), 1000u);
  EXPECT_FALSE(has());
}

TEST_F(WholeDaysTest, FileThatIsRemovedUnderTheWriterIsAHole) {
  auto day = DayFile::open(folder(), kDay);
  ASSERT_TRUE(day);
  ASSERT_TRUE(day->append(std::vector{lines(kDay, 0, 1)}));
  std::filesystem::remove(file(kDay, kPlain));
  const Result<void> synced = day->sync();
  ASSERT_FALSE(synced);
  EXPECT_THAT(synced.error().what, testing::HasSubstr("was removed"));
}

TEST_F(WholeDaysTest, TellsWhyItHasADayNotWhole) {
  const auto flaw = [&](UtcMillis since = UtcMillis{}) {
    return std::string(WholeDays(folder(), since).flaw_of(name_of(kDay)));
  };
  EXPECT_EQ(flaw(), "the archive has nothing of it");
  append(lines(kDay, 0, 10));
  EXPECT_EQ(flaw(), "the archive has not sealed all of it");
  seal(kDay);
  EXPECT_EQ(flaw(), "");
  EXPECT_EQ(flaw(UtcMillis(kDay + std::chrono::days(1))), "a relay has run without the archive since");
  EXPECT_EQ(flaw(UtcMillis::max()), "the outbox does not say that every relay has written the archive");
  std::filesystem::resize_file(file(kDay, kSealed), 10);
  EXPECT_EQ(flaw(), "its sealed file is damaged");
  std::ofstream(file(kDay, kHole)) << "";
  EXPECT_EQ(flaw(), "lines of it were lost");
  EXPECT_EQ(WholeDays(folder(), UtcMillis{}).flaw_of(name_of(kDay - std::chrono::days(200))),
            "it is older than the archive");
}

TEST_F(WholeDaysTest, CountsEntriesThatNoFileOfADayHas) {
  std::vector<std::string> keys;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const HistoryKey key(at(kDay, std::chrono::seconds(i)), {i, i}, 0);
    keys.emplace_back(key.text());
  }
  EXPECT_EQ(count_missing(folder(), kDay, keys), 20u) << "there is no such day";
  append(lines(kDay, 0, 10));
  seal(kDay);
  EXPECT_EQ(count_missing(folder(), kDay, keys), 10u);
  append(lines(kDay, 8, 5));
  EXPECT_EQ(count_missing(folder(), kDay, keys), 7u) << "in either file";
  EXPECT_EQ(count_missing(folder(), kDay, {}), 0u);
}

}  // namespace
}  // namespace firebase_relay::archive
