#include "observe/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::observe {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr SteadyTime kBegin{seconds(1000)};

Snapshot well(std::uint64_t messages) {
  Snapshot snapshot;
  snapshot.received = snapshot.delivered = messages;
  snapshot.redis_connected = snapshot.database_reachable = true;
  snapshot.lag[LagBuckets::bucket_of(std::chrono::milliseconds(400))] = messages;
  return snapshot;
}

TEST(Summary, IsDueAMinuteAfterTheLast) {
  Summary summary(kBegin);
  EXPECT_EQ(summary.due(), kBegin + seconds(60));
  summary.line(well(1), kBegin + seconds(61));
  EXPECT_EQ(summary.due(), kBegin + seconds(121));
}

TEST(Summary, TellsWhatHappenedSinceTheLastLine) {
  Summary summary(kBegin);
  EXPECT_EQ(summary.line(well(1200), kBegin + seconds(60)),
            "last 1 min 0 s: 1200 messages received, 1200 delivered, lag p99 <= 500 ms, outbox empty");
  EXPECT_EQ(summary.line(well(1210), kBegin + seconds(120)),
            "last 1 min 0 s: 10 messages received, 10 delivered, lag p99 <= 500 ms, outbox empty");
  EXPECT_EQ(summary.line(well(1210), kBegin + seconds(180)),
            "last 1 min 0 s: 0 messages received, 0 delivered, lag p99 none, outbox empty");
}

TEST(Summary, TellsLossesAndWhatIsInTheWayWhenThereAreAny) {
  Summary summary(kBegin);
  Snapshot bad = well(10);
  bad.dead_letters = 2;
  bad.shed = 3;
  bad.gaps = 1;
  bad.in_flight = 4;
  bad.redis_connected = bad.database_reachable = false;

  const std::string line = summary.line(bad, kBegin + seconds(60));

  for (const char* part : {"2 dead letters", "3 shed", "1 gap", "4 in flight", "Redis not connected", "not reachable"})
    EXPECT_THAT(line, HasSubstr(part));
  bad.held = "unauthorized";
  EXPECT_THAT(summary.line(bad, kBegin + seconds(120)), HasSubstr("delivery held: unauthorized"));
  EXPECT_THAT(summary.line(well(10), kBegin + seconds(180)), Not(HasSubstr("shed")));
}

TEST(Summary, OfTheWholeRunCountsFromTheStart) {
  Summary summary(kBegin);
  summary.line(well(1200), kBegin + seconds(60));
  EXPECT_EQ(summary.total(well(1210), kBegin + seconds(90)),
            "1210 messages received, 1210 delivered, lag p99 <= 500 ms, outbox empty, in 1 min 30 s");
}

}  // namespace
}  // namespace firebase_relay::observe
