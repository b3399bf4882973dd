#include "archive/reader.h"

#include "archive/archive_fixture.h"

namespace firebase_relay::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using enum FileName::Kind;

/// An archive of three days: kDay is sealed, the two behind it are plain.
class ReaderTest : public ArchiveTest {
 protected:
  static constexpr Day kNext = kDay + std::chrono::days(1);
  static constexpr Day kLast = kDay + std::chrono::days(2);

  ReaderTest() {
    for (const Day day : {kDay, kNext, kLast}) append(lines(day, 0, 3));
    seal(kDay);
    account(begun_line(kDay) + begun_line(kNext) + sealed_line(kDay) + begun_line(kLast));
  }
  void account(const std::string& lines) const { std::ofstream(folder() / "archive.json") << version_line(1) << lines; }
};

TEST_F(ReaderTest, HasNothingToSayOfAWholeArchive) {
  EXPECT_THAT(read(), SizeIs(9));
  EXPECT_THAT(summary_.losses, IsEmpty());
  EXPECT_THAT(summary_.flaws, IsEmpty());
}

TEST_F(ReaderTest, NamesDaysWithAHoleAndGivesWhatTheyHave) {
  std::ofstream(file(kNext, kHole)) << "";
  std::ofstream(file(kLast + std::chrono::days(1), kHole)) << "";  // every line of it was lost
  EXPECT_THAT(read(), SizeIs(9));
  EXPECT_THAT(summary_.losses, ElementsAre("2026-11-28: lines of it were lost (a hole, see docs/archive.md)",
                                           "2026-11-30: lines of it were lost (a hole, see docs/archive.md)"));
  EXPECT_THAT(summary_.flaws, IsEmpty()) << "no file is damaged";
}

TEST_F(ReaderTest, NamesADayWhosePlainFileWasTakenAway) {
  std::filesystem::remove(file(kNext, kPlain));
  EXPECT_THAT(read(), SizeIs(6));
  EXPECT_THAT(summary_.losses, ElementsAre(HasSubstr("2026-11-28: its file 2026-11-28.jsonl was taken away")));

  std::ofstream(file(kNext, kHole)) << "";  // a relay has seen it
  EXPECT_THAT(read(), SizeIs(6));
  EXPECT_THAT(summary_.losses, ElementsAre(HasSubstr("2026-11-28: lines of it were lost"))) << "once";
}

TEST_F(ReaderTest, SaysNothingOfLossesInDaysThatNobodyAskedFor) {
  std::ofstream(file(kDay, kHole)) << "";
  std::filesystem::remove(file(kLast, kPlain));
  Question question;
  question.from = question.to = kNext;
  EXPECT_THAT(read(question), SizeIs(3));
  EXPECT_THAT(summary_.losses, IsEmpty());

  question.to = kLast;
  EXPECT_THAT(read(question), SizeIs(3));
  EXPECT_THAT(summary_.losses, ElementsAre(HasSubstr("2026-11-29: its file ")));
}

TEST_F(ReaderTest, SaysOfAHoleThatOpensWhileItReads) {
  Question question;
  question.progress = [this](Day day, std::size_t, std::size_t) {
    if (day == kLast) std::ofstream(file(kDay, kHole)) << "";
  };
  EXPECT_THAT(read(question), SizeIs(9));
  EXPECT_THAT(summary_.losses, ElementsAre(HasSubstr("2026-11-27: lines of it were lost")));
}

}  // namespace
}  // namespace firebase_relay::archive
