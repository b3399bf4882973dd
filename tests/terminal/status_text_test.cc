#include "terminal/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace firebase_relay::terminal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr UtcMillis kStart{milliseconds(1778078351786)};
constexpr UtcMillis kNow = kStart + seconds(100);

observe::Snapshot well() {
  observe::Snapshot snapshot;
  snapshot.version = "1.2.3";
  snapshot.started_at = kStart;
  snapshot.received = 1000;
  snapshot.delivered = 990;
  snapshot.in_flight = 10;
  snapshot.redis_connected = snapshot.database_reachable = true;
  snapshot.lag[LagBuckets::bucket_of(milliseconds(90))] = 980;
  snapshot.lag[LagBuckets::bucket_of(milliseconds(900))] = 20;
  return snapshot;
}

TEST(StatusText, SaysAllOfARelayThatIsWell) {
  EXPECT_EQ(status_text(well(), std::nullopt, kNow, false),
            "firebase-relay 1.2.3, up 1 min 40 s\n"
            "since       2026-05-06T14:39:11.786Z\n"
            "redis       connected\n"
            "database    reachable\n"
            "received          1000   10.0/s\n"
            "delivered          990   9.9/s\n"
            "coalesced            0\n"
            "dead                 0\n"
            "shed                 0\n"
            "in flight           10\n"
            "lag         p50 <= 100 ms   p99 <= 1.0 s\n"
            "queue       0 messages\n"
            "outbox      empty\n"
            "stored      0.0 MB\n"
            "download    known after an hour\n"
            "gaps        none\n");
}

TEST(StatusText, TellsOfDaysThatWereRemovedOnceThereAreAny) {
  observe::Snapshot now = well();
  now.days_removed = 1;
  EXPECT_THAT(status_text(now, std::nullopt, kNow, false), HasSubstr("removed     1 day of history"));
  now.days_removed = 12;
  EXPECT_THAT(status_text(now, std::nullopt, kNow, false),
              HasSubstr("removed     12 days of history, as routes keep no more\n"));
}

TEST(StatusText, TellsOfDaysThatCouldNotBeRemoved) {
  observe::Snapshot now = well();
  now.days_overdue = 3;
  EXPECT_THAT(status_text(now, std::nullopt, kNow, true),
              HasSubstr("overdue     \033[31;1m3 days that routes keep no more\033[0m\n"));
}

TEST(StatusText, TellsOfAnArchiveThatHasStoppedAndOfItsHoles) {
  observe::Snapshot now = well();
  EXPECT_THAT(status_text(now, std::nullopt, kNow, false), Not(HasSubstr("archive")));
  now.archive_bytes = 12'345'678;
  EXPECT_THAT(status_text(now, std::nullopt, kNow, true), HasSubstr("\narchive     12.3 MB\n"));
  now.archive_writable = false;
  now.archive_days_unsealed = 2;
  EXPECT_THAT(status_text(now, std::nullopt, kNow, false),
              HasSubstr("\narchive     12.3 MB, STOPPED (the log says why), 2 days unsealed or with a hole\n"));
  EXPECT_THAT(status_text(now, std::nullopt, kNow, true), HasSubstr("\033[31;1mSTOPPED\033[0m"));
}

TEST(StatusText, HasTheRatesAndLagOfTheTimeBetweenTwoLooks) {
  observe::Snapshot before = well();
  observe::Snapshot now = well();
  now.received += 30;
  now.lag[LagBuckets::bucket_of(milliseconds(5))] += 30;

  const std::string text = status_text(now, EarlierSnapshot{before, seconds(2)}, kNow, false);

  EXPECT_THAT(text, HasSubstr("received          1030   15.0/s\n"));
  EXPECT_THAT(text, HasSubstr("delivered          990   0.0/s\n"));
  EXPECT_THAT(text, HasSubstr("  just now  p50 <= 5 ms   p99 <= 5 ms\n"));
}

TEST(StatusText, NamesWhatIsWrong) {
  observe::Snapshot bad = well();
  bad.redis_connected = bad.database_reachable = false;
  bad.dead_letters = 2;
  bad.gaps = 3;
  const std::string text = status_text(bad, std::nullopt, kNow, false);
  EXPECT_THAT(text, HasSubstr("redis       not connected\n"));
  EXPECT_THAT(text, HasSubstr("database    not reachable\n"));
  EXPECT_THAT(text, HasSubstr("gaps        3\n"));
  bad.held = "unauthorized";
  EXPECT_THAT(status_text(bad, std::nullopt, kNow, false), HasSubstr("database    held: unauthorized"));
}

TEST(StatusText, IsRedOnlyWhereSomethingIsWrongAndOnlyWhenAsked) {
  observe::Snapshot bad = well();
  EXPECT_THAT(status_text(bad, std::nullopt, kNow, true), Not(HasSubstr("\033[31")));
  bad.shed = 1;
  EXPECT_THAT(status_text(bad, std::nullopt, kNow, true), HasSubstr("\033[31;1m         1\033[0m"));
  EXPECT_THAT(status_text(bad, std::nullopt, kNow, false), Not(HasSubstr("\033")));
}

TEST(StatusText, FitsInto70Columns) {
  observe::Snapshot full = well();
  full.received = full.delivered = 9'999'999'999;
  full.outbox_batches = 123'456;
  full.outbox_bytes = full.outbox_bytes_max = 2'147'483'648;
  full.outbox_oldest = seconds(86'399);
  full.download_bytes_a_day = 99'999'999'999;
  std::istringstream lines(status_text(full, EarlierSnapshot{{}, seconds(2)}, kNow, false));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 70u) << line;
}

TEST(StatusText, SaysHowFullTheDatabaseIsAndInRedWhenAMonthIsLeft) {
  observe::Snapshot snapshot = well();
  snapshot.history_bytes = 412'000'000;
  snapshot.history_bytes_a_day = 14'000'000;
  snapshot.database_bytes_max = 1'000'000'000;
  EXPECT_THAT(status_text(snapshot, std::nullopt, kNow, true),
              HasSubstr("stored      412.0 of 1000.0 MB, 14.0 MB a day: full in 42 days\n"));
  snapshot.history_bytes = 590'000'000;
  EXPECT_THAT(status_text(snapshot, std::nullopt, kNow, true),
              HasSubstr("stored      \033[31;1m590.0 of 1000.0 MB, 14.0 MB a day: full in 29 days\033[0m\n"));
}

TEST(StatusText, SaysWhatAMonthDownloadsAndInRedWhereThePlanGivesLess) {
  observe::Snapshot snapshot = well();
  snapshot.download_bytes_a_day = 10'000'000;
  EXPECT_THAT(status_text(snapshot, std::nullopt, kNow, true),
              HasSubstr("download    0.30 GB a month by answers, of the plan's 10\n"));
  snapshot.download_bytes_a_day = 400'000'000;
  EXPECT_THAT(status_text(snapshot, std::nullopt, kNow, true),
              HasSubstr("download    \033[31;1m12.00 GB a month by answers, of the plan's 10: TOO MUCH\033[0m\n"));
}

}  // namespace
}  // namespace firebase_relay::terminal
