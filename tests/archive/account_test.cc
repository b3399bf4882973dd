// What an archive says of itself.
#include "archive/account.h"

#include <gmock/gmock.h>

#include "archive/archive_fixture.h"

namespace firebase_relay::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Day kAccountDay = Day(std::chrono::year(2026) / 11 / 27);
constexpr UtcMillis kTime = UtcMillis(kAccountDay) + std::chrono::milliseconds(1);

TEST(Account, SaysWhichDaysHaveAPlainFile) {
  std::string text = version_line(1) + made_line(kTime) + begun_line(kAccountDay);
  EXPECT_EQ(text, "{\"archive\":1}\n{\"made\":1795737600001}\n{\"begun\":\"2026-11-27\"}\n");
  EXPECT_EQ(Account::of(text).version, 1);
  EXPECT_EQ(Account::of(text).made_at, kTime);
  EXPECT_THAT(Account::of(text).plain, ElementsAre(kAccountDay));
  text += begun_line(kAccountDay + std::chrono::days(1)) + sealed_line(kAccountDay);
  EXPECT_THAT(Account::of(text).plain, ElementsAre(kAccountDay + std::chrono::days(1)));
  text += begun_line(kAccountDay);
  EXPECT_EQ(Account::of(text).plain.size(), 2u) << "lines that came late";
}

TEST(Account, SaysWhetherTheLastRunHasEndedAndWhatAPowerCutCameTo) {
  std::string text = version_line(1);
  EXPECT_EQ(Account::of(text).boot, std::nullopt) << "of an earlier version";
  text += boot_line("one");
  EXPECT_EQ(text, "{\"archive\":1}\n{\"boot\":\"one\"}\n");
  EXPECT_EQ(Account::of(text).boot, "one");
  EXPECT_FALSE(Account::of(text).has_ended);
  EXPECT_TRUE(Account::of(text + ended_line("one")).has_ended);
  EXPECT_FALSE(Account::of(text + ended_line("two")).has_ended);
  EXPECT_FALSE(Account::of(text + ended_line("one") + boot_line("one")).has_ended);
  text += cut_line(kAccountDay) + sealed_line(kAccountDay);
  EXPECT_THAT(Account::of(text).cut, ElementsAre(kAccountDay)) << "for good";
}

TEST(Account, SaysHowLargeSealedFilesAre) {
  const std::string text = version_line(1) + begun_line(kAccountDay) + packed_line(kAccountDay, 10);
  EXPECT_EQ(text.substr(text.find("{\"packed\"")), "{\"packed\":\"2026-11-27\",\"bytes\":10}\n");
  EXPECT_THAT(Account::of(text).packed, ElementsAre(std::pair(kAccountDay, 10u)));
  EXPECT_THAT(Account::of(text).plain, ElementsAre(kAccountDay)) << "until it is sealed";
  EXPECT_THAT(Account::of(text + packed_line(kAccountDay, 25)).packed, ElementsAre(std::pair(kAccountDay, 25u)));
  for (const char* line : {"{\"packed\":\"2026-11-27\"}\n", "{\"packed\":\"2026-11-27\",\"bytes\":}\n",
                           "{\"packed\":\"2026-11-27\",\"bytes\":-1}\n", "{\"packed\":\"2026\",\"bytes\":1}\n"})
    EXPECT_THAT(Account::of(version_line(1) + line).packed, IsEmpty()) << line;
}

TEST(Account, PassesOverWhatAPowerCutHasLeft) {
  const std::string whole = version_line(1) + begun_line(kAccountDay);
  const std::string line = sealed_line(kAccountDay);
  for (std::size_t size = 0; size + 2 < line.size(); ++size)
    EXPECT_THAT(Account::of(whole + line.substr(0, size)).plain, ElementsAre(kAccountDay)) << size;
  EXPECT_THAT(Account::of(whole + "{\"beg\n" + line).plain, IsEmpty());
  EXPECT_EQ(Account::of(version_line(1) + "{\"made\":}\n{\"made\":1x}\n").made_at, std::nullopt);
}

TEST(Account, OfNothingThatIsKnownHasNoVersion) {
  for (const char* text : {"", "\n", "x", "{\"archive\":}", "{\"archive\":x}", "{\"archive\":1", "\0\0\0\0"})
    EXPECT_EQ(Account::of(text).version, std::string_view(text) == "{\"archive\":1" ? 1 : 0) << text;
  EXPECT_EQ(Account::of("{\"archive\":7,\"more\":true}\n").version, 7);
}

class AccountTest : public ArchiveTest {};

TEST_F(AccountTest, DamagedOneIsRefusedWithWhatToDo) {
  std::filesystem::create_directories(folder());
  std::ofstream(folder() / "archive.json") << "%PDF-1.7\n";
  const auto taken = Folder::take(folder());
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().what, HasSubstr("archive.json is damaged"));
  EXPECT_THAT(taken.error().remedy, HasSubstr("write {\"archive\":1} into its first line"));
  EXPECT_FALSE(Folder::look_at(folder(), 0));
  EXPECT_FALSE(Folder::account_of(folder()));
}

TEST_F(AccountTest, IsKeptOverStartsAlsoBehindHalfALine) {
  ASSERT_TRUE(take().begun(kDay));
  std::ofstream(folder() / "archive.json", std::ios::app) << "{\"sealed\":\"2026-";
  Folder folder = take();
  EXPECT_THAT(folder.plain(), ElementsAre(kDay));
  ASSERT_TRUE(folder.sealed(kDay, 0, 7));
  EXPECT_THAT(Folder::account_of(this->folder())->plain, IsEmpty());
  EXPECT_THAT(Folder::account_of(this->folder())->packed, ElementsAre(std::pair(kDay, 7u)));
}

TEST_F(AccountTest, OneThatDoesNotSayHowOldItIsDoesFromTheNextStartOn) {
  std::filesystem::create_directories(folder());
  std::ofstream(folder() / "archive.json") << version_line(1);
  std::filesystem::last_write_time(folder() / "archive.json", std::chrono::file_clock::from_sys(kTime));
  ASSERT_TRUE(take().begun(kDay));
  EXPECT_EQ(Folder::account_of(folder())->made_at, kTime);
  EXPECT_THAT(bytes_of(folder() / "archive.json"), HasSubstr(made_line(kTime)));
}

TEST_F(AccountTest, GrowsByTwoLinesAStart) {
  const auto size = [this] { return bytes_of(folder() / "archive.json").size(); };
  ASSERT_TRUE(take("one").run_begun());
  const std::size_t before = size();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(take("one").run_begun());
  EXPECT_EQ(size(), before) << "was killed, and runs again";
  for (int i = 0; i < 3; ++i) {
    Folder folder = take("one");
    ASSERT_TRUE(folder.run_begun());
    ASSERT_TRUE(folder.run_begun());
    ASSERT_TRUE(folder.run_ended());
    ASSERT_TRUE(folder.run_ended());
  }
  EXPECT_EQ(size(), before + 3 * ended_line("one").size() + 2 * boot_line("one").size());
}

TEST_F(AccountTest, OfARunThatCouldNotBeNotedHasNoEnd) {
  ASSERT_TRUE(take("one").run_begun());
  ASSERT_TRUE(take("two").run_ended());
  EXPECT_FALSE(Folder::account_of(folder())->has_ended);
}

}  // namespace
}  // namespace firebase_relay::archive
