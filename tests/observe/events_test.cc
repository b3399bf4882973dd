#include "observe/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <sstream>

namespace firebase_relay::observe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr SteadyTime kNow{std::chrono::hours(1)};
constexpr UtcMillis kTime{milliseconds(1778078351786)};

class EventsTest : public testing::Test {
 protected:
  std::ostringstream out_;
  spdlog::logger logger_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(out_)};
  Metrics metrics_{"1.2.3"};
  Events events_{metrics_, logger_};

  void SetUp() override { logger_.set_pattern("%l %v"); }
  std::string logged() const { return out_.str(); }
  std::ptrdiff_t lines() const {
    const std::string text = logged();
    return std::count(text.begin(), text.end(), '\n');
  }
  static DeadLetter letter_of(std::string payload) {
    return {DeadLetterReason::kInvalidJson, 1, kTime, "NEWS\n", std::move(payload)};
  }
  static RequestEnded failed_request() {
    return {
        1, RequestEnded::Result::kFailed, "server_error", "", HoldReason::kNone, "503: try later", milliseconds(1200)};
  }
};

TEST_F(EventsTest, ALostRedisIsAGaugeAndALineWithTheNextTry) {
  events_.redis_connected("redis://h:6379");

  events_.redis_disconnected({ErrorCode::kUnavailable, "connection reset", ""}, milliseconds(1500), kNow);

  EXPECT_EQ(metrics_.redis_connected.Value(), 0);
  EXPECT_THAT(logged(), HasSubstr("warning redis: connection reset; next try in 1.5 s"));
}

TEST_F(EventsTest, ARedisThatRefusesIsToldWithTheRemedy) {
  events_.redis_disconnected({ErrorCode::kRefused, "NOAUTH\n", "give its password"}, milliseconds(20), kNow);
  events_.redis_ping_refused({ErrorCode::kRefused, "NOPERM", "ACL SETUSER bob '+ping'"});

  EXPECT_THAT(logged(), HasSubstr("warning redis: NOAUTH\\n; give its password; next try in 20 ms"));
  EXPECT_THAT(logged(), HasSubstr("warning redis: PING is refused on the subscription, which stands: NOPERM; "));
  EXPECT_THAT(logged(), HasSubstr("; ACL SETUSER bob '+ping'"));
}

TEST_F(EventsTest, ARedisThatIsNotWellIsALineThatDoesNotFlood) {
  for (int i = 0; i < 100; ++i)
    events_.redis_complained({ErrorCode::kUnavailable, "Redis says: MASTERDOWN", "give the master's address"}, kNow);

  EXPECT_THAT(logged(), HasSubstr("warning redis: subscribed, but Redis says: MASTERDOWN; give the master's address"));
  EXPECT_LE(lines(), 3);
}

TEST_F(EventsTest, ARedisThatIsBackCountsAsReconnect) {
  events_.redis_reconnected(seconds(70), kNow);

  EXPECT_EQ(metrics_.redis_connected.Value(), 1);
  EXPECT_EQ(metrics_.redis_reconnects.Value(), 1);
  EXPECT_THAT(logged(), HasSubstr("info redis: subscribed again after 1 min 10 s"));
}

TEST_F(EventsTest, TheFirstConnectionIsNoReconnect) {
  events_.redis_connected("redis://h:6379");

  EXPECT_EQ(metrics_.redis_reconnects.Value(), 0);
}

TEST_F(EventsTest, AGapIsCountedWithItsBoundsInTheLog) {
  events_.gap(kTime, kTime + seconds(5), "redis was restarted", kNow);

  EXPECT_EQ(metrics_.subscription_gaps.Value(), 1);
  EXPECT_THAT(logged(),
              HasSubstr("from 2026-05-06T14:39:11.786Z to 2026-05-06T14:39:16.786Z (5.0 s): redis was restarted"));
}

TEST_F(EventsTest, AGapInWhichTheClockWasSetBackIsOfUnknownLength) {
  events_.gap(kTime + std::chrono::hours(2), kTime, "the relay was stopped", kNow);

  EXPECT_THAT(logged(),
              HasSubstr("from 2026-05-06T16:39:11.786Z to 2026-05-06T14:39:11.786Z (of unknown length): the"));
  EXPECT_THAT(logged(), Not(HasSubstr("ms)")));
}

TEST_F(EventsTest, APauseOfReadingIsSummedUpInSecondsWhileItLasts) {
  events_.reading_paused(1000, "Redis buffers", kNow);
  events_.reading_paused_for(milliseconds(1500));
  EXPECT_EQ(metrics_.reading_paused_seconds.Value(), 1.5);

  events_.reading_paused_for(milliseconds(500));
  events_.reading_resumed(milliseconds(2000), kNow);

  EXPECT_EQ(metrics_.reading_paused_seconds.Value(), 2.0);
  EXPECT_THAT(logged(), HasSubstr("reading paused: 1000 bytes of messages wait, Redis buffers\n"));
  EXPECT_THAT(logged(), HasSubstr("info reading resumed after 2.0 s"));
}

TEST_F(EventsTest, ADeadLetterShowsAShortExcerptThatCannotForgeLines) {
  events_.dead_letter(letter_of("{\n" + std::string(1000, 'x')), kNow);

  EXPECT_EQ(metrics_.dead_letters[DeadLetterReason::kInvalidJson].Value(), 1);
  EXPECT_THAT(logged(), HasSubstr("warning dead letter: invalid_json at byte 2: x stands where a key in double quotes "
                                  "is expected, channel NEWS\\n, 1002 bytes: {\\nxxx"));
  EXPECT_EQ(lines(), 1);
  EXPECT_LT(logged().size(), 400u);
}

TEST_F(EventsTest, AFloodOfDeadLettersIsAllCountedTheFirstFewToldWholeAndThenALineAMinute) {
  for (int i = 0; i < 10 * 60 * 100; ++i) events_.dead_letter(letter_of("x"), kNow + i * milliseconds(10));

  EXPECT_EQ(metrics_.dead_letters[DeadLetterReason::kInvalidJson].Value(), 60'000);
  EXPECT_EQ(lines(), 3 + 9);
  EXPECT_THAT(logged(), HasSubstr("warning dead letters: 6000 more, invalid_json, channel NEWS\\n; if"));

  events_.report_kept_back(kNow + seconds(660));
  EXPECT_EQ(lines(), 3 + 10);
}

TEST_F(EventsTest, DeadLettersOfAnotherChannelOrReasonAreToldWholeBesideAFlood) {
  for (int i = 0; i < 100; ++i) events_.dead_letter(letter_of("noise"), kNow);

  events_.dead_letter({DeadLetterReason::kInvalidJson, 1, kTime, "TICKER_UPDATES_AAPL", "seldom"}, kNow);
  events_.dead_letter({DeadLetterReason::kRefused, 1, kTime, "NEWS\n", "refused"}, kNow);

  EXPECT_EQ(lines(), 5);
  EXPECT_THAT(logged(), AllOf(HasSubstr("seldom"), HasSubstr("refused")));
}

TEST_F(EventsTest, DeadLettersOfAThousandChannelsAreNoThousandLines) {
  for (int minute = 0; minute < 2; ++minute) {
    for (int i = 0; i < 1000; ++i) {
      events_.dead_letter({DeadLetterReason::kInvalidJson, 1, kTime, "room " + std::to_string(i), "x"},
                          kNow + seconds(60 * minute));
    }
  }

  EXPECT_LT(lines(), 60);
  EXPECT_THAT(logged(), HasSubstr("978 more on other channels"));
}

TEST_F(EventsTest, AFloodOfDeadLettersSaysHowTheChannelIsTakenAway) {
  const auto told_of = [this](const std::string& channel) {
    out_.str("");
    for (int i = 0; i < 5; ++i) events_.dead_letter({DeadLetterReason::kInvalidJson, 1, kTime, channel, "x"}, kNow);
    events_.report_kept_back(kNow + seconds(60));
    return logged();
  };

  EXPECT_THAT(told_of("socket.io#/"), HasSubstr("channel socket.io#/; if they are not meant for the relay, "
                                                "--channels '*,!socket.io#/*' takes them away\n"));
  EXPECT_THAT(told_of("app:it's,[7]"), HasSubstr("--channels '*,!app:it*'")) << "nothing that would need quoting";
  EXPECT_THAT(told_of("*all"), Not(HasSubstr("--channels"))) << "this would take everything away";
  EXPECT_THAT(told_of(""), Not(HasSubstr("--channels")));
}

TEST_F(EventsTest, AFailureThatStaysIsALineAMinuteWithHowOften) {
  const Error error{ErrorCode::kIo, "outbox o.db: attempt to write a readonly database", "give the right"};
  for (int second = 0; second < 86'400; ++second) {
    events_.outbox_failed(second % 2 == 0 ? "append" : "save live orders", error, kNow + seconds(second));
  }

  EXPECT_EQ(metrics_.outbox_errors.Value(), 86'400);
  EXPECT_EQ(lines(), 1'440);
  EXPECT_THAT(logged(), HasSubstr("give the right (and 59 more since the last such line)\n"));
}

TEST_F(EventsTest, WhatIsKeptBackIsDueToBeToldWithinItsMinute) {
  EXPECT_EQ(events_.report_due(), SteadyTime::max());
  events_.request_ended(failed_request(), kNow);
  events_.request_ended(failed_request(), kNow + seconds(1));
  EXPECT_EQ(events_.report_due(), kNow + seconds(60));

  events_.report_kept_back(kNow + seconds(60));

  EXPECT_THAT(logged(), HasSubstr("warning request server_error: and 1 more\n"));
  EXPECT_EQ(events_.report_due(), SteadyTime::max());
}

TEST_F(EventsTest, ALostRedisIsToldAtOnceEachTimeAndItsTriesOnceAMinute) {
  for (int loss = 0; loss < 2; ++loss) {
    const SteadyTime begin = kNow + std::chrono::minutes(loss * 5);
    for (int i = 0; i < 50; ++i)
      events_.redis_disconnected({ErrorCode::kUnavailable, "connection refused", ""}, milliseconds(500),
                                 begin + seconds(i));
    events_.redis_reconnected(seconds(50), begin + seconds(50));
  }

  EXPECT_EQ(lines(), 4);
}

TEST_F(EventsTest, AReasonForWhichRedisIsNotReachedIsToldAtOnceAndAgainEveryMinuteWithWhatToDo) {
  events_.redis_disconnected({ErrorCode::kUnavailable, "closed by Redis", ""}, milliseconds(20), kNow);
  const Error why{ErrorCode::kRefused, "Redis' certificate expired on 2026-11-23", "renew it there"};
  for (int i = 1; i <= 122; ++i) {
    events_.redis_disconnected(why, milliseconds(500), kNow + seconds(i));
    events_.report_kept_back(kNow + seconds(i));
  }

  EXPECT_EQ(lines(), 4) << logged();
  EXPECT_THAT(logged(), HasSubstr("expired on 2026-11-23; renew it there; next try in 500 ms\n"));
  EXPECT_THAT(logged(), HasSubstr("renew it there; next try in 500 ms (and 59 more since the last such line)\n"));
}

TEST_F(EventsTest, ReasonsThatChangeAllTheTimeDoNotFlood) {
  for (int i = 0; i < 100; ++i)
    events_.redis_disconnected({ErrorCode::kUnavailable, "reason " + std::to_string(i), ""}, milliseconds(20), kNow);

  EXPECT_LE(lines(), 6);
}

TEST_F(EventsTest, ARedisThatDropsTheRelayAllTheTimeDoesNotFlood) {
  for (int second = 0; second < 100; ++second) {
    const SteadyTime now = kNow + seconds(second);
    events_.redis_disconnected({ErrorCode::kUnavailable, "closed by Redis", ""}, milliseconds(20), now);
    events_.redis_reconnected(milliseconds(30), now);
    events_.gap(kTime, kTime, "closed by Redis", now);
  }

  EXPECT_LE(lines(), 6) << "three kinds of lines, once a minute each";
  EXPECT_EQ(metrics_.subscription_gaps.Value(), 100);
}

TEST_F(EventsTest, WhatIsShedIsSummedUpByTheMinute) {
  KindCounts shed{};
  shed[static_cast<std::size_t>(Kind::kPrice)] = 40;
  for (int second = 0; second <= 60; ++second) events_.history_shed(shed, kNow + seconds(second));

  EXPECT_EQ(lines(), 2);
  EXPECT_THAT(logged(), HasSubstr("40 price; and 2360 since the last such line"));
}

TEST_F(EventsTest, AFailedRequestCountsItsResultAndItsRetry) {
  events_.request_ended(failed_request(), kNow);

  EXPECT_EQ(metrics_.patches[PatchResult::kFailed].Value(), 1);
  EXPECT_EQ(metrics_.retries("server_error").Value(), 1);
  EXPECT_THAT(logged(), HasSubstr("warning request failed: server_error: 503: try later; next try in 1.2 s"));
}

TEST_F(EventsTest, AnAnsweredRequestIsCountedAndNotLogged) {
  events_.request_ended({1, RequestEnded::Result::kOk, "ok", "", HoldReason::kNone, "", std::nullopt}, kNow);

  EXPECT_EQ(metrics_.patches[PatchResult::kOk].Value(), 1);
  EXPECT_EQ(logged(), "");
}

TEST_F(EventsTest, ARequestThatIsNotSentAgainIsNoRetry) {
  events_.request_ended({1, RequestEnded::Result::kRefused, "refused", "", HoldReason::kNone, "400", std::nullopt},
                        kNow);

  EXPECT_EQ(metrics_.retries("refused").Value(), 0);
  EXPECT_THAT(logged(), Not(HasSubstr("next try")));
}

TEST_F(EventsTest, ABrokenInvariantIsCountedAndAsksForAReport) {
  events_.invariant_broken("a count is below zero", kNow);

  EXPECT_EQ(metrics_.invariants_broken.Value(), 1);
  EXPECT_THAT(logged(), AllOf(HasSubstr("error this is a fault of the relay"), HasSubstr("a count is below zero")));
}

TEST_F(EventsTest, AHoldIsToldOnceWithItsRemedyAndNotAtEachProbe) {
  events_.held(HoldReason::kForbidden, "give them a role", "Permission denied");
  events_.held(HoldReason::kForbidden, "give them a role", "Permission denied");

  EXPECT_EQ(lines(), 1);
  EXPECT_THAT(logged(),
              AllOf(HasSubstr("error delivery held, nothing is lost: forbidden."), HasSubstr("give them a role")));
  EXPECT_THAT(metrics_.serialize(), HasSubstr("delivery_held{reason=\"forbidden\"} 1"));
}

TEST_F(EventsTest, AHoldForAnotherReasonIsToldAgain) {
  events_.held(HoldReason::kForbidden, "", "");
  events_.held(HoldReason::kPayment, "", "");

  EXPECT_EQ(lines(), 2);
}

TEST_F(EventsTest, TheEndOfAHoldIsToldOnce) {
  events_.held(HoldReason::kPayment, "", "");
  events_.unheld();
  events_.unheld();

  EXPECT_EQ(lines(), 2);
  EXPECT_THAT(metrics_.serialize(), HasSubstr("delivery_held{reason=\"payment\"} 0"));
}

TEST_F(EventsTest, ARequestThatFailedSaysWhatAPersonCanDo) {
  events_.request_ended(
      {1, RequestEnded::Result::kFailed, "tls", "check the clock", HoldReason::kNone, "expired", milliseconds(1200)},
      kNow);

  EXPECT_THAT(logged(), HasSubstr("request failed: tls: expired; check the clock; next try in"));
}

TEST_F(EventsTest, ShedHistoryIsCountedAndListedByKind) {
  KindCounts shed{};
  shed[static_cast<std::size_t>(Kind::kPrice)] = 40;
  shed[static_cast<std::size_t>(Kind::kOrder)] = 2;

  events_.history_shed(shed, kNow);

  EXPECT_EQ(metrics_.shed[Kind::kPrice].Value(), 40);
  EXPECT_THAT(logged(), HasSubstr("oldest messages dropped: 40 price, 2 order"));
}

TEST_F(EventsTest, NothingShedIsNothingTold) {
  events_.history_shed(KindCounts{}, kNow);

  EXPECT_EQ(logged(), "");
}

TEST_F(EventsTest, AFailureOfTheOutboxIsCountedAndSaysWhatToDo) {
  events_.outbox_failed("append", {ErrorCode::kIo, "./data/outbox.db: disk full", "free some space"}, kNow);

  EXPECT_EQ(metrics_.outbox_errors.Value(), 1);
  EXPECT_THAT(logged(), HasSubstr("error outbox: append failed: ./data/outbox.db: disk full; free some space"));
}

TEST_F(EventsTest, AnOutboxThatCannotBeWrittenHasAFlawUntilItCan) {
  EXPECT_EQ(metrics_.outbox_writable.Value(), 1);
  events_.outbox_not_read("load", {ErrorCode::kIo, "o.db: disk I/O error", ""}, kNow);
  EXPECT_EQ(metrics_.outbox_writable.Value(), 1) << "it was only read";
  EXPECT_FALSE(events_.outbox_flaw());

  events_.outbox_failed("append", {ErrorCode::kIo, "o.db: readonly", "chown it"}, kNow);

  EXPECT_EQ(metrics_.outbox_writable.Value(), 0);
  EXPECT_EQ(events_.outbox_flaw(), "o.db: readonly; chown it");

  for (int i = 0; i < 100; ++i) events_.outbox_written(kNow);

  EXPECT_EQ(metrics_.outbox_writable.Value(), 1);
  EXPECT_FALSE(events_.outbox_flaw());
  EXPECT_THAT(logged(), HasSubstr("info outbox: it can be written again\n"));
  EXPECT_EQ(lines(), 3);
}

TEST_F(EventsTest, AChannelWithoutARouteIsNamed) {
  events_.unrouted_channel_first_seen("NEWS\033[2J", kNow);

  EXPECT_THAT(logged(), HasSubstr("channel NEWS\\x1b[2J has no route"));
}

TEST_F(EventsTest, AClockThatIsWrongIsToldWhenItBecomesSoAndWhenItIsRightAgain) {
  for (const int skew : {0, 60, -60}) events_.clock_compared(seconds(skew), kNow);
  EXPECT_EQ(logged(), "") << "a minute is nothing";
  for (const int skew : {-7200, -7201, -7150}) events_.clock_compared(seconds(skew), kNow + seconds(10));
  EXPECT_EQ(metrics_.clock_skew_seconds.Value(), -7150);
  EXPECT_EQ(lines(), 1);
  EXPECT_THAT(logged(),
              AllOf(HasSubstr("warning clock: this machine's is 2 h 0 min behind the database's"), HasSubstr("NTP")));

  events_.clock_compared(seconds(1), kNow + seconds(20));
  events_.clock_compared(seconds(2), kNow + seconds(20));

  EXPECT_EQ(lines(), 2);
  EXPECT_THAT(logged(), HasSubstr("info clock: this machine's is right again"));
}

}  // namespace
}  // namespace firebase_relay::observe
