// Up to which message all is safe, and what waits while a source replays.
#include <algorithm>

#include "deliver/delivery_fixture.h"

namespace firebase_relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DeliverySafetyTest : public DeliveryTest {
 protected:
  static DeliveryOptions over_streams() {
    return {.drain_timeout = milliseconds(100), .syncs_for_commit = true, .can_replay = true};
  }
  static DeliveryOptions behind() {
    DeliveryOptions options = over_streams();
    options.is_behind = true;
    return options;
  }
  /// The database goes away, and what is not acknowledged is saved.
  void fail_and_save() {
    answer(503);
    pass(seconds(1));
    ASSERT_FALSE(persists_.empty());
  }
  static bool has_live(const Send& send) { return body(send).find("\"services/") != std::string::npos; }
  [[nodiscard]] bool saved_live() const {
    return std::any_of(persists_.begin(), persists_.end(),
                       [](const Persist& persist) { return !persist.live.empty(); });
  }
  void own_state(const std::string& path) {
    FragmentBlock block;
    block.arrived = now_.steady;
    block.add_live({.path = path, .path_hash = hash_of_path(path), .value = "1", .sequence = 1'700'000'000'000});
    handle(Arrived{std::move(block)});
  }
};

TEST_F(DeliverySafetyTest, MessageIsSafeWhenAllOfItIsAcknowledged) {
  start(over_streams());
  EXPECT_EQ(delivery_->safe_upto(), 0u);
  price("A", "1");
  EXPECT_EQ(delivery_->safe_upto(), 0u);
  answer(204);
  EXPECT_EQ(delivery_->safe_upto(), 1u);
  EXPECT_EQ(syncs_, 0) << "nothing went through the disk";
}

TEST_F(DeliverySafetyTest, ValueThatCameWhileAnotherWasUnderWayIsNotSafeByThat) {
  start(over_streams());
  price("A", "1");
  live_only("services/A/price", "2");
  live_only("services/A/price", "3");
  answer(204);
  EXPECT_EQ(delivery_->safe_upto(), 1u);
  deliver_all();
  EXPECT_EQ(delivery_->safe_upto(), 3u);
}

TEST_F(DeliverySafetyTest, OneThatWaitsHoldsBackAllThatCameLater) {
  start({.in_flight_max = 1, .syncs_for_commit = true});
  live_only("services/A/price", "1");
  price("B", "2");
  price("C", "3");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(delivery_->safe_upto(), 0u);
  answer(204);
  EXPECT_EQ(delivery_->safe_upto(), 1u) << "the others go with the next flush";
}

TEST_F(DeliverySafetyTest, RelaysOwnBlocksDoNotCount) {
  start(over_streams());
  price("A", "1");
  answer(204);
  own_state("relay/me/state");
  EXPECT_EQ(delivery_->safe_upto(), 1u);
}

TEST_F(DeliverySafetyTest, RowsAreSafeOnceTheyAreSynced) {
  start(over_streams());
  sync_takes_long_ = true;
  price("A", "1");
  fail_and_save();
  EXPECT_EQ(delivery_->safe_upto(), 0u) << "a power cut may take it";
  EXPECT_EQ(syncs_, 1);
  handle(sync_answer());
  EXPECT_EQ(delivery_->safe_upto(), 1u);
}

TEST_F(DeliverySafetyTest, NothingIsWrittenWhileTheDiskSyncs) {
  start(over_streams());
  sync_takes_long_ = true;
  price("A", "1");
  fail_and_save();
  const std::size_t persists = persists_.size();
  price("A", "2");
  pass(milliseconds(500));
  EXPECT_EQ(persists_.size(), persists);
  handle(sync_answer());
  pass(milliseconds(500));
  EXPECT_GT(persists_.size(), persists);
  EXPECT_EQ(delivery_->safe_upto(), 1u) << "the second one came after";
}

TEST_F(DeliverySafetyTest, DiskIsSyncedOnceASecondWhileThereIsSomethingNew) {
  start(over_streams());
  price("A", "1");
  fail_and_save();
  const int before = syncs_;
  for (int i = 0; i < 50; ++i) {
    price("A", std::to_string(i));
    pass(milliseconds(100));
  }
  EXPECT_GE(syncs_, before + 4);
  EXPECT_LE(syncs_, before + 6);
  pass(seconds(2));
  const int quiet = syncs_;
  pass(seconds(10));
  EXPECT_EQ(syncs_, quiet);
}

TEST_F(DeliverySafetyTest, SyncThatFailedIsTriedAgainAndUntilThenNothingIsSafe) {
  start(over_streams());
  sync_takes_long_ = true;
  price("A", "1");
  fail_and_save();
  disk_fails_ = true;
  handle(sync_answer());
  EXPECT_EQ(delivery_->safe_upto(), 0u);
  disk_fails_ = false;
  pass(seconds(1));
  EXPECT_EQ(syncs_, 2);
  handle(sync_answer());
  EXPECT_EQ(delivery_->safe_upto(), 1u);
}

TEST_F(DeliverySafetyTest, WithoutSyncsARowIsNeverSafe) {
  start({});
  price("A", "1");
  fail_and_save();
  pass(seconds(5));
  EXPECT_EQ(syncs_, 0) << "over pub/sub, and where the outbox is in memory";
  EXPECT_EQ(delivery_->safe_upto(), 0u);
}

TEST_F(DeliverySafetyTest, ValueAcknowledgedInTroubleIsSafeWhenNoOlderRowCanComeBack) {
  start(over_streams());
  live_only("services/A/price", "1");
  fail_and_save();
  sync_takes_long_ = true;
  live_only("services/A/price", "2");
  for (int i = 0; i < 100 && sent_.empty(); ++i) pass(milliseconds(100));
  while (!sent_.empty()) answer(204);
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
  EXPECT_EQ(delivery_->safe_upto(), 1u) << "the disk may have the row of the first one";
  pass(seconds(1));
  if (delivery_->safe_upto() < 2) handle(sync_answer());
  EXPECT_EQ(delivery_->safe_upto(), 2u);
}

TEST_F(DeliverySafetyTest, RunEndsWithASync) {
  start(over_streams());
  sync_takes_long_ = true;
  price("A", "1");
  handle(Stop{});
  pass(milliseconds(100));
  EXPECT_FALSE(delivery_->drained());
  EXPECT_EQ(syncs_, 1);
  handle(sync_answer());
  EXPECT_TRUE(delivery_->drained());
  EXPECT_EQ(delivery_->safe_upto(), 1u);
}

TEST_F(DeliverySafetyTest, WhatTheNextStartSettlesIsSavedOnceMoreWhereItsRowWentMeanwhile) {
  DeliveryOptions options = over_streams();
  options.drain_timeout = seconds(60);
  start(options);
  const auto wait_for_request = [this] {
    for (int i = 0; i < 200 && sent_.empty(); ++i) pass(milliseconds(100));
    ASSERT_FALSE(sent_.empty());
  };
  Answer lost;  // it may reach the database yet: a straggler
  lost.transport = Answer::Transport::kReset;
  live_only("services/A/price", "1");
  answer(lost);
  wait_for_request();
  answer(204);
  sync_takes_long_ = true;  // so that it does not end at once
  persists_.clear();
  handle(Stop{});
  for (int i = 0; i < 5 && persists_.empty(); ++i) handle(sync_answer());
  ASSERT_EQ(persists_.size(), 1u) << "its straggler may come when this relay is gone";
  wait_for_request();
  answer(lost);  // what was to settle it is one, too
  sync_takes_long_ = false;
  handle(sync_answer());
  wait_for_request();
  persists_.clear();
  answer(204);
  EXPECT_TRUE(delivery_->drained());
  EXPECT_EQ(persists_.size(), 1u) << "its row went when it was acknowledged";
}

TEST_F(DeliverySafetyTest, DiskThatCannotSyncDoesNotHoldUpTheEnd) {
  start(over_streams());
  sync_takes_long_ = true;
  price("A", "1");
  handle(Stop{});
  pass(milliseconds(100));
  disk_fails_ = true;
  handle(sync_answer());
  EXPECT_TRUE(delivery_->drained());
  EXPECT_EQ(delivery_->safe_upto(), 0u);
}

TEST_F(DeliverySafetyTest, LiveValuesWaitUntilTheReplayHasCaughtUp) {
  start(behind());
  price("A", "1");
  ASSERT_EQ(sent_.size(), 1u) << "history goes";
  EXPECT_FALSE(has_live(out()));
  answer(204);
  price("A", "2");
  pass(milliseconds(250));
  answer(204);
  pass(seconds(5));
  EXPECT_TRUE(sent_.empty());
  EXPECT_EQ(delivery_->safe_upto(), 0u);
  EXPECT_TRUE(persists_.empty()) << "all is well: nothing is late";
  handle(CaughtUp{});
  pass(seconds(1));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_NE(body(out()).find("\"services/A/price\":2"), std::string::npos);
  answer(204);
  EXPECT_EQ(delivery_->safe_upto(), 2u);
}

TEST_F(DeliverySafetyTest, NoLiveValueIsSavedWhileBehind) {
  start(behind());
  price("A", "1");
  fail_and_save();
  EXPECT_FALSE(saved_live()) << "the source has it, and the database may have a newer one";
  handle(CaughtUp{});
  pass(seconds(1));
  EXPECT_TRUE(saved_live());
}

TEST_F(DeliverySafetyTest, RowsOfTheLastRunWaitTooAndAreOvertaken) {
  Restored restored;
  restored.last_sequence = sequence_ = 7;
  restored.live.push_back({"services/A/price", "7", 7, false, Kind::kPrice});
  restored.level.live_rows = 1;
  start(behind(), restored);
  pass(seconds(1));
  EXPECT_TRUE(sent_.empty()) << "after a power cut it may be older than what the database has";
  live_only("services/A/price", "8");
  handle(CaughtUp{});
  for (int i = 0; i < 100 && sent_.empty(); ++i) pass(milliseconds(100));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_NE(body(out()).find(":8}"), std::string::npos);
}

TEST_F(DeliverySafetyTest, SourceReadsOnAtTheOutboxsLimitWhereOnlyThatFreesIt) {
  const auto takes_more = [&](const DeliveryOptions& options, std::uint64_t excess, std::uint64_t batches,
                              std::uint64_t live_rows = 1) {
    Restored restored;
    restored.level.excess_bytes = excess;
    restored.level.batches = restored.last_batch = batches;
    restored.level.live_rows = live_rows;
    start(options, std::move(restored));
    return delivery_->takes_more();
  };
  EXPECT_TRUE(takes_more(behind(), 0, 0));
  EXPECT_TRUE(takes_more(over_streams(), 0, 0));
  EXPECT_TRUE(takes_more(behind(), 1, 0)) << "its live rows wait for the replay's end";
  EXPECT_FALSE(takes_more(over_streams(), 1, 0)) << "now they are sent, and make room";
  EXPECT_FALSE(takes_more(behind(), 1, 1)) << "history is sent while behind";
  EXPECT_FALSE(takes_more(over_streams(), 1, 1, 0)) << "history is sent, and makes room";
  EXPECT_TRUE(takes_more(over_streams(), 1, 0, 0)) << "nothing that is sent makes room: others fill the disk";
}

TEST_F(DeliverySafetyTest, SourceReadsOnWhereOthersFillTheDiskAndNothingWaitsThere) {
  start(over_streams());
  excess_bytes_ = 73'728;  // the list of orders, dead letters, other programs: nothing of it is delivery's
  price("A", "1");
  fail_and_save();
  EXPECT_FALSE(delivery_->takes_more()) << "what is there is sent first";
  deliver_all();
  pass(seconds(10));
  EXPECT_EQ(delivery_->outbox_level().batches, 0u);
  EXPECT_TRUE(delivery_->takes_more()) << "nobody looks at the disk again before something is saved";
  price("A", "2");
  fail_and_save();
  EXPECT_FALSE(delivery_->takes_more());
}

TEST_F(DeliverySafetyTest, LiveValuesWaitWhereASourceBeginsAgain) {
  start(over_streams());
  price("A", "1");
  live_only("services/B/price", "2");
  handle(FellBehind{});
  answer(204);
  live_only("services/A/price", "0");
  pass(seconds(2));
  EXPECT_TRUE(sent_.empty());
  EXPECT_TRUE(delivery_->waits_for_arrivals()) << "whoever brings a block is to wake it";
  live_only("services/A/price", "1");
  handle(CaughtUp{});
  pass(seconds(1));
  ASSERT_FALSE(sent_.empty());
  EXPECT_NE(body(out()).find("\"services/A/price\":1"), std::string::npos);
  EXPECT_NE(body(out()).find("\"services/B/price\":2"), std::string::npos);
}

TEST_F(DeliverySafetyTest, RelaysOwnStateGoesWhileBehind) {
  start(behind());
  own_state("relay/me/state");
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(DeliverySafetyTest, StopWhileBehindWaitsForNothing) {
  start(behind());
  live_only("services/A/price", "1");
  handle(Stop{});
  EXPECT_TRUE(delivery_->drained()) << "the source brings it again";
  EXPECT_FALSE(delivery_->has_unsaved());
  EXPECT_EQ(delivery_->safe_upto(), 0u);
}

TEST_F(DeliverySafetyTest, CaughtUpOnceMoreChangesNothing) {
  start(behind());
  handle(CaughtUp{});
  handle(CaughtUp{});
  price("A", "1");
  EXPECT_TRUE(has_live(out()));
}

}  // namespace
}  // namespace firebase_relay
