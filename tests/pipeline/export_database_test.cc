// `export --from-database`: what stands in the database comes back as from an archive, after a person has agreed to the
// download.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "firebase_relay/history_key.h"
#include "support/at_a_terminal.h"
#include "support/command.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using firebase_relay::HistoryKey;
using firebase_relay::UtcMillis;
using nlohmann::json;
using std::chrono::milliseconds;
using test_support::AtATerminal;
using test_support::built;
using test_support::Emulator;
using test_support::http;
using test_support::Ran;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::run_relay_command;
using test_support::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// `number` of a day's entries, half a minute apart.
std::string key_at(int day, int number) {
  const UtcMillis begin = UtcMillis(std::chrono::sys_days(std::chrono::year(2026) / 5 / day));
  return std::string(
      HistoryKey(begin + milliseconds(30'000 * number), {1, 2}, static_cast<std::uint32_t>(number)).text());
}

std::string day_name(int day) { return "2026-05-" + std::string(day < 10 ? "0" : "") + std::to_string(day); }

/// An archive of three days, and a database that has the same by `replay`.
class ExportDatabase : public testing::Test {
 protected:
  ExportDatabase() {
    std::filesystem::create_directory(archive());
    for (int day = 4; day <= 6; ++day) add_day(day);
    const std::string all = run({"export", "--archive", archive()}).out;
    std::ofstream(dir_.file("all.jsonl")) << all;
    const Ran ran = run({"replay", dir_.file("all.jsonl"), "--database-url", emulator_.database_url()});
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  }
  [[nodiscard]] std::string archive() const { return dir_.file("archive"); }
  static Ran run(const std::vector<std::string>& words) { return run_relay_command(words); }
  [[nodiscard]] Ran from_archive(const std::vector<std::string>& flags) const {
    std::vector<std::string> words = {"export", "--archive", archive()};
    words.insert(words.end(), flags.begin(), flags.end());
    return run(words);
  }
  [[nodiscard]] std::vector<std::string> words_of(const std::vector<std::string>& flags) const {
    std::vector<std::string> words = {"export",   "--from-database",   "--database-url", emulator_.database_url(),
                                      "--outbox", dir_.file("none.db")};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }
  [[nodiscard]] Ran from_database(std::vector<std::string> flags) const {
    flags.emplace_back("--yes");
    return run(words_of(flags));
  }
  /// More entries a day than one answer brings at first, of several places.
  void add_day(int day) const {
    std::ofstream lines(archive() + "/" + day_name(day) + ".jsonl");
    const auto add = [&](const std::string& place, int number, const std::string& value) {
      lines << "{\"" << place << '/' << key_at(day, number) << "\":" << value << "}\n";
    };
    for (int i = 0; i < 600; ++i)
      add("history/AAPL/prices/" + day_name(day), i, R"({"price":")" + std::to_string(i) + R"(.10","symbol":"AAPL"})");
    for (int i = 0; i < 300; ++i)
      add("history/BRK%2EB/orders", 2 * i, R"({"order_data":{"order":{"id":)" + std::to_string(i) + "}}}");
    add("history/_channels/NEWS/" + day_name(day), 7, R"({"text":"a \"quoted\" one"})");
    add("relay/home/gaps", 9, R"({"cause":"restart","from":1,"to":2})");
  }
  void patch(const std::string& place, const json& node) const {
    const auto response = http("PATCH", emulator_.url() + "/" + place + ".json?ns=demo", node.dump(),
                               {"Authorization: Bearer owner", "Content-Type: application/json"});
    ASSERT_EQ(response.status, 200) << response.body;
  }

  const TempDir dir_;
  const Emulator emulator_;
};

TEST_F(ExportDatabase, GivesWhatAnArchiveGivesByEveryFilter) {
  const std::vector<std::vector<std::string>> orders = {
      {},
      {"--from", "2026-05-05"},
      {"--to", "2026-05-04"},
      {"--from", "2026-05-05", "--to", "2026-05-05"},
      {"--from", "2026-05-07"},
      {"--ticker", "AAPL"},
      {"--ticker", "BRK.B", "--from", "2026-05-06"},
      {"--ticker", "_channels"},
      {"--kind", "price"},
      {"--kind", "order", "--to", "2026-05-05"},
      {"--kind", "unrouted"},
      {"--kind", "price", "--format", "csv"},
      {"--ticker", "BRK.B", "--format", "csv", "--fields", "entry_time,order_data/order/id"}};
  for (const std::vector<std::string>& flags : orders) {
    const Ran expected = from_archive(flags);
    const Ran ran = from_database(flags);
    std::string shown;
    for (const std::string& flag : flags) shown += flag + ' ';
    EXPECT_EQ(ran.status, 0) << shown << ran.err;
    EXPECT_TRUE(ran.out == expected.out) << shown << ": " << ran.out.size() << " of " << expected.out.size()
                                         << " bytes\n"
                                         << ran.err;
  }
  const std::string all = from_database({}).out;
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 3 * (600 + 300 + 1 + 1));
}

TEST_F(ExportDatabase, ReadsEntriesOfAnEarlierVersionBesideDays) {
  json node;
  for (int i = 0; i < 300; ++i) node[key_at(4, 3000 + i)] = {{"price", i}};  // the day after that
  node["2026-05-06"] = {{key_at(6, 1), {{"price", 1}}}};
  patch("history/OLD/prices", node);

  const Ran ran = from_database({"--ticker", "OLD", "--to", "2026-05-06"});

  EXPECT_EQ(ran.status, 1) << "there may be more";
  EXPECT_THAT(ran.err,
              HasSubstr("history/OLD/prices: entries of an earlier version stand there, so days before 2026-05-05"));
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 301);
  EXPECT_THAT(ran.out, HasSubstr("history/OLD/prices/2026-05-06/" + key_at(6, 1)));
  const Ran one = from_database({"--ticker", "OLD", "--from", "2026-05-06", "--to", "2026-05-06"});
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_EQ(std::count(one.out.begin(), one.out.end(), '\n'), 1) << one.err;
}

TEST_F(ExportDatabase, ReadsDaysThatStandAboveTickers) {
  std::ofstream(dir_.file("routes.json"))
      << R"({"ticker":{"fields":["s"]},"routes":[{"kind":"price","match":{"s":"*"},"history":"days/{DATE}/{TICKER}"}]})";
  patch("days/2026-05-04", {{"A", {{key_at(4, 1), 1}}}, {"B", {{key_at(4, 0), 2}}}});
  patch("days/2026-05-05", {{"A", {{key_at(5, 1), 3}}}});

  const Ran ran = from_database({"--routes", dir_.file("routes.json"), "--kind", "price"});

  EXPECT_EQ(ran.out, "{\"days/2026-05-04/B/" + key_at(4, 0) + "\":2}\n{\"days/2026-05-04/A/" + key_at(4, 1) +
                         "\":1}\n{\"days/2026-05-05/A/" + key_at(5, 1) + "\":3}\n")
      << ran.err;
  const Ran of_a = from_database({"--routes", dir_.file("routes.json"), "--ticker", "A", "--from", "2026-05-05"});
  EXPECT_EQ(of_a.out, "{\"days/2026-05-05/A/" + key_at(5, 1) + "\":3}\n") << of_a.err;
}

TEST_F(ExportDatabase, SaysWhatItWillDownloadAndIsNotAskedWithYes) {
  const Ran ran = from_database({"--ticker", "AAPL"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("1 place of history, 3 days, 2026-05-04 to 2026-05-06"),
                             HasSubstr("to download: unknown, since no outbox here has counted it"),
                             HasSubstr("export: 1800 entries, 0."), Not(HasSubstr("download it?"))));
  const Ran nothing = from_database({"--ticker", "MSFT"});
  EXPECT_EQ(nothing.status, 0);
  EXPECT_THAT(nothing.err, HasSubstr("nothing of that stands in http://"));
}

TEST_F(ExportDatabase, EstimatesByWhatTheOutboxHasCounted) {
  const RedisServer redis;
  {
    RelayProcess relay(redis, emulator_, {"--outbox", dir_.file("outbox.db")});
    ASSERT_TRUE(relay.wait_ready());
    test_support::RedisClient client(redis);
    const std::string text(1'000, 'x');
    for (int i = 0; i < 600; ++i) client.publish("NOTES", json({{"text", text}, {"i", i}}).dump());
    ASSERT_TRUE(relay.wait_delivered(600));
    ASSERT_EQ(relay.stop(), 0);
  }
  const Ran ran = run(words_of({"--yes", "--kind", "unrouted", "--outbox", dir_.file("outbox.db")}));
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("to download: about 0.6 MB, as the relay of " + dir_.file("outbox.db")));
}

TEST_F(ExportDatabase, RefusesWhereNobodyCanBeAsked) {
  const auto before = emulator_.control("GET", "stats");
  const Ran ran = run(words_of({}));
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("a download that counts in the plan, and nobody to ask; give --yes"));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_EQ(emulator_.control("GET", "stats"), before) << "nothing was asked of the database";

  const std::pair<std::vector<std::string>, std::string> mistakes[] = {
      {{"export", "--archive", archive(), "--yes"}, "--yes: expected --from-database with it"},
      {{"export", "--from-database", "--yes"}, "no database: expected --database-url"},
      {{"export", "--from-database", "--yes", "--database-url", "ftp://x"}, "--database-url"}};
  for (const auto& [words, complaint] : mistakes) {
    const Ran wrong = run(words);
    EXPECT_EQ(wrong.status, 2) << complaint;
    EXPECT_THAT(wrong.err, HasSubstr(complaint));
  }
}

TEST_F(ExportDatabase, AsksAtATerminalAndTakesOnlyYes) {
  std::vector<std::string> words = words_of({"--kind", "unrouted"});
  words.insert(words.begin(), built("src/firebase-relay"));
  AtATerminal agreed(words);
  agreed.type("yes\n");
  const std::string said = agreed.read_to_end();
  EXPECT_EQ(agreed.wait(), 0) << said;
  EXPECT_THAT(said, AllOf(HasSubstr("download it? (yes)"), HasSubstr("history/_channels/NEWS/2026-05-06/")));

  AtATerminal refused(words);
  refused.type("y\n");
  const std::string answer = refused.read_to_end();
  EXPECT_EQ(refused.wait(), 1) << answer;
  EXPECT_THAT(answer, AllOf(HasSubstr("export: nothing was downloaded"), Not(HasSubstr("history/_channels/NEWS"))));
}

TEST_F(ExportDatabase, EndsWithWhereToGoOnWhenTheDatabaseRefuses) {
  emulator_.control("POST", "faults",
                    {{"kind", "status"},
                     {"status", 402},
                     {"count", 1000},
                     {"method", "GET"},
                     {"path_prefix", "/history/AAPL/prices/2026-05-05"}});
  const Ran ran = from_database({"--ticker", "AAPL"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("export: ended at 2026-05-05: "), HasSubstr("402"),
                             HasSubstr("--from 2026-05-05 goes on")));
  emulator_.control("DELETE", "faults");
  const Ran rest = from_database({"--ticker", "AAPL", "--from", "2026-05-05"});
  EXPECT_TRUE(ran.out + rest.out == from_archive({"--ticker", "AAPL"}).out) << "each once, over both";
}

TEST_F(ExportDatabase, AsksAgainWhereThatMayHelp) {
  emulator_.control("POST", "faults", {{"kind", "status"}, {"status", 503}, {"count", 1}, {"method", "GET"}});
  emulator_.control("POST", "faults", {{"kind", "close"}, {"count", 1}, {"method", "GET"}});
  const Ran ran = from_database({"--kind", "unrouted"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, from_archive({"--kind", "unrouted"}).out);
}

TEST_F(ExportDatabase, LeavesOutAndNamesWhatIsNoEntry) {
  patch("history/_channels/NEWS/2026-05-05", {{"note", "by hand"}, {key_at(6, 1), 1}});
  patch("history/_channels/NEWS", {{"2026-05-04", "by hand"}});
  const Ran ran = from_database({"--kind", "unrouted"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("history/_channels/NEWS/2026-05-05: 2 keys are no entries of that day: " +
                                       key_at(6, 1) + ", note; the rest is exported"),
                             HasSubstr("history/_channels/NEWS/2026-05-04: what stands there are no entries")));
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2) << ran.out;
}

TEST_F(ExportDatabase, GivesTheRestWhereAPlaceHasNoEntries) {
  patch("history/MSFT", {{"prices", 5}});
  patch("history/TSLA",
        {{"prices", {{"!x", 1}, {"-foo", 1}, {"note", 1}, {day_name(5), {{key_at(5, 1), {{"price", 1}}}}}}}});
  patch("history/NUM/prices/" + day_name(5), {{"0", 1}, {"1", 1}, {key_at(5, 2), {{"price", 2}}}});
  patch("relay/other", {{"gaps", "none"}});
  const Ran ran = from_database({"--from", day_name(5), "--to", day_name(5)});

  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("history/MSFT/prices: what stands there are no entries; the rest is exported"),
                    HasSubstr("history/TSLA/prices: 3 keys are neither days nor entries: !x, -foo, note"),
                    HasSubstr("history/NUM/prices/" + day_name(5) + ": 2 keys are no entries of that day: 0, 1"),
                    HasSubstr("relay/other/gaps: what stands there are no entries")));
  EXPECT_THAT(ran.out, AllOf(HasSubstr("history/TSLA/prices/" + day_name(5) + "/" + key_at(5, 1)),
                             HasSubstr("history/NUM/prices/" + day_name(5) + "/" + key_at(5, 2))));
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 600 + 300 + 1 + 1 + 2) << ran.err;
  EXPECT_EQ(from_database({"--ticker", "TSLA", "--kind", "price"}).out,
            "{\"history/TSLA/prices/" + day_name(5) + "/" + key_at(5, 1) + R"(":{"price":1}})" + "\n")
      << "a stranger in front of the days hides none of them";
}

TEST_F(ExportDatabase, SaysWhichDaysAreYetToCome) {
  const std::string to_come(
      HistoryKey(UtcMillis(std::chrono::sys_days(std::chrono::year(2099) / 1 / 1)), {1, 2}, 0).text());
  patch("history/AAPL/prices", {{to_come, {{"price", 1}}}});
  patch("history/AAPL/prices", {{"2199-01-01", {{key_at(5, 1), 1}}}, {"2199-01-02", {{key_at(5, 1), 1}}}});
  const Ran ran = from_database({"--ticker", "AAPL"});

  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err,
              HasSubstr("history/AAPL/prices: 2 days are yet to come: 2199-01-01, 2199-01-02; the rest is exported"));
  EXPECT_THAT(ran.err, HasSubstr("1 entry without a day is of before 2000 or yet to come: " + to_come));
  EXPECT_EQ(ran.out, from_archive({"--ticker", "AAPL"}).out);
  EXPECT_THAT(from_database({"--ticker", "AAPL", "--to", "2026-05-06"}).err, Not(HasSubstr("days are yet to come")))
      << "nobody has asked for those";
}

}  // namespace
}  // namespace pipeline_test
