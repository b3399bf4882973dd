#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/campaign.h"
#include "sim/world.h"

namespace firebase_relay::sim {
namespace {

struct Outcome {
  std::string flaw;  ///< empty: none
  World::Marks marks;
  std::uint64_t trace;
};

Outcome run(std::uint64_t seed) {
  World world(seed);
  world.run_with_faults(300);
  world.heal();
  const std::string pending = world.violation().empty() ? world.run_until_quiet(5'000) : "";
  return {pending.empty() ? world.verdict() : pending, world.marks(), world.trace()};
}

/// All seeds of a campaign, on all cores: each world is on its own.
class Runner {
 public:
  explicit Runner(const Campaign& seeds)
      : campaign_(seeds), until_(std::chrono::steady_clock::now() + seeds.minutes), next_(seeds.first) {
    const unsigned most = seeds.threads > 0 ? seeds.threads : std::max(1u, std::thread::hardware_concurrency());
    const unsigned cores = seeds.first == seeds.last ? 1 : most;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < cores; ++i) threads.emplace_back([this] { work(); });
  }

  std::string flaws;
  World::Marks marks{};
  std::uint64_t schedules = 0;

 private:
  void work() {
    while (!failed_) {
      const std::uint64_t seed = next_++;
      if (seed > campaign_.last && std::chrono::steady_clock::now() >= until_) return;
      const Outcome outcome = run(seed);
      const std::lock_guard lock(mutex_);
      ++schedules;
      for (std::size_t mark = 0; mark < marks.size(); ++mark) marks[mark] += outcome.marks[mark];
      if (outcome.flaw.empty()) continue;
      failed_ = true;
      flaws += outcome.flaw + "\n  replay: delivery_sim --seed " + std::to_string(seed) + "\n";
    }
  }

  const Campaign campaign_;
  const std::chrono::steady_clock::time_point until_;
  std::atomic<std::uint64_t> next_;
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
};

TEST(DeliverySimulation, HoldsEveryGuaranteeOnEverySchedule) {
  const Runner all(campaign());

  ASSERT_EQ(all.flaws, "");
  std::printf("%llu schedules\n", static_cast<unsigned long long>(all.schedules));
  if (campaign().first == campaign().last) return;
  for (std::size_t mark = 0; mark < all.marks.size(); ++mark)
    EXPECT_GT(all.marks[mark], 0u) << "no schedule reached: " << World::kMarkNames[mark];
}

TEST(DeliverySimulation, ReplaysASeedToTheLetter) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(run(seed).trace, run(seed).trace) << "seed " << seed;
}

}  // namespace
}  // namespace firebase_relay::sim
