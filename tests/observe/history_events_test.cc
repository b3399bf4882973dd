#include "observe/history_events.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace firebase_relay::observe {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kFirst{std::chrono::hours(1)};

class HistoryEventsTest : public testing::Test {
 protected:
  void SetUp() override { logger_.set_pattern("%l %v"); }

  std::ostringstream out_;
  spdlog::logger logger_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(out_)};
  Metrics metrics_{"1.2.3"};
  HistoryEvents events_{metrics_, logger_};
};

TEST_F(HistoryEventsTest, CountsEachDayWithALineOfItsOwn) {
  events_.day_removed(Kind::kPrice, "history/AAPL/prices/2026-10-28");
  events_.day_removed(Kind::kPrice, "history/A\nB/prices/2026-10-28");
  EXPECT_EQ(out_.str(),
            "info history removed: history/AAPL/prices/2026-10-28, as its route's 'keep' says\n"
            "info history removed: history/A\\nB/prices/2026-10-28, as its route's 'keep' says\n");
  EXPECT_EQ(metrics_.history_removed[Kind::kPrice].Value(), 2);
}

TEST_F(HistoryEventsTest, SaysOnceWhatStandsInTheWayAndWhatToDo) {
  for (const char* path : {"history/A/prices", "history/B/prices"}) events_.entries_without_day(path, kFirst);
  for (const char* key : {"-foo", "!x"}) events_.stranger_before_days("history/A/prices", key, kFirst);
  events_.day_not_known(seconds(3600), kFirst);
  events_.day_not_known(seconds(3600), kFirst);
  events_.day_not_known(std::nullopt, kFirst + seconds(61));
  events_.day_not_known(seconds(-61), kFirst + seconds(122));
  events_.removal_broken_off("503: later", "", seconds(60), kFirst);
  events_.removal_broken_off("HTTP 404", "404: no database there", seconds(60), kFirst + seconds(61));
  events_.day_refused("history/A/prices/2026-01-01", kFirst);
  events_.removal_ended(0, 0, 0);
  events_.removal_ended(3, 2, 0);
  events_.removal_ended(1, 1, 1);
  EXPECT_EQ(
      out_.str(),
      "warning history: nothing is removed at history/A/prices: entries of an earlier version stand there without "
      "a day. Remove them once by 'firebase-relay prune --flat', or move them: docs/data.md tells how\n"
      "warning history: nothing is removed at history/A/prices: its key '-foo' is neither a day nor an entry's, and "
      "stands in front of the days, which are not listed beside it. Remove that key, or move it elsewhere (Firebase "
      "console)\n"
      "warning history: nothing is removed: this clock is 3600 s ahead of the database's, so which day it is is "
      "not known. Set the clock\n"
      "warning history: nothing is removed: the database's answer does not say which day it is\n"
      "warning history: nothing is removed: this clock is 61 s behind the database's, so which day it is is not "
      "known. Set the clock\n"
      "warning history: removing what is too old has stopped: 503: later; begins again in 60 s\n"
      "warning history: removing what is too old has stopped: HTTP 404; begins again in 60 s. 404: no database there\n"
      "warning history: history/A/prices/2026-01-01 stays: it is too large to be listed, or one of its entries "
      "to be removed\n"
      "info history: 3 days removed, since routes keep no more; next look tomorrow\n"
      "warning history: 2 days are older than routes keep, and stay: the archive does not have them whole. Which, and "
      "why, says "
      "'firebase-relay prune --before DAY' with the relay's --archive and --outbox\n"
      "info history: 1 day removed, since routes keep no more\n"
      "info history: 1 day will go once the archive has sealed it; next look within two hours\n"
      "warning history: 1 day is older than routes keep, and stays: the archive does not have it whole. Which, and "
      "why, says "
      "'firebase-relay prune --before DAY' with the relay's --archive and --outbox\n");
}

}  // namespace
}  // namespace firebase_relay::observe
