// A file of messages goes through the pipeline, beside a running relay or alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/command.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::built;
using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::Ran;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::run_relay_command;
using test_support::TempDir;
using ::testing::HasSubstr;

std::string price_line(const std::string& price) {
  return "TICKER_UPDATES_AAPL\t"
         R"({"type":"price","price":")" +
         price +
         R"(","volume":null,"symbol":"AAPL"})"
         "\n";
}

class Replay : public testing::Test {
 protected:
  std::vector<std::string> words(const std::string& lines, const std::vector<std::string>& flags = {}) {
    std::ofstream(dir.file("lines"), std::ios::binary) << lines;
    std::vector<std::string> all = {
        "replay", dir.file("lines"), "--database-url", database.database_url(), "--flush-interval-ms", "10"};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
  Ran replay(const std::string& lines, const std::vector<std::string>& flags = {}) {
    return run_relay_command(words(lines, flags));
  }
  /// `firebase-relay …` in an empty folder, with the named pipe `input` in it as its standard input.
  std::vector<std::string> in_a_shell(const std::string& command) {
    return {"sh", "-c", "cd \"$1\" && exec \"$0\" " + command, built("src/firebase-relay"), dir.file("")};
  }

  TempDir dir;
  const Emulator database;
};

TEST_F(Replay, WritesHistoryAloneUnlessItIsToldLive) {
  const std::string tapped = R"({"time":"2026-05-06T14:39:11.786Z","kind":"price","channel":"TICKER_UPDATES_AAPL",)"
                             R"("payload":"{\"type\":\"price\",\"price\":\"2\",\"volume\":null,\"symbol\":\"AAPL\"}"})"
                             "\n";

  const Ran ran = replay(price_line("1") + tapped);

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("replayed 2 messages: 2 delivered, 0 set aside, 0 not delivered"));
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 2u);
  EXPECT_TRUE(database.get("services").is_null());
  EXPECT_TRUE(database.get("relay").is_null()) << "it is no relay";

  EXPECT_EQ(replay(price_line("3"), {"--live"}).status, 0);

  EXPECT_EQ(database.get("services/AAPL/price"), "3");
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 3u);
}

TEST_F(Replay, WritesLinesOfAnArchiveUnderTheirOwnKeys) {
  const std::string lines = R"({"history/BRK%2EB/prices/-P7YxE5RjSNm1N5Lr-l7":{"price":"1.50","volume":null}})"
                            "\n"
                            R"({"history/AAPL/prices/2026-05-06/-P7YxE5UmBv83HTVOLL9":{"price":2}})"
                            "\n" +
                            price_line("3");

  const Ran ran = replay(lines + lines);

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("replayed 6 messages: 6 delivered, 0 set aside, 0 not delivered"));
  EXPECT_EQ(database.get("history/BRK%2EB/prices/-P7YxE5RjSNm1N5Lr-l7"), (nlohmann::json{{"price", "1.50"}}));
  EXPECT_EQ(database.get("history/AAPL/prices/2026-05-06").size(), 1u);
  EXPECT_TRUE(database.get("services").is_null());
}

TEST_F(Replay, TakesNoLineOfAnArchiveThatCouldSpoilARequest) {
  const Ran ran = replay(R"({"history/A/prices/-P7YxE5RjSNm1N5Lr-l7":1,"services/A/price":2})"
                         "\n"
                         R"({"history/A/prices/-P7YxE5RjSNm1N5Lr-l7":NaN})"
                         "\n"
                         R"({"services/A/price":2})"
                         "\n"
                         R"({"sealed":3})"
                         "\n" +
                         price_line("1"));

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("replayed 1 messages: 1 delivered"));
  EXPECT_THAT(ran.err, HasSubstr("line 1"));
  EXPECT_TRUE(database.get("services").is_null());
  EXPECT_EQ(database.get("history").size(), 1u);
}

TEST_F(Replay, WorksBesideARunningRelay) {
  const RedisServer redis;
  RelayProcess relay(redis, database);
  ASSERT_TRUE(relay.wait_ready());

  const Ran ran = replay(price_line("1"));

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 1u);
  EXPECT_EQ(database.get("relay/test/state"), "running");
}

TEST_F(Replay, WaitsForTheDatabaseAndFinishes) {
  database.control("POST", "faults", {{"kind", "status"}, {"status", 503}, {"count", 3}});
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += price_line(std::to_string(i));

  const Ran ran = replay(lines);

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 500u);
}

TEST_F(Replay, LeavesUnreadableLinesOutAndSaysWhich) {
  const Ran ran = replay(price_line("1") + "no tab and no JSON\n\n" + price_line("2"));

  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.err, HasSubstr("line 2: expected channel<TAB>payload"));
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 2u);
  EXPECT_EQ(run_relay_command({"replay", dir.file(""), "--database-url", database.database_url()}).status, 2)
      << "a folder";
}

TEST_F(Replay, WritesNoLineOfAnArchiveBesidesHistory) {
  const Ran ran = replay(R"({"readers/-P6soyrc3_yzsUqSsIo3":true})"
                         "\n"
                         R"({"history/A/prices/-P7YxE5RjSNm1N5Lr-l7":{"at":{".sv":"timestamp"}}})"
                         "\n"
                         R"({"history/A/prices/-P7YxE5UmBv83HTVOLL9":{"price":1}})"
                         "\n");

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("replayed 1 messages: 1 delivered"));
  EXPECT_THAT(ran.err, HasSubstr("line 1: no route keeps history at this place"));
  EXPECT_THAT(ran.err, HasSubstr("line 2: a key of the entry"));
  EXPECT_TRUE(database.get("readers").is_null());
  EXPECT_EQ(database.get("history/A/prices").size(), 1u);
}

TEST_F(Replay, OfNothingButUnreadableLinesFails) {
  const Ran ran = replay("no tab and no JSON\n{\"services/A/price\":2}\n");

  EXPECT_EQ(ran.status, 1) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("replayed 0 messages"));
  EXPECT_THAT(ran.out, HasSubstr("2 lines were left out"));
  EXPECT_EQ(replay("").status, 0) << "nothing is all of it";
}

TEST_F(Replay, PassesOverTheCountsOfASealedFile) {
  const Ran ran = replay(R"({"history/A/prices/-P7YxE5RjSNm1N5Lr-l7":{"price":1}})"
                         "\n"
                         R"({"sealed":1})"
                         "\n");

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("replayed 1 messages: 1 delivered"));
  EXPECT_THAT(ran.out + ran.err, testing::Not(HasSubstr("left out")));
}

TEST_F(Replay, IsEndedByASignalAndSaysWhatIsLeft) {
  database.control("POST", "faults", {{"kind", "hang"}, {"ms", 60'000}});
  std::vector<std::string> command = words(price_line("1") + price_line("2"));
  command.insert(command.begin(), built("src/firebase-relay"));
  Process process(command);
  ASSERT_TRUE(eventually([&] { return database.control("GET", "faults").at(0).at("hits") > 0; }));

  process.signal(SIGTERM);

  EXPECT_EQ(process.wait(std::chrono::seconds(10)), 1) << process.err();
  EXPECT_THAT(process.out(), HasSubstr("2 not delivered"));
}

TEST_F(Replay, OfStandardInputEndsByASignalAlthoughNothingComes) {
  ASSERT_EQ(::mkfifo(dir.file("input").c_str(), 0600), 0);
  Process process(in_a_shell("replay - --log-level debug --database-url '" + database.database_url() + "' <>input"));
  std::ofstream(dir.file("input")) << price_line("1") << std::flush;
  ASSERT_TRUE(eventually([&] { return database.entries("history/AAPL/prices").size() == 1; }))
      << "what stands in a pipe goes out although the pipe is still open";

  process.signal(SIGTERM);

  EXPECT_EQ(process.wait(std::chrono::seconds(10)), 1) << process.err();
}

TEST_F(Replay, ReadsStandardInputAndMakesNoFile) {
  std::ofstream(dir.file("input")) << price_line("1");
  Process process(in_a_shell("replay - --database-url '" + database.database_url() + "' <input"));

  EXPECT_EQ(process.wait(), 0) << process.err();

  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 1u);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.file(""))) ++files;
  EXPECT_EQ(files, 1u) << "the input alone";
}

TEST_F(Replay, WithAnArchiveLeavesItsEntriesThereBesideARelayAndAlone) {
  const RedisServer redis;
  const std::string folder = dir.file("archive");
  const std::vector<std::string> flags = {"--archive", folder};
  const auto exported = [&] {
    const Ran ran = run_relay_command({"export", "--archive", folder, "--ticker", "AAPL"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return std::count(ran.out.begin(), ran.out.end(), '\n');
  };
  const std::string line = R"({"history/AAPL/prices/2026-05-06/-Orx9B7-UmBv83HTVOLL":{"price":2}})"
                           "\n";
  {
    RelayProcess relay(redis, database, {"--archive", folder, "--outbox", dir.file("outbox.db")});
    ASSERT_TRUE(relay.wait_ready());
    const Ran ran = replay(price_line("1") + line, flags);
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(exported(), 2) << "before the relay has taken them in";
    EXPECT_EQ(relay.stop(), 0);
  }
  EXPECT_EQ(replay(price_line("3"), flags).status, 0) << "no relay runs";
  EXPECT_EQ(exported(), 3);
  const auto is_left = [&] {
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.path().string().find("2026-05-06.replayed.") != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(is_left());
  RelayProcess relay(redis, database, {"--archive", folder, "--outbox", dir.file("outbox.db")});
  ASSERT_TRUE(relay.wait_ready());
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(folder + "/2026-05-06.jsonl.zst"); }))
      << relay.process().err();
  EXPECT_FALSE(is_left());
  EXPECT_EQ(exported(), 3);
}

TEST_F(Replay, WhoseArchiveCannotTakeItSendsNothing) {
  const std::string folder = dir.file("archive");
  const Ran none = replay(price_line("1"), {"--archive", folder});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("there is none"));

  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/archive.json") << "{\"archive\":1}\n";
  std::vector<std::string> command = {"sh", "-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"",
                                      built("src/firebase-relay")};
  for (const std::string& word : words(price_line(std::string(6000, '1')), {"--archive", folder}))
    command.push_back(word);
  Process full(command);  // no file may grow beyond 4 kB: the same as a full disk
  EXPECT_EQ(full.wait(std::chrono::seconds(20)), 1) << full.out();
  EXPECT_THAT(full.err(), HasSubstr("nothing more is sent"));
  EXPECT_THAT(full.out(), HasSubstr("1 not delivered"));
  EXPECT_TRUE(database.get("history").is_null());
}

TEST_F(Replay, SendsTwentyThousandLinesInSeconds) {
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += price_line(std::to_string(i));
  const auto begin = std::chrono::steady_clock::now();

  const Ran ran = replay(lines);

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(database.entries("history/AAPL/prices").size(), 20'000u);
}

}  // namespace
}  // namespace pipeline_test
