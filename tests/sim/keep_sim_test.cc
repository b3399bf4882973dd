#include <gtest/gtest.h>

#include <string>

#include "sim/campaign.h"
#include "sim/keep_world.h"

namespace firebase_relay::sim {
namespace {

TEST(KeepSimulation, RemovesWhatIsOldAndNothingElseOnEverySchedule) {
  KeepWorld::Marks all;
  for (std::uint64_t seed = campaign().first; seed <= campaign().last; ++seed) {
    KeepWorld world(seed);
    world.run_with_faults(300);
    if (world.violation().empty()) world.run_until_all_is_done();
    ASSERT_EQ(world.violation(), "") << "replay: delivery_sim --seed " << seed;
    ASSERT_EQ(world.left_over(), "") << "replay: delivery_sim --seed " << seed;
    const KeepWorld::Marks& marks = world.marks();
    all.days += marks.days;
    all.refused += marks.refused;
    all.flat += marks.flat;
    all.unknown += marks.unknown;
    all.broken_off += marks.broken_off;
    all.lost += marks.lost;
    all.counted_late += marks.counted_late;
  }
  if (campaign().first == campaign().last) return;
  EXPECT_GT(all.days, 0u);
  EXPECT_GT(all.refused, 0u);
  EXPECT_GT(all.flat, 0u);
  EXPECT_GT(all.unknown, 0u);
  EXPECT_GT(all.broken_off, 0u);
  EXPECT_GT(all.lost, 0u);
  EXPECT_GT(all.counted_late, 0u);
}

}  // namespace
}  // namespace firebase_relay::sim
