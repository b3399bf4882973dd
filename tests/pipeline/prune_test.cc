// `prune`: old history leaves the database because a person says so, and nothing else does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "firebase_relay/history_key.h"
#include "outbox/sqlite_outbox.h"
#include "pipeline/broker_run.h"
#include "pipeline/days_in_database.h"
#include "support/command.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using nlohmann::json;
using test_support::built;
using test_support::eventually;
using test_support::Process;
using test_support::Ran;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;
using ::testing::HasSubstr;

/// The key of an entry at noon.
std::string key_on(int days_ago, std::uint32_t n) {
  const auto day =
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) - std::chrono::days(days_ago);
  return std::string(firebase_relay::HistoryKey(day + std::chrono::hours(12), {1, 2}, n).text());
}

class Prune : public DaysInDatabase {
 protected:
  [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& flags) const {
    std::vector<std::string> all = {
        "prune", "--database-url", emulator_.database_url(), "--outbox", outbox_, "--max-mb-per-minute", "600"};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
  [[nodiscard]] Ran prune(const std::vector<std::string>& flags) const {
    return test_support::run_relay_command(words(flags));
  }
  /// The same, in the background.
  [[nodiscard]] std::unique_ptr<Process> begin(const std::vector<std::string>& flags) const {
    std::vector<std::string> command = words(flags);
    command.insert(command.begin(), built("src/firebase-relay"));
    return std::make_unique<Process>(command);
  }
  [[nodiscard]] std::vector<std::string> relay_flags() const {
    return {"--flush-interval-ms", "100", "--outbox", outbox_};
  }
  /// Entries without a day, as a version without days wrote them.
  void put_flat(const std::string& place, int days_ago, std::uint32_t count) const {
    json node;
    for (std::uint32_t n = 0; n < count; ++n) node[key_on(days_ago, n)] = {{"price", n}};
    put(place, node);
  }

  const RedisServer redis_;
  const TempDir dir_;
  const std::string outbox_ = dir_.file("outbox.db");
};

TEST_F(Prune, RemovesAMonthDownToSevenDaysBesideARelayAtWork) {
  for (const char* ticker : {"AAPL", "BRK%252EB", "2026-11-28"})
    put_days(std::string("history/") + ticker + "/prices", 30, 40);
  put_days("history/AAPL/performance", 30, 1);
  put_days("history/_channels/prices", 30, 1);
  put("history/AAPL/orders", {{"-P7CPCZbXhYYICIK96M9", {{"event", "fill"}}}});
  emulator_.control("POST", "settings", {{"tiny_limit_bytes", 300}});  // a whole day is more
  RelayProcess relay(redis_, emulator_, relay_flags());
  ASSERT_TRUE(relay.wait_ready());
  BrokerRun broker;
  Process publishing(
      broker.command(redis_, {"--kinds", "price", "--rate", "200", "--messages", "600", "--tickers", "3"}));
  const Ran ran = prune({"--before", utc_day(6), "--kind", "price", "--yes"});

  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  for (const char* ticker : {"AAPL", "BRK%2EB", "2026-11-28"})
    EXPECT_EQ(days_of(std::string("history/") + ticker + "/prices"), newest(7)) << ticker;
  EXPECT_EQ(emulator_.get("history/BRK%2EB/prices/" + utc_day(6)).size(), 40u) << "the day itself stays whole";
  EXPECT_EQ(days_of("history/AAPL/performance").size(), 30u) << "another kind";
  EXPECT_EQ(days_of("history/_channels/prices").size(), 30u) << "that is no ticker";
  EXPECT_EQ(emulator_.get("history/AAPL/orders").size(), 1u) << "these have no day";
  EXPECT_THAT(ran.out, HasSubstr("removed history/AAPL/prices/" + utc_day(29) + "\nremoved history/AAPL/prices/" +
                                 utc_day(28) + "\n"))
      << "oldest first";
  EXPECT_THAT(ran.out, HasSubstr("69 days removed\n"));
  const json answers = emulator_.control("GET", "stats").at("answers");
  EXPECT_GE(answers.value("DELETE 400", 0), 69) << "the database took no day whole";
  EXPECT_EQ(publishing.wait(), 0);
  EXPECT_TRUE(relay.wait_delivered(600));
  EXPECT_EQ(relay.metric("relay_lag_seconds_bucket", "le=\"0.2\""), relay.metric("relay_lag_seconds_count"))
      << "live values wait for none of it: " << relay.metrics();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
}

TEST_F(Prune, OnlyTellsWithoutYes) {
  put_days("history/AAPL/prices", 10, 2);
  put_days("history/MSFT/performance", 4, 1);
  const json before = emulator_.get("history");
  const Ran ran = prune({"--before", utc_day(2)});

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(emulator_.get("history"), before);
  EXPECT_THAT(ran.out, HasSubstr("would go history/AAPL/prices: 7 days, " + utc_day(9) + " to " + utc_day(3) + "\n"));
  EXPECT_THAT(ran.out, HasSubstr("would go history/MSFT/performance: 1 day, " + utc_day(3) + "\n"));
  EXPECT_THAT(ran.out, HasSubstr("8 days at 2 places would go; nothing is removed without --yes\n"));
  EXPECT_THAT(ran.out, HasSubstr("of the plan's download"));
  const json answers = emulator_.control("GET", "stats").at("answers");
  EXPECT_FALSE(answers.contains("DELETE 204")) << answers;
}

TEST_F(Prune, TakesATickerAsItIsPublished) {
  for (const char* ticker : {"AAPL", "BRK%252EB", "2026-11-28", "a%2522b"})
    put_days(std::string("history/") + ticker + "/prices", 3, 1);
  put_days("history/BRK%252EB/performance", 3, 1);
  put_days("history/_channels/BRK%252EB", 3, 1);

  EXPECT_EQ(prune({"--before", utc_day(0), "--ticker", "BRK.B", "--yes"}).out,
            "removed history/BRK%2EB/prices/" + utc_day(2) + "\nremoved history/BRK%2EB/prices/" + utc_day(1) +
                "\nremoved history/BRK%2EB/performance/" + utc_day(2) + "\nremoved history/BRK%2EB/performance/" +
                utc_day(1) + "\n4 days removed\n");
  EXPECT_EQ(days_of("history/_channels/BRK%2EB").size(), 3u) << "a channel is no ticker";
  EXPECT_EQ(prune({"--before", utc_day(0), "--ticker", "2026-11-28", "--kind", "price", "--yes"}).status, 0);
  EXPECT_EQ(days_of("history/2026-11-28/prices"), newest(1));
  EXPECT_EQ(days_of("history/AAPL/prices").size(), 3u);
  const Ran nobody = prune({"--before", utc_day(0), "--ticker", "NOBODY", "--yes"});
  EXPECT_EQ(nobody.status, 0);
  EXPECT_EQ(nobody.out, "0 days removed\n");
  EXPECT_EQ(prune({"--before", utc_day(0), "--ticker", "_channels", "--yes"}).status, 2) << "that is no ticker";
}

TEST_F(Prune, RemovesEntriesWithoutADayByTheTimeInTheirKey) {
  put_flat("history/AAPL/prices", 40, 30);
  put_flat("history/AAPL/prices", 12, 1500);  // more than a page
  put_flat("history/AAPL/prices", 3, 5);
  put("history/AAPL/prices", {{"-note", {{"by", "somebody"}}}});
  put_days("history/AAPL/prices", 20, 1);
  put_flat("history/MSFT/performance", 3, 2);
  emulator_.control("POST", "settings", {{"tiny_limit_bytes", 3000}});  // some pieces are refused
  const Ran look = prune({"--before", utc_day(5), "--flat"});
  EXPECT_EQ(look.status, 0) << look.err;
  EXPECT_THAT(look.out, HasSubstr("would go history/AAPL/prices: entries without a day, of " + utc_day(40) + " to "));
  EXPECT_EQ(emulator_.get("history/AAPL/prices").size(), 30u + 1500 + 5 + 1 + 20);

  const Ran days = prune({"--before", utc_day(5), "--ticker", "AAPL", "--yes"});
  EXPECT_EQ(days.status, 1) << "what stands beside them would have to be listed";
  EXPECT_THAT(days.out, HasSubstr("stays history/AAPL/prices: entries of an earlier version stand there"));
  EXPECT_THAT(days.out, HasSubstr("prune --flat"));

  const Ran ran = prune({"--before", utc_day(5), "--flat", "--yes"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  const json left = emulator_.get("history/AAPL/prices");
  EXPECT_EQ(left.size(), 5u + 1 + 20) << "what is younger, what is no entry, and the days";
  EXPECT_TRUE(left.contains("-note"));
  for (std::uint32_t n = 0; n < 5; ++n) EXPECT_TRUE(left.contains(key_on(3, n)));
  EXPECT_EQ(emulator_.get("history/MSFT/performance").size(), 2u);
  EXPECT_THAT(ran.out, HasSubstr("removed history/AAPL/prices: 30 entries of " + utc_day(40) +
                                 " without a day\nremoved history/AAPL/prices: 1500 entries of " + utc_day(12) +
                                 " without a day\n"));
  EXPECT_THAT(ran.out, HasSubstr("left history/AAPL/prices: 1 key that is no entry's: '-note'\n"));
  EXPECT_THAT(ran.out, HasSubstr("0 days and 1530 entries without a day removed\n"));
  const json answers = emulator_.control("GET", "stats").at("answers");
  EXPECT_GT(answers.value("PATCH 400", 0), 0) << "the database took each piece: " << answers;
}

TEST_F(Prune, NamesAKeyThatIsNeitherADayNorAnEntry) {
  put_days("history/AAPL/prices", 3, 1);
  put("history/AAPL/prices", {{"!x", 1}});
  put_flat("history/AAPL/prices", 12, 3);
  const Ran days = prune({"--before", utc_day(0), "--yes"});
  EXPECT_EQ(days.status, 1);
  EXPECT_THAT(days.out, HasSubstr("stays history/AAPL/prices: its key '!x' is neither a day nor an entry's"));
  EXPECT_THAT(days.out, HasSubstr("remove them by hand, or move them elsewhere"));
  const Ran look = prune({"--before", utc_day(0), "--flat"});
  EXPECT_THAT(look.out, HasSubstr("left history/AAPL/prices: 1 key that is no entry's: '!x'\n"));
  EXPECT_THAT(look.out, HasSubstr("would go history/AAPL/prices: entries without a day, up to " + utc_day(12)));
  const Ran ran = prune({"--before", utc_day(0), "--flat", "--yes"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("left history/AAPL/prices: 1 key that is no entry's: '!x'\n"));
  EXPECT_EQ(emulator_.get("history/AAPL/prices").size(), 4u);
}

TEST_F(Prune, SaysWordForWordWhatTheDatabaseAnswersWhenItIsOverItsQuota) {
  put_days("history/AAPL/prices", 5, 1);
  emulator_.control("POST", "faults",
                    {{"kind", "status"},
                     {"status", 402},
                     {"count", 1000},
                     {"method", "DELETE"},
                     {"body", R"({"error":"Payment is required, says the test"})"}});
  const Ran ran = prune({"--before", utc_day(0), "--yes"});

  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, HasSubstr("402"));
  EXPECT_THAT(ran.err, HasSubstr("Payment is required, says the test"));
  EXPECT_THAT(ran.err, HasSubstr("takes no removal either; remove history in the Firebase console"));
  EXPECT_EQ(days_of("history/AAPL/prices").size(), 5u);
}

TEST_F(Prune, SaysWhatToDoByWhatTheDatabaseAnswers) {
  for (const auto& [status, remedy] : {std::pair(401, "401: the database does not take our credentials"),
                                       std::pair(404, "404: no database at this address; compare the database URL")}) {
    emulator_.control("POST", "faults", {{"kind", "status"}, {"status", status}, {"count", 1000}, {"method", "GET"}});
    const Ran ran = prune({"--before", utc_day(0), "--yes"});
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.err, HasSubstr(remedy));
    EXPECT_THAT(ran.err, HasSubstr("then run it again"));
    emulator_.control("DELETE", "faults");
  }
}

TEST_F(Prune, ThatNobodyCanReadExitsWith1) {
  put_days("history/AAPL/prices", 3, 1);
  for (const char* yes : {"", " --yes"}) {
    std::string line = "exec " + built("src/firebase-relay");
    for (const std::string& word : words({"--before", utc_day(0)})) line += " '" + word + "'";
    Process full({"/bin/sh", "-c", line + yes + " > /dev/full"});
    EXPECT_EQ(full.wait(), 1) << full.err();
    EXPECT_THAT(full.err(), HasSubstr("prune: stdout cannot be written"));
  }
}

TEST_F(Prune, TriesWhileTheRelayIsHeldForPayment) {
  put_days("history/AAPL/prices", 5, 1);
  emulator_.control("POST", "faults", {{"kind", "status"}, {"status", 402}, {"count", 1000}, {"method", "PATCH"}});
  std::vector<std::string> flags = relay_flags();
  flags.insert(flags.end(), {"--drain-timeout-ms", "200"});
  RelayProcess relay(redis_, emulator_, flags);
  ASSERT_TRUE(relay.wait_ready());
  RedisClient(redis_).publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":1.5,"symbol":"AAPL"})");
  ASSERT_TRUE(eventually([&] { return relay.metric("delivery_held", "payment") == 1; })) << relay.metrics();
  EXPECT_NE(relay.process().wait_for("delivery held, nothing is lost: payment").find("firebase-relay prune"),
            std::string::npos);
  const Ran ran = prune({"--before", utc_day(0), "--yes"});

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(days_of("history/AAPL/prices"), newest(1));
}

TEST_F(Prune, GoesOnAfterItWasKilledInTheMiddle) {
  put_days("history/AAPL/prices", 30, 1);
  emulator_.control("POST", "faults",
                    {{"kind", "delay"}, {"min_ms", 30}, {"max_ms", 40}, {"method", "DELETE"}, {"count", 1000}});
  {
    const auto running = begin({"--before", utc_day(6), "--yes"});
    running->wait_for("removed history/AAPL/prices/");
    running->signal(SIGKILL);
    EXPECT_EQ(running->wait(), 128 + SIGKILL);
  }
  const std::size_t left = days_of("history/AAPL/prices").size();
  EXPECT_LT(left, 30u);
  EXPECT_GT(left, 7u);
  emulator_.control("DELETE", "faults");

  EXPECT_EQ(prune({"--before", utc_day(6), "--yes"}).status, 0);
  EXPECT_EQ(days_of("history/AAPL/prices"), newest(7));
}

TEST_F(Prune, RefusesADayThatIsYetToComeAndAClockThatIsWrong) {
  put_days("history/AAPL/prices", 5, 1);
  const Ran tomorrow = prune({"--before", utc_day(-2), "--yes"});
  EXPECT_EQ(tomorrow.status, 2);
  EXPECT_THAT(tomorrow.err, HasSubstr("--before: expected a day up to " + utc_day(0)));
  emulator_.control("POST", "settings", {{"clock_ahead_seconds", 3600}});
  const Ran wrong = prune({"--before", utc_day(1), "--yes"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("s apart; set this machine's clock"));
  EXPECT_EQ(days_of("history/AAPL/prices").size(), 5u);
}

TEST_F(Prune, RefusesWhatCannotBeMeant) {
  const std::pair<std::vector<std::string>, std::string> mistakes[] = {
      {{"--yes"}, "prune: expected --before with a day"},
      {{"--before", "yesterday"}, "--before: expected a day such as 2026-11-28"},
      {{"--before", "2026-02-30"}, "--before: expected a day such as 2026-11-28"},
      {{"--before", ""}, "--before: expected a value, but it is empty"},
      {{"--before", utc_day(1), "--ticker", ""}, "--ticker: expected a value, but it is empty"},
      {{"--before", utc_day(1), "--kind", "prices"}, "--kind: expected price, order"},
      {{"--before", utc_day(1), "--kind", "order"}, "prune: no route keeps such history by day"},
      {{"--before", utc_day(1), "--unsealed"}, "--unsealed: expected --archive with it"}};
  for (const auto& [flags, complaint] : mistakes) {
    const Ran ran = prune(flags);
    EXPECT_EQ(ran.status, 2) << complaint;
    EXPECT_THAT(ran.err, HasSubstr(complaint));
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(Prune, NeedsItsOutboxOnlyWhereAnArchiveIsAsked) {
  put_days("history/AAPL/prices", 3, 1);
  std::ofstream(outbox_) << "this is no outbox, though somebody has named it";
  const Ran archived = prune({"--before", utc_day(0), "--archive", dir_.file("archive"), "--yes"});
  EXPECT_EQ(archived.status, 1);
  EXPECT_EQ(days_of("history/AAPL/prices").size(), 3u);
  const Ran ran = prune({"--before", utc_day(0), "--yes"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("how much stands in the database is not told"));
  EXPECT_EQ(days_of("history/AAPL/prices"), newest(1));
}

TEST_F(Prune, LeavesWhatTheArchiveDoesNotHaveWholeAndTellsHowMuchIsNowhereElse) {
  const std::string archive = dir_.file("archive");
  const auto long_ago = std::chrono::system_clock::now() - std::chrono::hours(24 * 100);
  const auto long_ago_ms = std::chrono::time_point_cast<std::chrono::milliseconds>(long_ago);
  {
    firebase_relay::outbox::SqliteOutboxOptions options;
    options.file = outbox_;
    const auto opened = firebase_relay::outbox::SqliteOutbox::open(options);
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->outbox->archived_since(true, long_ago_ms));
  }
  std::filesystem::create_directory(archive);
  std::ofstream(archive + "/archive.json") << R"({"archive":1})";
  std::filesystem::last_write_time(archive + "/archive.json", std::chrono::file_clock::from_sys(long_ago));
  std::ofstream(archive + "/" + utc_day(8) + ".hole") << "";
  for (const int ago : {9, 8}) {
    json node;
    for (std::uint32_t n = 0; n < 3; ++n) {
      const std::string path = "history/AAPL/prices/" + utc_day(ago) + "/" + key_on(ago, n);
      node[key_on(ago, n)] = {{"price", n}};
      if (n > 0 || ago == 9)
        std::ofstream(archive + "/" + utc_day(ago) + ".jsonl", std::ios::app)
            << "{\"" << path << R"(":{"price":)" << n << "}}\n";
    }
    put("history/AAPL/prices/" + utc_day(ago), node);
  }
  put("history/AAPL/prices/" + utc_day(7), {{key_on(7, 0), {{"price", 1}}}, {"-K", {{"price", 1}}}});
  put("history/AAPL/prices/" + utc_day(0), {{key_on(0, 0), {{"price", 1}}}});
  {
    std::vector<std::string> flags = relay_flags();
    flags.insert(flags.end(), {"--archive", archive});
    RelayProcess relay(redis_, emulator_, flags);
    ASSERT_TRUE(relay.wait_ready());
    EXPECT_NE(relay.process().wait_for(utc_day(9) + " is sealed").find("3 lines"), std::string::npos);
    EXPECT_EQ(relay.stop(), 0);
  }
  const auto change_checksum = [sealed = archive + "/" + utc_day(9) + ".jsonl.zst"] {
    std::fstream file(sealed, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-1, std::ios::end);
    const char last = static_cast<char>(file.peek() ^ 1);
    file.seekp(-1, std::ios::end).put(last);
  };
  change_checksum();
  const Ran damaged = prune({"--before", utc_day(1), "--archive", archive, "--yes"});
  EXPECT_THAT(damaged.out, HasSubstr("stays history/AAPL/prices/" + utc_day(9) + ": its sealed file is damaged\n"));
  change_checksum();  // and back
  const Ran ran = prune({"--before", utc_day(1), "--archive", archive, "--yes"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(days_of("history/AAPL/prices"), (std::set<std::string>{utc_day(8), utc_day(7), utc_day(0)})) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("stays history/AAPL/prices/" + utc_day(8) + ": lines of it were lost\n"));
  EXPECT_THAT(ran.out, HasSubstr("stays history/AAPL/prices/" + utc_day(7) + ": the archive has nothing of it\n"));

  const Ran all = prune({"--before", utc_day(1), "--archive", archive, "--unsealed", "--yes"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("unsealed history/AAPL/prices/" + utc_day(8) +
                                 ": 1 of 3 entries stand nowhere else\nremoved history/AAPL/prices/" + utc_day(8)));
  EXPECT_THAT(all.out,
              HasSubstr("unsealed history/AAPL/prices/" + utc_day(7) + ": 2 of 2 entries stand nowhere else\n"));
  EXPECT_THAT(all.out, HasSubstr("2 days removed; 3 entries stood nowhere else\n"));
  EXPECT_EQ(days_of("history/AAPL/prices"), newest(1));
}

TEST_F(Prune, WhatItRemovesIsSubtractedFromWhatTheOutboxHasCounted) {
  double before = 0;
  {
    RelayProcess relay(redis_, emulator_, relay_flags());
    ASSERT_TRUE(relay.wait_ready());
    RedisClient client(redis_);
    for (int i = 0; i < 50; ++i)
      client.publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":)" + std::to_string(i) +
                                                R"(,"symbol":"AAPL","timestamp":")" + utc_day(10) + "T12:00:00Z\"}");
    ASSERT_TRUE(relay.wait_delivered(50));
    before = relay.metric("history_stored_bytes");
    EXPECT_GT(before, 50 * 80);
    EXPECT_EQ(relay.stop(), 0);
  }
  EXPECT_THAT(prune({"--before", utc_day(6)}).out, HasSubstr("1 day, " + utc_day(10) + ", about "));
  EXPECT_EQ(prune({"--before", utc_day(6), "--yes"}).status, 0);
  RelayProcess relay(redis_, emulator_, relay_flags());
  ASSERT_TRUE(relay.wait_ready());
  // The gap between the two runs stands there, too.
  EXPECT_TRUE(eventually([&] { return relay.metric("history_stored_bytes") < before / 5; })) << relay.metrics();
}

}  // namespace
}  // namespace pipeline_test
