// What a person types to get an archive back, and what the program says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/command.h"
#include "support/temp_dir.h"

namespace pipeline_test {
namespace {

using test_support::Ran;
using test_support::run_relay_command;
using test_support::TempDir;
using ::testing::HasSubstr;

class Export : public testing::Test {
 protected:
  Export() { std::filesystem::create_directory(folder()); }
  [[nodiscard]] std::string folder() const { return dir.file("archive"); }
  void add_day(const std::string& day, const std::string& lines) const {
    std::ofstream(folder() + "/" + day + ".jsonl") << lines;
  }
  [[nodiscard]] Ran run(const std::vector<std::string>& flags) const {
    std::vector<std::string> words = {"export", "--archive", folder()};
    words.insert(words.end(), flags.begin(), flags.end());
    return run_relay_command(words);
  }

  TempDir dir;
};

TEST_F(Export, RefusesWhatAsksForNothing) {
  add_day("2026-03-14", "");
  const std::pair<std::vector<std::string>, std::string> mistakes[] = {
      {{"--from", "2026-11-28", "--to", "2026-11-27"}, "--from 2026-11-28 is after --to 2026-11-27"},
      {{"--ticker", ""}, "--ticker: expected a value, but it is empty"},
      {{"--format", "csv", "--fields", ","}, "--fields: expected names separated by commas"}};
  for (const auto& [flags, complaint] : mistakes) {
    const Ran ran = run(flags);
    EXPECT_EQ(ran.status, 2) << complaint;
    EXPECT_THAT(ran.err, HasSubstr(complaint));
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_EQ(run({"--from", "2026-11-28", "--to", "2026-11-28"}).status, 0) << "one day";
}

TEST_F(Export, NamesColumnsThatStayEmptyAndFieldsWithoutOne) {
  add_day("2026-11-28", R"({"history/AAPL/orders/-P7YxE5RjSNm1N5Lr-l7":{"order_data":{"order":{"id":7}}}})"
                        "\n"
                        R"({"history/AAPL/orders/-P7YxE5UmBv83HTVOLL9":{"order_data":{"order":{"id":8}},"note":1}})"
                        "\n");
  const Ran chosen = run({"--format", "csv", "--fields", "order/id, order_data/order/id"});
  EXPECT_EQ(chosen.status, 0);
  EXPECT_EQ(chosen.out, "order/id,order_data/order/id\n,7\n,8\n");
  EXPECT_THAT(chosen.err, HasSubstr("export: no entry has a field order/id, so its column is empty"));

  const Ran all = run({"--format", "csv"});
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.err, HasSubstr("export: 1 entries have fields without a column, such as note; choose columns"));
}

TEST_F(Export, TellsOfDaysThatAreNotWholeAndExportsWhatTheyHave) {
  add_day("2026-11-28", R"({"history/AAPL/orders/-P7YxE5RjSNm1N5Lr-l7":{"id":7}})"
                        "\n");
  std::ofstream(folder() + "/2026-11-28.hole") << "";
  std::ofstream(folder() + "/archive.json")
      << "{\"archive\":1}\n{\"begun\":\"2026-11-28\"}\n{\"begun\":\"2026-11-29\"}\n";
  const Ran ran = run({});
  EXPECT_EQ(ran.status, 0) << "the archive has no more than that, however often it is asked: " << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("-P7YxE5RjSNm1N5Lr-l7"));
  EXPECT_EQ(ran.err,
            "export: 2026-11-28: lines of it were lost (a hole, see docs/archive.md)\n"
            "export: 2026-11-29: its file 2026-11-29.jsonl was taken away, and the lines in it are missing (see "
            "docs/archive.md)\n");

  const Ran before = run({"--to", "2026-11-27"});
  EXPECT_EQ(before.err, "") << "nobody asked for these days";
}

}  // namespace
}  // namespace pipeline_test
