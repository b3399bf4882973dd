// When the outbox is used, and what it is given (decision 5 of the contract).
#include <map>

#include "deliver/delivery_fixture.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(DeliveryTest, BlockMayWaitForAQuarterOfTheWindowWhileEnoughHistoryWaits) {
  start({.flush_interval = milliseconds(0), .batch_bytes_max = 100, .in_flight_max = 1});
  EXPECT_LT(delivery_->may_wait_until(now_.steady), now_.steady);
  for (int i = 0; i < 8; ++i) price("A", "1");
  EXPECT_EQ(delivery_->may_wait_until(now_.steady), now_.steady + milliseconds(125));
  pass(milliseconds(10));
  while (!sent_.empty()) answer(204);
  EXPECT_LT(delivery_->may_wait_until(now_.steady), now_.steady) << "there is room again";
  for (int i = 0; i < 8; ++i) price("A", "1");
  pass(milliseconds(300));
  EXPECT_FALSE(persists_.empty());
  EXPECT_LT(delivery_->may_wait_until(now_.steady), now_.steady) << "in trouble everything is saved";
}

TEST_F(DeliveryTest, MemoryKeepsNoMoreHistoryThanItMayLoad) {
  start({.loaded_bytes_max = 100});
  price("A", "1");
  price("A", "2");
  EXPECT_EQ(delivery_->may_wait_until(now_.steady), SteadyTime::min());
  price("A", "3");
  price("A", "4");
  EXPECT_GT(delivery_->may_wait_until(now_.steady), now_.steady) << "enough of it waits to fill what memory keeps";
}

TEST_F(DeliveryTest, TimeThatABlockWaitedIsPartOfItsWindow) {
  start({.flush_interval = milliseconds(250), .batch_bytes_max = 440});
  const SteadyTime arrived = now_.steady;
  const auto number_of = [](int i) { return std::to_string(1000 + i); };
  std::map<RequestId, SteadyTime> answered_at;
  int next = 0;
  // 180 messages at once, a database 100 ms away that takes all but one of the last: it has to be on disk in time.
  while (persists_.empty() && now_.steady < arrived + seconds(2)) {
    while (next < 180 && delivery_->may_wait_until(arrived) < now_.steady) {
      handle(Arrived{block_of_price("A", number_of(next), arrived), false});
      ++next;
    }
    for (const Send& send : sent_) answered_at.try_emplace(send.request, now_.steady + milliseconds(100));
    if (!sent_.empty() && answered_at[out().request] <= now_.steady && body(out()).find(":1172") == std::string::npos) {
      answer(204);
    } else {
      pass(milliseconds(1));
    }
  }
  EXPECT_FALSE(persists_.empty());
  EXPECT_LE(now_.steady, arrived + milliseconds(501));
}

TEST_F(DeliveryTest, InTroubleTheNextBlockMattersAsSoonAsAllIsSaved) {
  start({.flush_interval = milliseconds(250), .batch_bytes_max = 250});
  live_only("a", "1");
  answer(503);
  for (const char* path : {"b", "c", "d", "e", "f"}) live_only(path, std::string(100, '1'));
  // Until a probe takes a part of the live values, and leaves some.
  for (int i = 0; i < 1000 && (sent_.empty() || out().paths != 2); ++i) {
    if (!sent_.empty()) answer(503);
    pass(milliseconds(300));
  }
  ASSERT_FALSE(sent_.empty());
  EXPECT_TRUE(delivery_->waits_for_arrivals()) << "all is saved: the next block begins the next flush";
}

TEST_F(DeliveryTest, HistoryThatIsSavedBetweenFlushesLetsNoLiveValueGo) {
  start({.flush_interval = milliseconds(250), .batch_bytes_max = 200, .in_flight_max = 1});
  price("A", "1");
  answer(503);
  pass(milliseconds(250));
  price("A", "0");  // begins a flush
  const std::size_t before = persists_.size();
  for (int i = 0; i < 60; ++i) price("A", std::to_string(i));
  ASSERT_GT(persists_.size(), before) << "much has come";
  for (std::size_t i = before; i < persists_.size(); ++i) EXPECT_TRUE(persists_[i].live.empty());
  pass(milliseconds(250));
  EXPECT_FALSE(persists_.back().live.empty());
}

TEST_F(DeliveryTest, LiveValuesThatAreHalvedForLongAreSavedMeanwhile) {
  start({.flush_interval = milliseconds(0)});
  live_only("a", "1");
  for (int i = 0; i < 64; ++i) live_only("p" + std::to_string(i), "1");
  answer(204);
  const SteadyTime begin = now_.steady;
  while (persists_.empty() && now_.steady < begin + seconds(3)) {
    pass(milliseconds(100));
    if (!sent_.empty()) answer(body(out()).find("\"p40\"") != std::string::npos ? 400 : 204);
  }
  EXPECT_FALSE(persists_.empty());
  EXPECT_LE(now_.steady, begin + milliseconds(600));
}

TEST_F(DeliveryTest, NothingIsPersistedWhileAnswersComeInTime) {
  start({});
  for (int i = 0; i < 50; ++i) {
    price("A", std::to_string(i));
    pass(milliseconds(50));
    while (!sent_.empty()) answer(204);
  }
  deliver_all();
  EXPECT_TRUE(persists_.empty());
}

TEST_F(DeliveryTest, AnswerThatIsLateMakesItPersist) {
  start({});
  price("A", "1");
  pass(milliseconds(240));
  EXPECT_TRUE(persists_.empty());
  pass(milliseconds(20));
  ASSERT_EQ(persists_.size(), 1u) << "half of guarantee 2's window";
  EXPECT_EQ(persists_[0].batches.size(), 1u);
  EXPECT_EQ(persists_[0].live.size(), 1u);
}

TEST_F(DeliveryTest, LiveValueIsUnsavedUntilItIsAcknowledgedOrOnDisk) {
  start({});
  const auto is_unsaved = [this] { return delivery_->has_unsaved("services/A/price"); };
  EXPECT_FALSE(is_unsaved()) << "nobody knows of it";
  price("A", "1");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(is_unsaved()) << "it is under way";
  answer(204);
  EXPECT_FALSE(is_unsaved());
  price("A", "2");
  EXPECT_TRUE(is_unsaved()) << "it waits for the next flush";
  pass(milliseconds(250));
  pass(milliseconds(250));
  ASSERT_EQ(persists_.size(), 1u);
  EXPECT_FALSE(is_unsaved()) << "it is on disk, and under way still";
  price("A", "3");
  EXPECT_TRUE(is_unsaved()) << "the row is an older one's";
}

TEST_F(DeliveryTest, LiveValueIsUnsavedWhileALostRequestMayUndoIt) {
  start({.request_timeout = seconds(5)});
  price("A", "1");
  Answer lost;
  lost.transport = Answer::Transport::kReset;
  answer(lost);
  deliver_all();
  EXPECT_TRUE(delivery_->has_unsaved("services/A/price")) << "acknowledged, and to be sent once more";
  while (sent_.empty()) pass_to_deadline();
  answer(204);
  EXPECT_FALSE(delivery_->has_unsaved("services/A/price"));
}

TEST_F(DeliveryTest, WhileTheDatabaseIsAwayABacklogIsSavedInPiecesAndStaysOnDisk) {
  start({.flush_interval = milliseconds(250), .batch_bytes_max = 200, .in_flight_max = 1});
  price("A", "1");
  answer(503);
  for (int flush = 0; flush < 20; ++flush) {
    for (int i = 0; i < 20; ++i) price("A", "1");
    while (!sent_.empty()) answer(503);
    pass(milliseconds(250));
  }
  std::size_t batches = 0;
  for (const Persist& persist : persists_) batches += persist.batches.size();
  EXPECT_GT(batches, 20u * 20 / 4) << "no batch is larger than a request: four entries";
  EXPECT_GT(persists_.size(), 20u) << "much is saved before its flush";
  EXPECT_LE(loads_, 1) << "what is on disk only is not read before it can be sent";
  deliver_all();
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 401u);
}

TEST_F(DeliveryTest, MemoryIsShedAtItsBoundWhileTheDiskFails) {
  start({});
  disk_fails_ = true;
  price("A", "1");
  answer(503);
  for (int i = 0; i < 4; ++i) price("A", '"' + std::string(20'000'000, 'x') + '"');
  EXPECT_EQ(shed_[static_cast<std::size_t>(Kind::kPrice)], 2u) << "the oldest two, and then 64 MiB are enough";
  EXPECT_EQ(delivery_->messages_in_flight(), 3u);
}

TEST_F(DeliveryTest, WhatTheOutboxCannotReadIsCountedAsDamaged) {
  Restored restored;
  restored.last_batch = 1;
  restored.level.batches = 1;
  restored.history[static_cast<std::size_t>(Kind::kPrice)] = 1;
  damaged_on_disk_ = {{.id = 1, .messages = restored.history}};
  start({}, restored);
  handle(TimePassed{});
  EXPECT_EQ(damaged_, restored.history);
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
}

TEST_F(DeliveryTest, StopSavesWhatALostRequestMaySetBackAndTheNextStartSendsItTwice) {
  const DeliveryOptions options{.request_timeout = seconds(5)};
  start(options);
  price("A", "1");
  Answer lost;
  lost.transport = Answer::Transport::kReset;
  answer(lost);
  deliver_all();
  persists_.clear();
  handle(Stop{});
  EXPECT_TRUE(delivery_->drained());
  ASSERT_EQ(persists_.size(), 1u);
  ASSERT_EQ(persists_[0].live.size(), 1u);
  EXPECT_TRUE(persists_[0].batches.empty());
  const LiveRow row = persists_[0].live[0];
  EXPECT_EQ(row.path + "=" + row.value, "services/A/price=1");
  EXPECT_FALSE(row.counts) << "it was delivered already";

  Restored restored;
  restored.live = {row};
  restored.last_sequence = row.sequence;
  restored.level.live_rows = 1;
  start(options, restored);
  const SteadyTime begin = now_.steady;
  handle(TimePassed{});
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(body(out()), R"({"services/A/price":1})");
  answer(204);
  EXPECT_TRUE(sent_.empty());
  while (sent_.empty() && now_.steady < begin + seconds(6)) pass_to_deadline();
  ASSERT_EQ(sent_.size(), 1u) << "the lost one may have come in between";
  EXPECT_GE(now_.steady, begin + seconds(5));
  answer(204);
  pass(seconds(60));
  EXPECT_TRUE(sent_.empty()) << "twice is enough";
}

TEST_F(DeliveryTest, NothingIsSentOnceTheDrainIsOver) {
  start({.drain_timeout = seconds(1), .batch_bytes_max = 80, .in_flight_max = 1});
  for (int i = 1; i <= 5; ++i) price("A", std::to_string(i));
  answer(503);
  handle(Stop{});
  while (sent_.empty() && now_.steady < SteadyTime(seconds(1001))) pass_to_deadline();
  ASSERT_FALSE(sent_.empty()) << "the database is asked again while the drain lasts";
  pass(seconds(1));
  while (!sent_.empty()) answer(204);
  EXPECT_GT(delivery_->messages_in_flight(), 0u) << "the rest is on disk, and is the next start's";
  EXPECT_TRUE(delivery_->drained());
}

TEST_F(DeliveryTest, StopWithoutALostRequestWritesNothing) {
  start({});
  price("A", "1");
  deliver_all();
  handle(Stop{});
  EXPECT_TRUE(delivery_->drained());
  EXPECT_TRUE(persists_.empty());
}

}  // namespace
}  // namespace firebase_relay
