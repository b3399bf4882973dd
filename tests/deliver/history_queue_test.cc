#include "deliver/history_queue.h"

#include <gtest/gtest.h>

#include <set>

namespace firebase_relay::deliver {
namespace {

const SteadyTime kLater(std::chrono::seconds(10));
const SteadyTime kLatest(std::chrono::seconds(20));

/// A batch of `entries` with paths `{place}/{20 characters}`.
Batch batch(BatchId id, std::uint32_t entries, const std::string& place = "history/A/prices",
            ShedClass shed_class = ShedClass::kPrices) {
  HistoryRun run;
  run.first_sequence = id * 1000;
  for (std::uint32_t i = 0; i < entries; ++i) {
    std::string key = std::to_string(id * 100'000 + i);
    key.insert(0, 20 - key.size(), '-');
    run.add(place + "/" + key, "1", {.sequence_offset = i, .kind = Kind::kPrice});
  }
  Batch result{id, shed_class, {}};
  result.runs.push_back(std::move(run));
  return result;
}

std::string text(const HistoryQueue& queue, const std::vector<Slice>& slices) {
  std::vector<std::string_view> parts;
  for (const Slice& slice : slices) queue.append_parts(slice, parts);
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

std::uint64_t entries(const std::vector<Slice>& slices) {
  std::uint64_t count = 0;
  for (const Slice& slice : slices) count += slice.size();
  return count;
}

class HistoryQueueTest : public testing::Test {
 protected:
  void add(Batch batch) {
    const BatchId id = batch.id;
    store_.add(std::move(batch), {kLater, kLatest});
    queue_.add(id);
  }
  HistoryStore store_;
  HistoryQueue queue_{store_};
  std::string base_;
};

TEST_F(HistoryQueueTest, LeavesOldestFirstWithinTheBytesAndAtLeastOne) {
  add(batch(1, 3));
  add(batch(2, 3));
  const std::uint64_t one = store_.bytes() / 6;
  EXPECT_EQ(entries(queue_.take(1, base_)), 1u);
  const std::vector<Slice> next = queue_.take(one * 3, base_);
  ASSERT_EQ(next.size(), 2u) << "the rest of the first batch and one of the second";
  EXPECT_EQ(next[0].batch, 1u);
  EXPECT_EQ(next[0].size(), 2u);
  EXPECT_EQ(next[1].size(), 1u);
  EXPECT_EQ(queue_.waiting_bytes(), one * 2);
}

TEST_F(HistoryQueueTest, BatchLeavesMemoryWhenAllOfItIsDone) {
  add(batch(1, 3));
  const std::vector<Slice> first = queue_.take(1, base_);
  const std::vector<Slice> rest = queue_.take(1 << 20, base_);
  store_.finish(rest);
  EXPECT_TRUE(store_.contains(1));
  store_.finish(first);
  EXPECT_EQ(store_.bytes(), 0u);
  EXPECT_TRUE(store_.take_forgettable().empty()) << "no disk had it";
}

TEST_F(HistoryQueueTest, RowOfABatchIsForgottenWhenItIsDoneAlsoWhileItWasBeingSaved) {
  add(batch(1, 1));
  add(batch(2, 1));
  EXPECT_EQ(store_.save().size(), 2u);
  store_.finish(queue_.take(1, base_));
  EXPECT_TRUE(store_.contains(1)) << "what is being saved is read by the outbox";
  store_.saved(true);
  EXPECT_FALSE(store_.contains(1));
  store_.finish(queue_.take(1, base_));
  EXPECT_EQ(store_.take_forgettable(), (std::vector<BatchId>{1, 2}));
}

TEST_F(HistoryQueueTest, SaveThatFailedLeavesNoRowBehind) {
  add(batch(1, 1));
  add(batch(2, 1));
  store_.save();
  store_.finish(queue_.take(1, base_));
  store_.saved(false);
  EXPECT_FALSE(store_.contains(1));
  EXPECT_TRUE(store_.take_forgettable().empty());
  EXPECT_EQ(store_.save().size(), 1u) << "the other is to be saved again";
}

TEST_F(HistoryQueueTest, WhatWasNotDeliveredGoesToTheFrontAgain) {
  add(batch(1, 4));
  const std::vector<Slice> taken = queue_.take(1, base_);
  const std::string before = text(queue_, taken);
  queue_.put_back(taken);
  EXPECT_EQ(text(queue_, queue_.take(1, base_)), before);
}

TEST_F(HistoryQueueTest, HalvingFindsTheCulpritAmongAny) {
  for (std::uint32_t culprit = 0; culprit < 37; ++culprit) {
    HistoryStore store;
    HistoryQueue queue(store);
    store.add(batch(1, 20), {kLater, kLatest});
    store.add(batch(2, 17), {kLater, kLatest});
    queue.add(1);
    queue.add(2);
    std::string base;
    std::vector<std::vector<Slice>> groups = {queue.take(1 << 20, base)};
    int requests = 0;
    std::uint64_t delivered = 0;
    std::uint64_t refused = 0;
    while (!groups.empty() || queue.has_suspects()) {
      const std::vector<Slice> group = groups.empty() ? queue.take_suspects(UINT64_MAX, base) : groups.back();
      groups.clear();
      ++requests;
      bool has_culprit = false;
      for (const Slice& slice : group) {
        const std::uint32_t first = slice.batch == 1 ? slice.first : slice.first + 20;
        has_culprit = has_culprit || (first <= culprit && culprit < first + slice.size());
      }
      if (has_culprit && entries(group) > 1) {
        queue.halve(group);
      } else {
        (has_culprit ? refused : delivered) += entries(group);
        store.finish(group);
      }
    }
    EXPECT_EQ(refused, 1u);
    EXPECT_EQ(delivered, 36u);
    EXPECT_LE(requests, 13) << "twice the logarithm";
  }
}

TEST_F(HistoryQueueTest, NarrowRequestsGoToOneLocationWithPathsBelowIt) {
  add(batch(1, 2, "history/A/prices"));
  add(batch(2, 1, "history/B/orders"));
  add(batch(3, 1, "history/A/prices"));
  queue_.go_narrow();
  const std::vector<Slice> first = queue_.take(1 << 20, base_);
  EXPECT_EQ(base_, "history/A/prices");
  EXPECT_EQ(entries(first), 3u);
  EXPECT_EQ(text(queue_, first).find("history"), std::string::npos);
  const std::vector<Slice> second = queue_.take(1 << 20, base_);
  EXPECT_EQ(base_, "history/B/orders");
  EXPECT_EQ(entries(second), 1u);
}

TEST_F(HistoryQueueTest, ShedsPricesFirstOrdersLastAndOldestFirst) {
  add(batch(1, 2, "history/A/orders", ShedClass::kOrders));
  add(batch(2, 2));
  add(batch(3, 2));
  add(batch(4, 1, "history/A/profit", ShedClass::kRest));
  const std::vector<Slice> shed = queue_.shed(1);
  ASSERT_FALSE(shed.empty());
  for (const Slice& slice : shed) EXPECT_EQ(slice.batch, 2u);
  std::vector<BatchId> all;
  for (const Slice& slice : queue_.shed(1 << 20)) {
    if (all.empty() || all.back() != slice.batch) all.push_back(slice.batch);
  }
  all.erase(std::remove(all.begin(), all.end(), BatchId{2}), all.end());
  EXPECT_EQ(all, (std::vector<BatchId>{3, 4, 1}));
  EXPECT_FALSE(queue_.has_waiting());
}

TEST_F(HistoryQueueTest, HeldBatchesWaitUntilTheyAreQueued) {
  store_.add(batch(1, 1), {kLater, kLatest});
  queue_.hold(1);
  EXPECT_FALSE(queue_.has_waiting());
  queue_.queue_held();
  EXPECT_TRUE(queue_.has_waiting());
}

TEST_F(HistoryQueueTest, SavingIsDueUntilABatchIsSentAndThenOnceMore) {
  add(batch(1, 2));
  EXPECT_EQ(store_.next_save(), kLater);
  const std::vector<Slice> taken = queue_.take(1, base_);
  store_.sent(taken, kLater + std::chrono::seconds(1));
  EXPECT_EQ(store_.next_save(), kLater + std::chrono::seconds(1));
  store_.sent(taken, kLater + std::chrono::seconds(9));
  EXPECT_EQ(store_.next_save(), kLater + std::chrono::seconds(1)) << "only the first time counts";
}

TEST_F(HistoryQueueTest, SavingIsNotPutOffBeyondTheWindowByASendThatCameLate) {
  add(batch(1, 2));
  store_.sent(queue_.take(1, base_), kLatest + std::chrono::seconds(1));
  EXPECT_EQ(store_.next_save(), kLatest);
}

}  // namespace
}  // namespace firebase_relay::deliver
