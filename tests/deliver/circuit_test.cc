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
  EXPECT_EQ(circuit.sent(), 0u);
  const milliseconds wait = circuit.failed(kNow, 0, kUnwell);
  EXPECT_GT(wait.count(), 0);
  EXPECT_LE(wait, milliseconds(200));
  EXPECT_FALSE(circuit.allows(kNow));
  EXPECT_EQ(circuit.next_probe(), kNow + wait);
  EXPECT_TRUE(circuit.allows(kNow + wait));
  EXPECT_GT(circuit.sent(), 0u) << "this one is the probe";
  EXPECT_FALSE(circuit.allows(kNow + wait)) << "one at a time";
  circuit.succeeded();
  EXPECT_TRUE(circuit.is_closed());
  EXPECT_TRUE(circuit.allows(kNow));
}

TEST(Circuit, StepsGrowToThirtySecondsAndNoFurther) {
  Circuit circuit(7);
  SteadyTime now = kNow;
  milliseconds longest{0};
  circuit.failed(now, 0, kUnwell);
  for (int i = 0; i < 200; ++i) {
    now = circuit.next_probe();
    const std::uint64_t probe = circuit.sent();
    ASSERT_GT(probe, 0u);
    const milliseconds wait = circuit.failed(now, probe, kUnwell);
    EXPECT_LE(wait, seconds(30));
    longest = std::max(longest, wait);
  }
  EXPECT_GT(longest, seconds(25));
}

TEST(Circuit, AsksAtLeastEverySecondWhileNobodyIsReached) {
  Circuit circuit(7);
  SteadyTime now = kNow;
  circuit.failed(now, 0, kUnwell);
  for (int i = 0; i < 10; ++i) {  // the database answers with errors, and is given time
    now = circuit.next_probe();
    const std::uint64_t probe = circuit.sent();
    ASSERT_GT(probe, 0u);
    circuit.failed(now, probe, kUnwell);
  }
  for (int i = 0; i < 200; ++i) {  // then it goes
    now = circuit.next_probe();
    const std::uint64_t probe = circuit.sent();
    ASSERT_GT(probe, 0u);
    EXPECT_LE(circuit.failed(now, probe, kUnreached), seconds(1)) << "whatever there was before";
  }
  milliseconds longest{0};
  for (int i = 0; i < 50; ++i) {
    now = circuit.next_probe();
    const std::uint64_t probe = circuit.sent();
    ASSERT_GT(probe, 0u);
    longest = std::max(longest, circuit.failed(now, probe, kUnwell));
  }
  EXPECT_GT(longest, seconds(20)) << "it is back, and as unwell as it was";
}

TEST(Circuit, OfSeveralThatFailTogetherOneLengthensTheWait) {
  Circuit circuit(1);
  const milliseconds wait = circuit.failed(kNow, 0, kUnwell);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(circuit.failed(kNow, 0, kUnwell), wait);
}

TEST(Circuit, ProbeThatFailsAfterAnotherRequestHasClosedItIsOneOfMany) {
  Circuit circuit(1);
  SteadyTime now = kNow + circuit.failed(kNow, 0, kUnwell);
  const std::uint64_t first = circuit.sent();
  circuit.succeeded();
  now += circuit.failed(now, 0, kUnwell);
  const std::uint64_t second = circuit.sent();
  ASSERT_NE(first, second);

  EXPECT_EQ(circuit.failed(now, first, kUnwell), milliseconds(0)) << "it lengthens no wait";

  EXPECT_FALSE(circuit.allows(now)) << "the second probe is under way";
  EXPECT_GT(circuit.failed(now, second, kUnwell), milliseconds(0));
}

TEST(Circuit, RetryAfterIsHonouredUpToTenMinutes) {
  Circuit circuit(1);
  EXPECT_EQ(circuit.failed(kNow, 0, {Circuit::Pause::kLong, HoldReason::kNone, seconds(7)}), seconds(7));
  Circuit other(1);
  EXPECT_EQ(other.failed(kNow, 0, {Circuit::Pause::kLong, HoldReason::kNone, std::chrono::hours(24)}),
            std::chrono::minutes(10));
}

TEST(Circuit, HoldProbesEveryThirtySeconds) {
  Circuit circuit(1);
  EXPECT_EQ(circuit.failed(kNow, 0, kIsLocked), seconds(30));
  EXPECT_EQ(circuit.hold(), HoldReason::kLocked);
  const std::uint64_t probe = circuit.sent();
  EXPECT_GT(probe, 0u);
  EXPECT_EQ(circuit.failed(kNow + seconds(30), probe, kIsLocked), seconds(30));
  circuit.succeeded();
  EXPECT_EQ(circuit.hold(), HoldReason::kNone);
}

}  // namespace
}  // namespace firebase_relay::deliver
