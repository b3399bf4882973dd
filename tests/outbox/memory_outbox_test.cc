#include "outbox/memory_outbox.h"

#include <gtest/gtest.h>

namespace firebase_relay::outbox {
namespace {

Batch batch(BatchId id, ShedClass shed_class, std::size_t bytes = 100) {
  Batch result{id, shed_class, {}};
  HistoryRun run;
  const Kind kind = shed_class == ShedClass::kPrices   ? Kind::kPrice
                    : shed_class == ShedClass::kOrders ? Kind::kOrder
                                                       : Kind::kProfit;
  run.add("k", std::string(bytes, '1'), {.sequence_offset = 0, .kind = kind});
  result.runs.push_back(std::move(run));
  return result;
}

TEST(MemoryOutbox, KeepsTheNewestRowOfAPathUntilItIsAcknowledged) {
  MemoryOutbox outbox;
  ASSERT_TRUE(outbox.append({}, {{"a", "1", 1, false, Kind::kUnrouted}}));
  ASSERT_TRUE(outbox.append({}, {{"a", "22", 5, false, Kind::kUnrouted}}));
  EXPECT_EQ(outbox.acknowledge({}, {{"a", 4}}, false)->live_rows, 1u)
      << "an older acknowledgement leaves the newer row";
  Restored restored = outbox.restored();
  ASSERT_EQ(restored.live.size(), 1u);
  EXPECT_EQ(restored.live[0].value, "22");
  EXPECT_EQ(restored.last_sequence, 5u);
  const OutboxLevel level = *outbox.acknowledge({}, {{"a", 5}}, true);
  EXPECT_EQ(level.live_rows, 0u);
  EXPECT_EQ(level.bytes, 0u);
}

TEST(MemoryOutbox, LoadsOldestFirstUpToTheBytesAndAtLeastOne) {
  MemoryOutbox outbox;
  const Batch first = batch(1, ShedClass::kRest);
  const Batch second = batch(2, ShedClass::kPrices);
  const Batch third = batch(3, ShedClass::kRest);
  ASSERT_TRUE(outbox.append({&first, &second, &third}, {}));
  EXPECT_EQ(outbox.load(0, 1)->batches.size(), 1u);
  EXPECT_EQ(outbox.load(0, 1 << 20)->batches.size(), 3u);
  EXPECT_EQ(outbox.load(2, 1 << 20)->batches.front().id, 3u);
  EXPECT_TRUE(outbox.load(3, 1 << 20)->batches.empty());
  ASSERT_TRUE(outbox.acknowledge({2}, {}, false));
  EXPECT_EQ(outbox.load(1, 1 << 20)->batches.front().id, 3u);
  EXPECT_EQ(outbox.restored().history[static_cast<std::size_t>(Kind::kProfit)], 2u);
}

TEST(MemoryOutbox, ShedsPricesFirstOrdersLastAndOldestFirst) {
  MemoryOutbox outbox;
  const Batch batches[] = {batch(1, ShedClass::kOrders), batch(2, ShedClass::kPrices), batch(3, ShedClass::kPrices),
                           batch(4, ShedClass::kRest)};
  ASSERT_TRUE(outbox.append({&batches[0], &batches[1], &batches[2], &batches[3]}, {}));
  ShedResult shed = *outbox.shed(0, 1, {});
  EXPECT_EQ(shed.messages[static_cast<std::size_t>(Kind::kPrice)], 1u);
  EXPECT_EQ(outbox.load(1, 1)->batches.front().id, 3u) << "2 is gone";
  shed = *outbox.shed(0, 200, {});
  EXPECT_EQ(shed.messages[static_cast<std::size_t>(Kind::kProfit)], 1u);
  EXPECT_EQ(outbox.load(0, 1)->batches.front().id, 1u) << "orders are the last to go";
  ASSERT_TRUE(outbox.append({&batches[1]}, {}));
  shed = *outbox.shed(0, 1 << 20, {});
  EXPECT_EQ(shed.messages[static_cast<std::size_t>(Kind::kPrice)], 1u);
  EXPECT_EQ(shed.messages[static_cast<std::size_t>(Kind::kOrder)], 1u);
  EXPECT_EQ(shed.level.batches, 0u);
  EXPECT_EQ(shed.level.bytes, 0u);
}

TEST(MemoryOutbox, ShedsNothingThatIsLoaded) {
  MemoryOutbox outbox;
  const Batch first = batch(1, ShedClass::kPrices);
  ASSERT_TRUE(outbox.append({&first}, {}));
  EXPECT_EQ(outbox.shed(1, 1 << 20, {})->level.batches, 1u);
}

}  // namespace
}  // namespace firebase_relay::outbox
