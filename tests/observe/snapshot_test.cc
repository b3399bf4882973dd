#include "observe/snapshot.h"

#include <gtest/gtest.h>

#include "observe/metrics.h"

namespace firebase_relay::observe {
namespace {

using std::chrono::milliseconds;

Snapshot of(Metrics& metrics) { return read_snapshot(metrics.serialize()).value(); }

TEST(Snapshot, ReadsWhatTheMetricsSay) {
  Metrics metrics("1.2.3");
  metrics.received.Increment(7);
  metrics.recovered.Increment(1);
  metrics.delivered[Kind::kPrice].Increment(3);
  metrics.delivered[Kind::kOrder].Increment(2);
  metrics.coalesced[Kind::kPrice].Increment(1);
  metrics.dead_letters[DeadLetterReason::kInvalidJson].Increment(1);
  metrics.shed[Kind::kPrice].Increment(1);
  metrics.messages_in_flight.Set(4);
  metrics.redis_connected.Set(1);
  metrics.outbox_batches.Set(12);
  metrics.outbox_bytes.Set(1'234'567);
  metrics.outbox_limit_bytes.Set(2'000'000'000);
  metrics.outbox_oldest_seconds.Set(200);
  metrics.subscription_gaps.Increment(2);
  metrics.redis_reconnects.Increment(3);

  const Snapshot snapshot = of(metrics);

  EXPECT_EQ(snapshot.version, "1.2.3");
  EXPECT_GT(snapshot.started_at, UtcMillis(std::chrono::hours(24 * 365 * 50)));
  EXPECT_EQ(snapshot.received, 7u);
  EXPECT_EQ(snapshot.recovered, 1u);
  EXPECT_EQ(snapshot.delivered, 5u) << "of all kinds";
  EXPECT_EQ(snapshot.coalesced, 1u);
  EXPECT_EQ(snapshot.dead_letters, 1u);
  EXPECT_EQ(snapshot.shed, 1u);
  EXPECT_EQ(snapshot.in_flight, 4u);
  EXPECT_TRUE(snapshot.redis_connected);
  EXPECT_FALSE(snapshot.database_reachable);
  EXPECT_EQ(snapshot.gaps, 2u);
  EXPECT_EQ(snapshot.reconnects, 3u);
  EXPECT_EQ(outbox_text(snapshot), "12 batches, 1.2 of 2000.0 MB, oldest 3 min 20 s");
}

TEST(Snapshot, TellsOfAnOutboxThatCannotBeWritten) {
  Metrics metrics("1");
  EXPECT_EQ(outbox_text(of(metrics)), "empty");
  metrics.outbox_writable.Set(0);
  EXPECT_EQ(outbox_text(of(metrics)), "CANNOT BE WRITTEN (the log says why), empty");
}

TEST(Snapshot, NamesWhatDeliveryWaitsFor) {
  Metrics metrics("1");
  metrics.set_held(static_cast<HoldReason>(1));
  EXPECT_EQ(of(metrics).held, kHoldReasonNames[1]);
  metrics.set_held(HoldReason::kNone);
  EXPECT_EQ(of(metrics).held, "");
}

TEST(Snapshot, IsNoneOfWhatIsNoRelay) {
  EXPECT_FALSE(read_snapshot(""));
  EXPECT_FALSE(read_snapshot("<html>\nlogin {here} please\n"));
  EXPECT_FALSE(read_snapshot("firebase_relay_messages_received_total 7\n"));
}

TEST(Snapshot, CountsLagPerBucket) {
  Metrics metrics("1");
  LagBuckets lag;
  lag.add(milliseconds(1), 50);
  lag.add(milliseconds(120), 49);
  lag.add(milliseconds(1500), 1);
  Metrics::observe(metrics.relay_lag_seconds, lag);

  EXPECT_EQ(of(metrics).lag, lag.counts());
}

TEST(LagText, IsTheBoundaryThatTheShareDoesNotExceed) {
  LagBuckets lag;
  lag.add(milliseconds(1), 50);
  lag.add(milliseconds(120), 49);
  lag.add(milliseconds(1500), 1);
  EXPECT_EQ(lag_text(lag.counts(), 0.5), "<= 1 ms");
  EXPECT_EQ(lag_text(lag.counts(), 0.99), "<= 200 ms");
  EXPECT_EQ(lag_text(lag.counts(), 1), "<= 2.0 s");
}

TEST(LagText, SaysWhenThereIsNoneAndWhenItIsBeyondTheLastBoundary) {
  LagBuckets lag;
  EXPECT_EQ(lag_text(lag.counts(), 0.99), "none");
  lag.add(std::chrono::minutes(5));
  EXPECT_EQ(lag_text(lag.counts(), 0.99), "> 1 min 0 s");
}

TEST(Difference, CountsFromZeroAfterARestart) {
  EXPECT_EQ(difference(5, 3), 2u);
  EXPECT_EQ(difference(3, 5), 3u);
}

}  // namespace
}  // namespace firebase_relay::observe
