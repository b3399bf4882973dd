#include "deliver/circuit.h"

#include <gtest/gtest.h>

namespace firebase_relay::deliver {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kNow(seconds(1000));
const Circuit::Failure kUnwell{Circuit::Pause::kLong, HoldReason::kNone, std::nullopt};
const Circuit::Failure kUnreached{Circuit::Pause::kShort, HoldReason::kNone, std::nullopt};
const Circuit::Failure kIsLocked{Circuit::Pause::kLong, HoldReason::kLocked, std::nullopt};

TEST(Circuit, OpensWithAFailureAndLetsOneProbeThroughWhenItsTimeHasCome) {
  Circuit circuit(1);
  EXPECT_TRUE(circuit.allows(kNow));
  EXPECT_FALSE(circuit.sent());
  const milliseconds wait = circuit.failed(kNow, false, kUnwell);
  EXPECT_GT(wait.count(), 0);
  EXPECT_LE(wait, milliseconds(200));
  EXPECT_FALSE(circuit.allows(kNow));
  EXPECT_EQ(circuit.next_probe(), kNow + wait);
  EXPECT_TRUE(circuit.allows(kNow + wait));
  EXPECT_TRUE(circuit.sent()) << "this one is the probe";
  EXPECT_FALSE(circuit.allows(kNow + wait)) << "one at a time";
  circuit.succeeded();
  EXPECT_TRUE(circuit.is_closed());
  EXPECT_TRUE(circuit.allows(kNow));
}

TEST(Circuit, StepsGrowToThirtySecondsAndNoFurther) {
  Circuit circuit(7);
  SteadyTime now = kNow;
  milliseconds longest{0};
  circuit.failed(now, false, kUnwell);
  for (int i = 0; i < 200; ++i) {
    now = circuit.next_probe();
    ASSERT_TRUE(circuit.sent());
    const milliseconds wait = circuit.failed(now, true, kUnwell);
    EXPECT_LE(wait, seconds(30));
    longest = std::max(longest, wait);
  }
  EXPECT_GT(longest, seconds(25));
}

TEST(Circuit, AsksAtLeastEverySecondWhileNobodyIsReached) {
  Circuit circuit(7);
  SteadyTime now = kNow;
  circuit.failed(now, false, kUnwell);
  for (int i = 0; i < 10; ++i) {  // the database answers with errors, and is given time
    now = circuit.next_probe();
    ASSERT_TRUE(circuit.sent());
    circuit.failed(now, true, kUnwell);
  }
  for (int i = 0; i < 200; ++i) {  // then it goes
    now = circuit.next_probe();
    ASSERT_TRUE(circuit.sent());
    EXPECT_LE(circuit.failed(now, true, kUnreached), seconds(1)) << "whatever there was before";
  }
  milliseconds longest{0};
  for (int i = 0; i < 50; ++i) {
    now = circuit.next_probe();
    ASSERT_TRUE(circuit.sent());
    longest = std::max(longest, circuit.failed(now, true, kUnwell));
  }
  EXPECT_GT(longest, seconds(20)) << "it is back, and as unwell as it was";
}

TEST(Circuit, OfSeveralThatFailTogetherOneLengthensTheWait) {
  Circuit circuit(1);
  const milliseconds wait = circuit.failed(kNow, false, kUnwell);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(circuit.failed(kNow, false, kUnwell), wait);
}

TEST(Circuit, RetryAfterIsHonouredUpToTenMinutes) {
  Circuit circuit(1);
  EXPECT_EQ(circuit.failed(kNow, false, {Circuit::Pause::kLong, HoldReason::kNone, seconds(7)}), seconds(7));
  Circuit other(1);
  EXPECT_EQ(other.failed(kNow, false, {Circuit::Pause::kLong, HoldReason::kNone, std::chrono::hours(24)}),
            std::chrono::minutes(10));
}

TEST(Circuit, HoldProbesEveryThirtySeconds) {
  Circuit circuit(1);
  EXPECT_EQ(circuit.failed(kNow, false, kIsLocked), seconds(30));
  EXPECT_EQ(circuit.hold(), HoldReason::kLocked);
  EXPECT_TRUE(circuit.sent());
  EXPECT_EQ(circuit.failed(kNow + seconds(30), true, kIsLocked), seconds(30));
  circuit.succeeded();
  EXPECT_EQ(circuit.hold(), HoldReason::kNone);
}

}  // namespace
}  // namespace firebase_relay::deliver
