#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "sim/world.h"

namespace firebase_relay::sim {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Which seeds a campaign runs: SIM_SEED=N only that one; SIM_SEEDS=N the first N; SIM_MINUTES=N goes on so long.
struct Campaign {
  std::uint64_t first = number_from("SIM_SEED", 1);
  std::uint64_t last = std::getenv("SIM_SEED") ? first : number_from("SIM_SEEDS", 2'000);
  std::chrono::minutes minutes{number_from("SIM_MINUTES", 0)};
};

std::string run(std::uint64_t seed, World::Marks* marks = nullptr, std::uint64_t* trace = nullptr) {
  World world(seed);
  world.run_with_faults(300);
  world.heal();
  const std::string pending = world.violation().empty() ? world.run_until_quiet(5'000) : "";
  if (marks) {
    const World::Marks& reached = world.marks();
    marks->crashes += reached.crashes;
    marks->persisted += reached.persisted;
    marks->loaded += reached.loaded;
    marks->set_aside += reached.set_aside;
    marks->refused += reached.refused;
    marks->narrow += reached.narrow;
    marks->held += reached.held;
    marks->refreshed += reached.refreshed;
    marks->emptied += reached.emptied;
  }
  if (trace) *trace = world.trace();
  return pending.empty() ? world.verdict() : pending;
}

TEST(DeliverySimulation, holds_every_guarantee_on_every_schedule) {
  const Campaign campaign;
  const auto until = std::chrono::steady_clock::now() + campaign.minutes;
  World::Marks marks;
  std::uint64_t seed = campaign.first;
  for (; seed <= campaign.last || std::chrono::steady_clock::now() < until; ++seed) {
    ASSERT_EQ(run(seed, &marks), "") << "replay: SIM_SEED=" << seed << " delivery_sim";
  }
  std::printf("%llu schedules\n", static_cast<unsigned long long>(seed - campaign.first));
  if (campaign.first == campaign.last) return;
  EXPECT_GT(marks.crashes, 0u);
  EXPECT_GT(marks.persisted, 0u);
  EXPECT_GT(marks.loaded, 0u);
  EXPECT_GT(marks.set_aside, 0u);
  EXPECT_GT(marks.refused, 0u);
  EXPECT_GT(marks.narrow, 0u);
  EXPECT_GT(marks.held, 0u);
  EXPECT_GT(marks.refreshed, 0u);
  EXPECT_GT(marks.emptied, 0u);
}

TEST(DeliverySimulation, replays_a_seed_to_the_letter) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    run(seed, nullptr, &first);
    run(seed, nullptr, &second);
    EXPECT_EQ(first, second) << "seed " << seed;
  }
}

}  // namespace
}  // namespace firebase_relay::sim
