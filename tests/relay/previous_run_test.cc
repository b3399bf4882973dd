#include "relay/previous_run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "support/eventually.h"

namespace firebase_relay::relay {
namespace {

UtcMillis at(std::int64_t second) { return UtcMillis(std::chrono::seconds(1'777'777'000 + second)); }

using Heartbeat = Result<std::optional<UtcMillis>>;

/// What a PreviousRun said, and how often it asked.
class PreviousRunTest : public testing::Test {
 protected:
  std::unique_ptr<PreviousRun> previous(std::optional<outbox::LastRun> last_run) {
    return std::make_unique<PreviousRun>(
        last_run, PreviousRun::Wiring{[this](const bus::Gap& gap) {
                                        const std::lock_guard lock(mutex);
                                        gaps.push_back(gap);
                                      },
                                      [this] { ++known; },
                                      [this](const std::stop_token&) {
                                        const std::lock_guard lock(mutex);
                                        if (asked++ < failures) return Heartbeat(fail(ErrorCode::kUnavailable, "away"));
                                        return Heartbeat(heartbeat);
                                      },
                                      [this](const Error&) { ++not_read; }, [this] { ++freed; },
                                      [this](UtcMillis at) {
                                        const std::lock_guard lock(mutex);
                                        started = at;
                                      },
                                      [this](UtcMillis at) {
                                        const std::lock_guard lock(mutex);
                                        last_stop = at;
                                      }});
  }
  std::optional<UtcMillis> noted(const std::optional<UtcMillis>& time) {
    const std::lock_guard lock(mutex);
    return time;
  }
  std::size_t gap_count() {
    const std::lock_guard lock(mutex);
    return gaps.size();
  }
  bool has_asked() {
    const std::lock_guard lock(mutex);
    return asked > 0;
  }
  void expect_gap(UtcMillis from, UtcMillis to, const std::string& cause) {
    ASSERT_TRUE(test_support::eventually([&] { return gap_count() == 1; }));
    const std::lock_guard lock(mutex);
    EXPECT_EQ(gaps[0].from, from);
    EXPECT_EQ(gaps[0].to, to);
    EXPECT_EQ(gaps[0].cause, cause);
  }

  std::mutex mutex;
  std::vector<bus::Gap> gaps;          // guarded by mutex
  int asked = 0;                       // guarded by mutex
  int failures = 0;                    ///< answers that fail before the heartbeat is told
  std::optional<UtcMillis> heartbeat;  ///< as the database has it
  std::optional<UtcMillis> started;    // as noted, guarded by mutex
  std::optional<UtcMillis> last_stop;  // as noted, guarded by mutex
  std::atomic<int> not_read{0};
  std::atomic<int> freed{0};
  std::atomic<int> known{0};  ///< how often it said that the gap before this run has been told
};

TEST_F(PreviousRunTest, ThatNeverWasLeavesNoGap) {
  auto run = previous(std::nullopt);
  EXPECT_EQ(freed, 1);
  run->subscribed(at(100));
  run->finish();
  EXPECT_EQ(known, 1) << "from the start";
  EXPECT_EQ(gap_count(), 0u);
  EXPECT_FALSE(has_asked());
}

TEST_F(PreviousRunTest, ThatWasStoppedIsAGapAtOnceAndHoldsNoHeartbeat) {
  auto run = previous(outbox::LastRun{at(0), at(50)});
  EXPECT_EQ(freed, 1);
  EXPECT_EQ(known, 0);
  run->subscribed(at(100));
  EXPECT_EQ(known, 1);
  EXPECT_EQ(gap_count(), 1u);
  expect_gap(at(50), at(100), "the relay was stopped");
  run->finish();
  EXPECT_EQ(gap_count(), 1u);
  EXPECT_FALSE(has_asked());
}

TEST_F(PreviousRunTest, ThatWasKilledIsAskedForUntilAnsweredAndHoldsTheHeartbeatSoLong) {
  failures = 1;
  heartbeat = at(70);
  auto run = previous(outbox::LastRun{at(0), std::nullopt});
  EXPECT_EQ(freed, 0) << "the new heartbeat would overwrite the old one";
  run->subscribed(at(100));
  expect_gap(at(70), at(100), "the relay was killed");
  EXPECT_EQ(freed, 1);
  EXPECT_EQ(not_read, 1) << "the one answer that failed is told";
  EXPECT_EQ(known, 1) << "before the first heartbeat";
  run->finish();
  EXPECT_EQ(gap_count(), 1u);
  EXPECT_EQ(known, 1);
}

TEST_F(PreviousRunTest, GapBeginsNoSoonerThanTheRunThatWasKilled) {
  heartbeat = at(-500);  // of a run before that one
  auto run = previous(outbox::LastRun{at(0), std::nullopt});
  run->subscribed(at(100));
  expect_gap(at(0), at(100), "the relay was killed");
}

TEST_F(PreviousRunTest, WithoutAHeartbeatCountsAsKilledWhenItBegan) {
  auto run = previous(outbox::LastRun{at(0), std::nullopt});
  run->subscribed(at(100));
  expect_gap(at(0), at(100), "the relay was killed");
}

TEST_F(PreviousRunTest, ThatCouldNotBeAskedForIsReportedAtTheEnd) {
  failures = 1'000'000;
  auto run = previous(outbox::LastRun{at(0), std::nullopt});
  run->subscribed(at(100));
  ASSERT_TRUE(test_support::eventually([&] { return has_asked(); }));
  run->finish();
  expect_gap(at(0), at(100), "the relay was killed, when is not known");
  run->finish();
  EXPECT_EQ(gap_count(), 1u);
  EXPECT_EQ(freed, 0);
  EXPECT_EQ(known, 1);
}

TEST_F(PreviousRunTest, IsTheLastOneUntilThisOneHasSubscribed) {
  auto run = previous(outbox::LastRun{at(0), at(50)});
  run->finish();
  EXPECT_EQ(started, std::nullopt);
  EXPECT_EQ(gap_count(), 0u) << "the next run reports it";

  run = previous(outbox::LastRun{at(0), at(50)});
  run->subscribed(at(100));
  EXPECT_TRUE(test_support::eventually([&] { return noted(started) == at(100); }));
}

TEST_F(PreviousRunTest, EndOfOneThatWasKilledIsNotedBeforeAHeartbeatIsWrittenOverTheOldOne) {
  heartbeat = at(70);
  auto run = previous(outbox::LastRun{at(0), std::nullopt});
  ASSERT_TRUE(test_support::eventually([&] { return freed == 1; }));
  EXPECT_EQ(noted(last_stop), at(70));
  run->subscribed(at(100));
  expect_gap(at(70), at(100), "the relay was killed");
  run->finish();
  EXPECT_EQ(started, at(100));
  EXPECT_EQ(gap_count(), 1u);
}

TEST_F(PreviousRunTest, GapKeepsBothTimesAlthoughTheClockWasSetBackInBetween) {
  auto run = previous(outbox::LastRun{at(0), at(500)});
  run->subscribed(at(100));
  expect_gap(at(500), at(100), "the relay was stopped");
}

TEST_F(PreviousRunTest, ThatWasKilledBeforeTheClockWasSetBackKeepsBothTimesToo) {
  heartbeat = at(600);
  auto run = previous(outbox::LastRun{at(500), std::nullopt});
  run->subscribed(at(100));
  expect_gap(at(600), at(100), "the relay was killed");
}

TEST(HeartbeatOf, IsATimeOrNullAndFromWhoeverElseAnswersItIsNotKnown) {
  EXPECT_EQ(heartbeat_of(200, "\"2026-05-03T02:56:40.000Z\"\n").value(), at(0));
  EXPECT_EQ(heartbeat_of(200, "null").value(), std::nullopt);
  EXPECT_EQ(heartbeat_of(200, "\"who knows\"").value(), std::nullopt) << "somebody else wrote there";
  for (const char* body : {"", "<html>Sign in</html>", R"({"error":"no"})", "{}", "\"", "nullish", "1777777000"})
    EXPECT_FALSE(heartbeat_of(200, body)) << body;
  EXPECT_FALSE(heartbeat_of(204, "null"));
  EXPECT_FALSE(heartbeat_of(202, "\"2026-05-03T02:56:40.000Z\""));
}

}  // namespace
}  // namespace firebase_relay::relay
