#include "archive/sorted_entries.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "archive/archive_fixture.h"

namespace firebase_relay::archive {
namespace {

using ::testing::HasSubstr;

class SortedEntriesTest : public ArchiveTest {
 protected:
  static constexpr std::uint64_t kLines = 4'000;  // some 300 kB: a run is read in several pieces

  void SetUp() override {
    for (std::uint64_t i = 0; i < kLines; ++i) {
      const std::string text = line(at(kDay, std::chrono::seconds(i)), i);
      ASSERT_TRUE(sorted_.add(*parse_line(text)));
    }
    ASSERT_GT(sorted_.runs(), 0u);
  }
  /// Gives all, and calls `damage` with the file of the runs once the first entry has come.
  template <class Damage>
  Result<void> give_all(Damage damage) {
    return sorted_.give_all([&](const Line&) {
      if (given_++ == 0) damage(runs_file());
      return true;
    });
  }
  /// The descriptor of the file without a name.
  [[nodiscard]] int runs_file() const {
    const std::string name = dir_.file("firebase-relay-export-");
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      if (std::filesystem::read_symlink(entry, gone).string().starts_with(name))
        return std::stoi(entry.path().filename().string());
    }
    return -1;
  }

  SortedEntries sorted_{200'000, dir_.file("")};
  std::uint64_t given_ = 0;
};

TEST_F(SortedEntriesTest, FromRunsAreAllGivenWhereTheDiskGivesThemBack) {
  const Result<void> all = give_all([](int) {});
  ASSERT_TRUE(all) << all.error().what;
  EXPECT_EQ(given_, kLines);
}

TEST_F(SortedEntriesTest, RunThatCannotBeReadBackIsAnErrorAndNotItsEnd) {
  const auto all = give_all([this](int file) {
    ASSERT_GE(file, 0);
    const File folder(::open(dir_.file("").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_EQ(::dup2(folder.fd(), file), file);  // a read of it fails: it is a folder
  });
  ASSERT_FALSE(all) << given_ << " of " << kLines << " were given, as if that were all";
  EXPECT_EQ(all.error().code, ErrorCode::kIo);
  EXPECT_THAT(all.error().what, HasSubstr("cannot be read back: Is a directory"));
  EXPECT_THAT(all.error().remedy, HasSubstr("TMPDIR"));
  EXPECT_LT(given_, kLines);
}

TEST_F(SortedEntriesTest, RunThatEndsEarlyIsAnErrorAndNotItsEnd) {
  const auto all = give_all([](int file) { ASSERT_EQ(::ftruncate(file, 1'000), 0); });
  ASSERT_FALSE(all) << given_ << " of " << kLines << " were given, as if that were all";
  EXPECT_THAT(all.error().what, HasSubstr("cannot be read back: Input/output error"));
}

TEST_F(SortedEntriesTest, RunWithOtherBytesThanWereWrittenIsAnErrorAndNotItsEnd) {
  const auto all = give_all([](int file) {
    const std::string zeros(10'000, '\0');
    ASSERT_EQ(::pwrite(file, zeros.data(), zeros.size(), 150'000), static_cast<ssize_t>(zeros.size()));
  });
  ASSERT_FALSE(all) << given_ << " of " << kLines << " were given, as if that were all";
  EXPECT_THAT(all.error().what, HasSubstr("cannot be read back: Input/output error"));
}

}  // namespace
}  // namespace firebase_relay::archive
