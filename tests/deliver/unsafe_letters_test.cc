#include "deliver/unsafe_letters.h"

#include <gtest/gtest.h>

namespace firebase_relay::deliver {
namespace {

TEST(UnsafeLetters, HoldBackUntilTheyAreStoredAndSynced) {
  UnsafeLetters letters;
  letters.add(5);
  letters.add(3);
  EXPECT_EQ(letters.safe_of(9), 2u);
  EXPECT_FALSE(letters.await_sync()) << "there is no row to be synced";
  letters.stored();
  EXPECT_EQ(letters.safe_of(9), 2u);
  EXPECT_TRUE(letters.await_sync());
  letters.synced();
  EXPECT_EQ(letters.safe_of(9), 9u);
}

TEST(UnsafeLetters, SyncDoesNotCoverWhatWasNotStoredYet) {
  UnsafeLetters letters;
  letters.add(3);
  letters.stored();
  letters.add(5);
  letters.synced();
  EXPECT_EQ(letters.safe_of(9), 4u);
}

TEST(UnsafeLetters, ThoseThatAreNotTheSourcesHoldBackNothing) {
  UnsafeLetters letters;
  letters.add(0);
  letters.add(kUnorderedSequences + 1);
  EXPECT_EQ(letters.safe_of(9), 9u);
}

}  // namespace
}  // namespace firebase_relay::deliver
