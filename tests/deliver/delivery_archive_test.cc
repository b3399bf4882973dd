#include "deliver/delivery_fixture.h"

namespace firebase_relay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWait{250};

/// Messages whose history waits for the archive.
class DeliveryArchiveTest : public DeliveryTest {
 protected:
  void archived_price(const std::string& ticker, const std::string& value, ArchivePosition position) {
    handle(Arrived{block_of_price(ticker, value, now_.steady), false, position});
  }
  bool has_history(const Send& send) { return body(send).find("\"history/") != std::string::npos; }
};

TEST_F(DeliveryArchiveTest, LiveValuesDoNotWaitForTheArchive) {
  start({});
  archived_price("A", "1", 1);
  ASSERT_EQ(sent_.size(), 1u) << "a relay that was idle sends at once";
  EXPECT_FALSE(has_history(out())) << "which the archive does not have";
  answer(204);
  archived_price("A", "2", 2);
  pass_to_deadline();
  ASSERT_EQ(sent_.size(), 1u) << "the next flush goes in its time, too";
}

TEST_F(DeliveryArchiveTest, HistoryGoesWithTheFirstFlushThatTheArchiveIsAheadOf) {
  start({.flush_interval = milliseconds(100)});
  archived_price("A", "1", 1);
  answer(204);
  EXPECT_FALSE(delivery_->waits_for_archive()) << "the next flush is not due, so nobody need be woken";
  handle(Archived{1});
  EXPECT_TRUE(sent_.empty());
  pass_to_deadline();
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(has_history(out()));
}

TEST_F(DeliveryArchiveTest, ArchiveIsWaitedForWhereAFlushIsDue) {
  start({.flush_interval = milliseconds(100)});
  archived_price("A", "1", 1);
  answer(204);
  pass(milliseconds(150));
  EXPECT_TRUE(sent_.empty());
  EXPECT_TRUE(delivery_->waits_for_archive());
  handle(Archived{1});
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(has_history(out()));
}

TEST_F(DeliveryArchiveTest, HistoryGoesOnWhenTheArchiveTakesTooLong) {
  start({.flush_interval = milliseconds(100)});
  archived_price("A", "1", 1);
  answer(204);
  pass(kWait - milliseconds(1));
  EXPECT_TRUE(sent_.empty());
  pass(milliseconds(1));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(has_history(out()));
  answer(204);
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
}

TEST_F(DeliveryArchiveTest, NothingIsInTheOutboxBeforeItIsInTheArchive) {
  start({});
  archived_price("A", "1", 1);
  Answer lost;
  lost.transport = Answer::Transport::kConnect;
  answer(lost);
  for (const Persist& persist : persists_) EXPECT_TRUE(persist.batches.empty());
  EXPECT_TRUE(delivery_->has_unsaved());
  handle(Archived{1});
  pass(kWait);
  ASSERT_FALSE(persists_.empty());
  EXPECT_FALSE(persists_.back().batches.empty());
}

TEST_F(DeliveryArchiveTest, EndOfTheDrainSavesWhatTheArchiveHasNotWritten) {
  start({.drain_timeout = milliseconds(50)});
  archived_price("A", "1", 1);
  handle(Stop{});
  EXPECT_FALSE(delivery_->drained());
  pass(milliseconds(50));
  EXPECT_FALSE(delivery_->has_unsaved());
  EXPECT_TRUE(delivery_->drained());
}

}  // namespace
}  // namespace firebase_relay
