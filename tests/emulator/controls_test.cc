// Faults, journal, and what survives: the parts that tests of the relay lean on.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "emulator/emulator_fixture.h"
#include "support/eventually.h"
#include "support/temp_dir.h"

namespace emulator_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FaultsTest : public EmulatorTest {
 protected:
  void plant(const json& fault) { emulator().control("POST", "faults", fault); }
  std::uint64_t hits() { return emulator().control("GET", "faults").at(0).at("hits"); }
};

TEST_F(FaultsTest, StatusForTheNextRequestsWithRetryAfterAndWithoutApplying) {
  plant({{"kind", "status"}, {"status", 503}, {"count", 2}, {"retry_after", 3}});
  for (int i = 0; i < 2; ++i) {
    Response response = ask("PUT", "/a.json", "1");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.headers["retry-after"], "3");
  }
  EXPECT_EQ(value("/a.json"), "null");
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  EXPECT_EQ(hits(), 2u);
}

TEST_F(FaultsTest, StatusOrCloseAfterApplying) {
  plant({{"kind", "status"}, {"status", 500}, {"after_apply", true}});
  EXPECT_EQ(status("PUT", "/a.json", "1"), 500);
  EXPECT_EQ(value("/a.json"), "1");
  emulator().control("DELETE", "faults");
  plant({{"kind", "close"}, {"after_apply", true}});
  EXPECT_EQ(status("PUT", "/a.json", "2"), 0);
  EXPECT_EQ(value("/a.json"), "2");
  emulator().control("DELETE", "faults");
  plant({{"kind", "close"}});
  EXPECT_EQ(status("PUT", "/a.json", "3"), 0);
  EXPECT_EQ(value("/a.json"), "2");
}

TEST_F(FaultsTest, HangDelayAndRefuse) {
  plant({{"kind", "hang"}});
  EXPECT_EQ(test_support::http("PUT", emulator().url() + "/a.json?ns=demo", "1", {}, milliseconds(300)).status, 0);
  emulator().control("DELETE", "faults");
  plant({{"kind", "delay"}, {"min_ms", 100}, {"max_ms", 120}});
  const auto begin = steady_clock::now();
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(100));
  emulator().control("DELETE", "faults");
  plant({{"kind", "refuse"}, {"ms", 400}});
  EXPECT_EQ(status("PUT", "/a.json", "2"), 0);
  EXPECT_TRUE(test_support::eventually([&] { return status("PUT", "/a.json", "3") == 200; }));
}

TEST_F(FaultsTest, PoisonRefusesWhatHasItsMarkerOnly) {
  plant({{"kind", "poison"}, {"marker", "venom"}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status("PUT", "/a.json", R"("venomous")"), 400);
  EXPECT_EQ(status("PUT", "/a.json", R"("good")"), 200);
}

TEST_F(FaultsTest, StragglerIsAppliedLate) {
  plant({{"kind", "straggle"}, {"ms", 300}});
  EXPECT_EQ(status("PUT", "/a.json", "1"), 0);
  EXPECT_EQ(value("/a.json"), "null");
  EXPECT_EQ(status("PUT", "/a.json", "2"), 200);
  EXPECT_TRUE(test_support::eventually([&] { return value("/a.json") == "1"; }));
}

TEST_F(FaultsTest, Example40SizeAtTheUrl) {
  EXPECT_EQ(status("PUT", "/big.json", '"' + std::string(200, 'x') + '"'), 200);
  emulator().control("POST", "settings", {{"size_limit_bytes", 100}});
  expect_refused("PATCH", "/.json", R"({"small":1})", 400, "Data to write exceeds the maximum size");
  EXPECT_EQ(status("PATCH", "/.json?writeSizeLimit=unlimited", R"({"small":1})"), 200);
  EXPECT_EQ(status("PATCH", "/elsewhere.json", R"({"small":1})"), 200) << "a narrower URL";
  emulator().control("POST", "settings", {{"size_limit_bytes", 100}, {"ignore_unlimited", true}});
  EXPECT_EQ(status("PATCH", "/.json?writeSizeLimit=unlimited", R"({"small":1})"), 400);
}

TEST_F(FaultsTest, ATinyWriteIsRefusedByWhatItReplaces) {
  EXPECT_EQ(
      status("PUT", "/day.json", R"({"a":")" + std::string(60, 'x') + R"(","b":")" + std::string(60, 'x') + "\"}"),
      200);
  emulator().control("POST", "settings", {{"tiny_limit_bytes", 100}});
  expect_refused("DELETE", "/day.json?writeSizeLimit=tiny", "", 400, "Data to write exceeds the maximum size");
  expect_refused("PATCH", "/day.json?writeSizeLimit=tiny", R"({"a":null,"b":null})", 400, "exceeds the maximum size");
  EXPECT_EQ(status("PATCH", "/day.json?writeSizeLimit=tiny", R"({"a":null})"), 200) << "in pieces it passes";
  EXPECT_EQ(status("DELETE", "/day.json?writeSizeLimit=tiny"), 200);
  EXPECT_EQ(value("/day.json"), "null");
}

// A stand-in has no regions to be in the wrong one of: what the database answers there is planted, as its text is
// known.
TEST_F(FaultsTest, Example40WrongRegionIsA404WithTheBodyThatTheFaultNames) {
  const std::string body =
      R"({"correctUrl":"https://x.europe-west1.firebasedatabase.app","error":"Database lives in a different region. )"
      R"(Please change your database URL to https://x.europe-west1.firebasedatabase.app"})";
  plant({{"kind", "status"}, {"status", 404}, {"body", body}});
  expect_refused("PATCH", "/.json", R"({"a":1})", 404, "Database lives in a different region.");
  EXPECT_EQ(status("PATCH", "/.json", R"({"a":1})"), 200) << "once";
}

TEST_F(FaultsTest, JournalHasEveryAppliedWriteInOrder) {
  emulator().control("POST", "journal", {{"enabled", true}, {"prefix", "a"}});
  for (int i = 1; i <= 3; ++i) ask("PATCH", "/.json", R"({"a/x":)" + std::to_string(i) + R"(,"b":1})");
  const json journal = emulator().control("GET", "journal?path=a/x");
  ASSERT_EQ(journal.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(journal[i].at("value"), i + 1);
  EXPECT_TRUE(emulator().control("GET", "journal?path=b").empty()) << "not below the prefix";
  EXPECT_EQ(emulator().control("GET", "stats").at("answers").at("PATCH 200"), 3);
}

TEST_F(FaultsTest, ResetForgetsEverything) {
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  plant({{"kind", "status"}, {"count", 5}});
  emulator().control("POST", "reset");
  EXPECT_EQ(value("/a.json"), "null");
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
}

TEST_F(FaultsTest, ControlsAreForTestsOnly) {
  emulator_ = std::make_unique<Emulator>(std::vector<std::string>{});
  EXPECT_NE(test_support::http("GET", emulator().url() + "/.test/stats").status, 200);
  EXPECT_NE(test_support::http("POST", emulator().url() + "/.test/reset").status, 200);
}

TEST_F(EmulatorTest, PersistSurvivesARestart) {
  const test_support::TempDir dir;
  emulator_ = std::make_unique<Emulator>(std::vector<std::string>{"--persist", dir.file("tree.json")});
  const std::string body = R"({"a":{"b":[1,null,"x"]},"n":9007199254740993})";
  EXPECT_EQ(status("PUT", "/.json", body), 200);
  emulator().process().signal(SIGTERM);
  ASSERT_EQ(emulator().process().wait(), 0);
  emulator_ = std::make_unique<Emulator>(std::vector<std::string>{"--persist", dir.file("tree.json")});
  EXPECT_EQ(value("/.json"), body);
}

TEST(EmulatorThreads, ThatItDoesNotGetAreToldAtTheStart) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a user of its own";
  test_support::Process scarce({"setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "prlimit", "--nproc=100",
                                test_support::built("tools/rtdb_emulator/rtdb-emulator"), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(scarce.wait(), 1);
  EXPECT_NE(scarce.err().find("cannot start a thread for each of 256 connections"), std::string::npos) << scarce.err();
}

TEST_F(EmulatorTest, PersistWritesOverNoFileOfMessages) {
  const test_support::TempDir dir;
  const std::string messages = "A\t{\"price\":1}\nA\t{\"price\":2}\n";
  std::ofstream(dir.file("messages.tsv")) << messages;
  test_support::Process refused({test_support::built("tools/rtdb_emulator/rtdb-emulator"), "--listen", "127.0.0.1:0",
                                 "--persist", dir.file("messages.tsv")});
  EXPECT_EQ(refused.wait(), 1);
  EXPECT_NE(refused.err().find("is not a tree that was saved by --persist"), std::string::npos) << refused.err();
  std::ifstream file(dir.file("messages.tsv"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), messages);
}

TEST_F(EmulatorTest, NamesThatAreNoFilesAreRefusedAtTheStart) {
  const std::vector<std::string> program = {test_support::built("tools/rtdb_emulator/rtdb-emulator"), "--listen",
                                            "127.0.0.1:0"};
  const auto refused = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> words = program;
    words.insert(words.end(), flags.begin(), flags.end());
    test_support::Process process(words);
    const int status = process.wait().value_or(-1);
    return std::to_string(status) + " " + process.err();
  };
  EXPECT_EQ(refused({"--rules", ""}), "2 rtdb-emulator: --rules  cannot be read, or is empty\n")
      << "of a variable that is not set: no wish for an open database";
  EXPECT_NE(refused({"--persist", "/dev/full"}).find("1 rtdb-emulator: /dev/full is not a tree"), std::string::npos);
}

TEST_F(EmulatorTest, PersistCostsASigkillAtMostTheLastTwoSeconds) {
  const test_support::TempDir dir;
  const std::vector<std::string> flags = {"--persist", dir.file("tree.json")};
  emulator_ = std::make_unique<Emulator>(flags);
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  const auto is_saved = [&] {
    std::ifstream file(dir.file("tree.json"));
    return std::string(std::istreambuf_iterator<char>(file), {}).find("\"a\":1") != std::string::npos;
  };
  EXPECT_TRUE(test_support::eventually(is_saved, std::chrono::seconds(4)))
      << "two seconds, on a machine that has other work";
  emulator().process().signal(SIGKILL);
  EXPECT_EQ(emulator().process().wait(), 128 + SIGKILL);
  emulator_ = std::make_unique<Emulator>(flags);
  EXPECT_EQ(value("/a.json"), "1");
}

TEST_F(EmulatorTest, WrongFlagIsOneLineAndExit2) {
  test_support::Process process({test_support::built("tools/rtdb_emulator/rtdb-emulator"), "--nonsense"});
  EXPECT_EQ(process.wait(), 2);
  EXPECT_NE(process.err().find("--nonsense"), std::string::npos);
}

/// What the emulator says of `flags`, which it refuses.
std::string refusal_of(const std::vector<std::string>& flags) {
  std::vector<std::string> command = {test_support::built("tools/rtdb_emulator/rtdb-emulator")};
  command.insert(command.end(), flags.begin(), flags.end());
  test_support::Process process(command);
  EXPECT_NE(process.wait(), 0);
  return process.err();
}

TEST_F(EmulatorTest, AComplaintCannotMoveTheCursor) {
  for (const std::vector<std::string>& flags :
       std::vector<std::vector<std::string>>{{"--\x1b[2J"},
                                             {"--body-bytes-max", "\x1b[2J"},
                                             {"--listen", "\x1b[2J"},
                                             {"--listen", "x:\x1b[2J"},
                                             {"--rules", "\x1b[2J"},
                                             {"--listen", "127.0.0.1:0", "--persist", "/nonexistent/\x1b[2J"}}) {
    const std::string said = refusal_of(flags);
    EXPECT_EQ(said.find('\x1b'), std::string::npos) << said;
    EXPECT_NE(said.find("\\x1b[2J"), std::string::npos) << said;
  }
}

TEST_F(EmulatorTest, AnIpv6AddressIsServedOrRefusedWithTheReason) {
  test_support::Process process({test_support::built("tools/rtdb_emulator/rtdb-emulator"), "--listen", "[::1]:0"});
  const bool is_decided = test_support::eventually([&] { return !process.out().empty() || !process.err().empty(); });
  ASSERT_TRUE(is_decided);
  if (!process.err().empty()) {
    EXPECT_NE(process.err().find("civetweb without IPv6; listen at 127.0.0.1"), std::string::npos) << process.err();
  }
}

TEST_F(EmulatorTest, PatchesAreAtomicForWhoReadsBesideThem) {
  ASSERT_EQ(status("PUT", "/p.json", R"({"x":0,"y":0})"), 200);
  std::atomic<bool> stop{false};
  const std::string url = emulator().url();
  std::vector<std::jthread> writers;  // last: they end before what they use
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; !stop; ++i) {
        const std::string number = std::to_string(writer * 1'000'000 + i);
        test_support::http("PATCH", url + "/.json?ns=demo", R"({"p/x":)" + number + R"(,"p/y":)" + number + "}");
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const json pair = json::parse(value("/p.json"));
    EXPECT_EQ(pair.at("x"), pair.at("y"));
  }
  stop = true;
}

}  // namespace
}  // namespace emulator_test
