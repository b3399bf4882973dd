// The simulation finds bugs: each of those planted in CMakeLists.txt makes it fail within some thousand schedules.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "support/process.h"

namespace mutants_test {
namespace {

using test_support::built;
using test_support::Process;

/// How many schedules a planted bug may survive.
constexpr const char* kSeeds = "20000";
constexpr std::chrono::minutes kLongest{5};

class Mutant : public testing::TestWithParam<const char*> {};

TEST_P(Mutant, IsFoundByTheSimulation) {
  ::unsetenv("GTEST_OUTPUT");  // its failure is our success, and must not be counted among the results
  Process simulation({built("tests/mutants/mutant_" + std::string(GetParam())), "--gtest_filter=*HoldsEveryGuarantee*",
                      "--seeds", kSeeds});
  const auto exit = simulation.wait(kLongest);
  ASSERT_TRUE(exit) << "still running";
  EXPECT_NE(*exit, 0) << "survived";
  EXPECT_NE(*exit, 2) << "did not run: " << simulation.err();
  std::printf("%s\n", simulation.out().substr(0, 600).c_str());
}

INSTANTIATE_TEST_SUITE_P(All, Mutant, testing::Values(RELAY_MUTANTS), [](const auto& mutant) { return mutant.param; });

}  // namespace
}  // namespace mutants_test
