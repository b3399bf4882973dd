// Tests find bugs: each of those that are planted in copies of the sources (CMakeLists.txt) makes the simulation fail
// within some thousand schedules, or the unit tests that its row names. Where the row says which invariant finds it,
// that one does, and no other.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <string>

#include "mutants/planted.h"
#include "support/process.h"

namespace mutants_test {
namespace {

using firebase_relay::kPlantedBugs;
using firebase_relay::PlantedBug;
using test_support::built;
using test_support::Process;

/// How many schedules a planted bug may survive.
constexpr const char* kSeeds = "20000";
constexpr std::chrono::minutes kLongest{5};

std::vector<std::string> program(const std::string& filter, const char* seeds) {
  // One schedule after the other, so that the same one finds it each time.
  return {built("tests/mutants/mutants"), "--gtest_filter=" + filter, "--seeds", seeds, "--threads", "1"};
}

class Mutant : public testing::TestWithParam<PlantedBug> {
 protected:
  // Its failure is our success, and must not be counted among the results.
  Mutant() { ::unsetenv("GTEST_OUTPUT"); }
};

TEST_P(Mutant, IsFound) {
  Process process(program(GetParam().by, kSeeds), {"RELAY_MUTANT=" + std::string(GetParam().name)});
  const auto exit = process.wait(kLongest);
  ASSERT_TRUE(exit) << "still running";
  EXPECT_NE(*exit, 0) << "survived";
  EXPECT_NE(*exit, 2) << "did not run: " << process.err();
  const std::string said = process.err() + process.out();
  EXPECT_NE(said.find(GetParam().finds), std::string::npos) << "not found by: " << GetParam().finds << "\n" << said;
  std::printf("%s\n", said.substr(0, 600).c_str());
}

INSTANTIATE_TEST_SUITE_P(All, Mutant, testing::ValuesIn(kPlantedBugs),
                         [](const auto& mutant) { return mutant.param.name; });

TEST(Mutants, AreAllThatIsWrongWithTheCopies) {
  ::unsetenv("GTEST_OUTPUT");
  Process process(program("-DeliverySimulation.HoldsEvery*", "1"));
  const auto exit = process.wait(kLongest);
  ASSERT_TRUE(exit) << "still running";
  EXPECT_EQ(*exit, 0) << process.out() << process.err();
}

}  // namespace
}  // namespace mutants_test
