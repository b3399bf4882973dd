#include "base/invariant.h"

#include <gtest/gtest.h>

namespace firebase_relay {
namespace {

#ifdef RELAY_CHECKED

TEST(InvariantDeathTest, EndsTheProcessWhereItIsTested) {
  invariant(true, "all is well");
  EXPECT_DEATH(invariant(false, "two and two are five"), "two and two are five");
}

#else

TEST(Invariant, IsRememberedUntilSomebodyTellsOfIt) {
  invariant(true, "all is well");
  EXPECT_EQ(take_broken_invariant(), nullptr);
  invariant(false, "the first one");
  invariant(false, "what came of it");
  EXPECT_STREQ(take_broken_invariant(), "the first one");
  EXPECT_EQ(take_broken_invariant(), nullptr);
}

#endif

}  // namespace
}  // namespace firebase_relay
