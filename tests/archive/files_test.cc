// Plain and sealed files, and what is read of them, damaged ones too.
#include <unistd.h>

#include "archive/archive_fixture.h"
#include "archive/lines_of_file.h"

namespace firebase_relay::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using enum FileName::Kind;

class FilesTest : public ArchiveTest {};

TEST_F(FilesTest, EntriesAreLinesOfTheDaysOfTheirKeys) {
  HistoryRun run;
  const UtcMillis late = UtcMillis(kDay + std::chrono::days(1)) - std::chrono::milliseconds(1);
  for (const UtcMillis time : {late, late + std::chrono::milliseconds(1), late}) {
    const HistoryKey key(time, {run.entries.size(), 0}, 0);
    run.add("history/BRK%2EB/prices/" + std::string(key.text()), "{\"price\":1}", {});
  }
  std::vector<DayLines> days;
  append_lines(run, days);

  ASSERT_EQ(days.size(), 2u);
  EXPECT_EQ(days[0].day, kDay);
  EXPECT_EQ(days[0].lines, 2u);
  EXPECT_EQ(days[1].lines, 1u);
  EXPECT_EQ(days[1].text.view(), "{\"" + std::string(run.path_of(1)) + "\":{\"price\":1}}\n");
}

TEST_F(FilesTest, TextOfADayKeepsWhatItHasWhenItGrows) {
  RawText text("the first\n");
  std::string expected("the first\n");
  text.append("");
  for (int i = 0; i < 1000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    std::copy(line.begin(), line.end(), text.grow(line.size()));
    expected += line;
  }
  const RawText copied = text;
  const RawText moved = std::move(text);
  EXPECT_EQ(copied.view(), expected);
  EXPECT_EQ(moved.view(), expected);
  EXPECT_EQ(moved.size(), expected.size());
}

TEST_F(FilesTest, PlainFileIsItsOwnersAlone) {
  append(lines(kDay, 0, 1));
  EXPECT_EQ(std::filesystem::status(file(kDay, kPlain)).permissions(), std::filesystem::perms(0600));
}

TEST_F(FilesTest, LinesOfManyBlocksAreWrittenOneBehindTheOther) {
  std::vector<DayLines> blocks;
  std::string all;
  for (std::size_t i = 0; i < 300; ++i) {  // more than one call of the system takes
    blocks.push_back(i % 7 == 0 ? DayLines{kDay, {}, 0} : lines(kDay, i, 1));
    all += blocks.back().text.view();
  }
  std::filesystem::create_directories(folder());
  auto opened = DayFile::open(folder(), kDay);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->append(blocks));
  EXPECT_EQ(opened->bytes(), all.size());
  EXPECT_EQ(bytes_of(file(kDay, kPlain)), all);
}

TEST_F(FilesTest, HalfALastLineIsDroppedAtTheOpening) {
  append(lines(kDay, 0, 3));
  const std::string whole = bytes_of(file(kDay, kPlain));
  for (const std::size_t cut : {std::size_t{1}, whole.size() / 3 - 1}) {
    std::ofstream(file(kDay, kPlain), std::ios::app) << whole.substr(0, cut);
    auto opened = DayFile::open(folder(), kDay);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->dropped_bytes(), cut);
    EXPECT_EQ(bytes_of(file(kDay, kPlain)), whole);
  }
  std::ofstream(file(kDay, kPlain), std::ios::trunc) << std::string(200'000, 'x');
  auto opened = DayFile::open(folder(), kDay);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->bytes(), 0u) << "nothing but half a line";
}

TEST_F(FilesTest, SealedDayHasItsLinesOnceAndNoPlainFile) {
  append(lines(kDay, 0, 1000));
  const std::vector<std::string> before = read();
  const std::uint64_t plain_bytes = std::filesystem::file_size(file(kDay, kPlain));
  seal(kDay);

  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst"));
  EXPECT_EQ(std::filesystem::status(file(kDay, kSealed)).permissions(), std::filesystem::perms(0600));
  EXPECT_LT(std::filesystem::file_size(file(kDay, kSealed)), plain_bytes / 2);
  EXPECT_EQ(read(), before);
  EXPECT_THAT(before, SizeIs(1000));
  EXPECT_THAT(summary_.flaws, IsEmpty());
}

TEST_F(FilesTest, WhatComesLateIsOneMoreFrame) {
  append(lines(kDay, 0, 10));
  seal(kDay);
  append(lines(kDay, 20, 5));
  EXPECT_THAT(read(), SizeIs(15)) << "plain behind sealed";
  seal(kDay);
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl.zst"));
  EXPECT_THAT(read(), SizeIs(15));
  EXPECT_THAT(summary_.flaws, IsEmpty());
}

TEST_F(FilesTest, SealingThatIsGivenUpLeavesAllAsItWas) {
  append(lines(kDay, 0, 10));
  {
    auto sealing = Sealing::begin(folder(), kDay);
    ASSERT_TRUE(sealing);
    ASSERT_TRUE(sealing->step());
  }
  EXPECT_THAT(names(), ElementsAre("2026-11-27.jsonl"));
  EXPECT_THAT(read(), SizeIs(10));
}

TEST_F(FilesTest, KilledBetweenRenamingAndRemovingEachEntryIsReadOnce) {
  append(lines(kDay, 0, 10));
  const std::string plain = bytes_of(file(kDay, kPlain));
  seal(kDay);
  std::ofstream(file(kDay, kPlain)) << plain;
  EXPECT_THAT(read(), SizeIs(10));
  EXPECT_EQ(summary_.lines, 20u);
  seal(kDay);
  EXPECT_THAT(read(), SizeIs(10));
  EXPECT_THAT(summary_.flaws, IsEmpty());
}

TEST_F(FilesTest, EntriesComeInTheOrderOfTheirKeysWhateverTheMemory) {
  DayLines mixed{kDay, {}, 0};
  std::vector<std::string> expected;
  for (std::uint64_t i = 0; i < 500; ++i) expected.push_back(line(at(kDay, std::chrono::seconds(i)), i));
  for (std::uint64_t i = 0; i < 1000; ++i) mixed.text.append(expected[i * 7 % 500] + "\n");  // each twice
  append(mixed);
  EXPECT_EQ(read(), expected);
  EXPECT_EQ(read({}, 5'000), expected) << "in some twenty runs";
  EXPECT_EQ(summary_.entries, 500u);
  EXPECT_EQ(summary_.lines, 1000u);
}

TEST_F(FilesTest, RangeHasBothItsEnds) {
  for (int i = 0; i < 5; ++i) append(lines(kDay + std::chrono::days(i), 0, 1));
  Question question;
  question.from = kDay + std::chrono::days(1);
  question.to = kDay + std::chrono::days(3);
  EXPECT_THAT(read(question), SizeIs(3));
  EXPECT_THAT(read(), SizeIs(5));
}

TEST_F(FilesTest, DamagedSealedFileIsSaidByNameAndTheRestIsRead) {
  append(lines(kDay, 0, 2000));
  append(lines(kDay + std::chrono::days(1), 0, 7));
  seal(kDay);
  seal(kDay + std::chrono::days(1));
  const std::string whole = bytes_of(file(kDay, kSealed));
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x10);
  for (const std::string& damaged : {whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1), flipped,
                                     std::string("no zstd at all"), whole + "behind"}) {
    std::ofstream(file(kDay, kSealed), std::ios::trunc | std::ios::binary) << damaged;
    EXPECT_GE(read().size(), 7u);
    EXPECT_THAT(summary_.flaws, ElementsAre(HasSubstr("2026-11-27.jsonl.zst: ")));
  }
}

TEST_F(FilesTest, DamagedSealedFileMayBeEmpty) {
  append(lines(kDay, 0, 3));
  std::ofstream(file(kDay + std::chrono::days(1), kSealed)) << "";
  EXPECT_THAT(read(), SizeIs(3));
  EXPECT_THAT(summary_.flaws, ElementsAre("2026-11-28.jsonl.zst: it is empty, and a sealed file never is"));

  append(lines(kDay + std::chrono::days(2), 0, 0));
  seal(kDay + std::chrono::days(2));
  EXPECT_THAT(read(), SizeIs(3));
  EXPECT_THAT(summary_.flaws, SizeIs(1)) << "a day without a line is sealed with a count of its own";
}

TEST_F(FilesTest, LinesThatAreNoEntriesOfTheirDayAreCountedAndLeftOut) {
  DayLines odd = lines(kDay, 0, 2);
  odd.text.append("{\"sealed\":9}\nnot json\n\n" + line(at(kDay + std::chrono::days(1), {}), 1) + "\n");
  append(odd);
  EXPECT_THAT(read(), SizeIs(2));
  EXPECT_THAT(summary_.flaws, ElementsAre(HasSubstr("4 lines are no entries of that day")));
}

TEST_F(FilesTest, LineIsTakenApartAtItsQuotes) {
  const std::string text = line(at(kDay, {}), 1, "history/A\\\"B/prices");
  const auto found = parse_line(text);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value, "{\"price\":1}");
  EXPECT_EQ(found->key.size(), kHistoryKeySize);
  EXPECT_TRUE(found->path.starts_with("history/A\\\"B/prices/"));
  for (const char* wrong : {"", "{}", "{\"a\":1}", "{\"services/AAPL/price\":1}", "{\"", "{\"\\", "{\"history/-O\"}"})
    EXPECT_FALSE(parse_line(wrong)) << wrong;
}

TEST_F(FilesTest, ArchiveOfALaterVersionIsRefused) {
  append(lines(kDay, 0, 1));
  std::ofstream(folder() / "archive.json") << "{\"archive\":2}\n";
  const auto taken = Folder::take(folder());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kTooNew);
  const auto result = read_archive(folder(), "/tmp", {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTooNew);
}

TEST_F(FilesTest, FolderThatIsNoArchiveIsNotReadAsAnEmptyOne) {
  const auto error_of_reading = [](const std::filesystem::path& path) {
    auto result = read_archive(path, "/tmp", {});
    return result ? Error{ErrorCode::kBusy, "none", ""} : result.error();
  };
  EXPECT_EQ(error_of_reading(folder()).code, ErrorCode::kInvalid);
  EXPECT_THAT(error_of_reading(folder()).what, HasSubstr("there is no such folder"));

  std::ofstream(dir_.file("file")) << "x";
  EXPECT_EQ(error_of_reading(dir_.file("file")).code, ErrorCode::kInvalid);
  EXPECT_THAT(error_of_reading(dir_.file("file")).what, HasSubstr("is no folder"));

  std::filesystem::create_directory(folder());
  std::ofstream(folder() / "notes.txt") << "x";
  EXPECT_EQ(error_of_reading(folder()).code, ErrorCode::kInvalid);
  EXPECT_THAT(error_of_reading(folder()).what, HasSubstr("neither archive.json nor a file of a day"));

  std::filesystem::create_symlink(dir_.file("loop"), dir_.file("loop"));
  EXPECT_EQ(error_of_reading(dir_.file("loop")).code, ErrorCode::kIo);
  EXPECT_THAT(error_of_reading(dir_.file("loop")).what, HasSubstr("cannot be read"));

  std::ofstream(folder() / "archive.json") << "{\"archive\":1}\n";
  EXPECT_THAT(read(), IsEmpty()) << "an archive that has just begun";
}

TEST_F(FilesTest, FolderThatMayNotBeReadIsNotReadAsAnEmptyOne) {
  append(lines(kDay, 0, 3));
  std::filesystem::permissions(dir_.file(""), std::filesystem::perms(0755));
  std::filesystem::permissions(folder(), std::filesystem::perms(0000));
  const bool is_root = ::geteuid() == 0;
  if (is_root) {  // who may read everything
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto result = read_archive(folder(), "/tmp", {});
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  std::filesystem::permissions(folder(), std::filesystem::perms(0700));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_THAT(result.error().what, HasSubstr("cannot be read: Permission denied"));
  EXPECT_THAT(result.error().remedy, HasSubstr("user of the relay"));
}

TEST_F(FilesTest, OneRelayWritesIt) {
  const Folder first = take();
  const auto second = Folder::take(folder());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_THAT(Folder::look_at(folder(), 0).value(), HasSubstr("in use by a relay"));
  EXPECT_EQ(std::filesystem::status(folder()).permissions(), std::filesystem::perms(0700));
}

TEST_F(FilesTest, FolderOnADiskWithoutRoomIsSaidBeforeItIsUsed) {
  ASSERT_TRUE(Folder::look_at(folder(), 1 << 20)) << "not made yet";
  const auto looked = Folder::look_at(folder(), UINT64_MAX);
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, ErrorCode::kIo);
  EXPECT_THAT(looked.error().what, HasSubstr(" MiB left, and the archive leaves "));
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(FilesTest, FolderThatCannotBeMadeIsSaidBeforeItIsUsed) {
  for (const char* path : {"/proc/x", "/proc/x/y"}) {
    EXPECT_THAT(Folder::take(path).error().what, HasSubstr(std::string(path) + " cannot be made"));
    const auto looked = Folder::look_at(path, 0);
    ASSERT_FALSE(looked) << *looked;
    EXPECT_THAT(looked.error().what, HasSubstr("/proc"));
    EXPECT_FALSE(looked.error().remedy.empty());
  }
  EXPECT_THAT(Folder::look_at(dir_.file("new") + "/below", 0).value(), HasSubstr("not made yet"));
  EXPECT_FALSE(std::filesystem::exists(dir_.file("new")));
}

TEST_F(FilesTest, LookSaysHowManyDaysThereAre) {
  append(lines(kDay, 0, 1));
  seal(kDay);
  static_cast<void>(take());
  EXPECT_THAT(Folder::look_at(folder(), 0).value(), HasSubstr(", 1 day sealed, 0 plain"));
}

TEST_F(FilesTest, FolderThatIsNoneIsRefused) {
  std::ofstream(dir_.file("file")) << "x";
  EXPECT_EQ(Folder::take(dir_.file("file")).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Folder::take(dir_.file("file") + "/below").error().code, ErrorCode::kIo);
  EXPECT_EQ(Folder::look_at(dir_.file("file"), 0).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace firebase_relay::archive
