#include "outbox/sqlite_outbox.h"

#include <gtest/gtest.h>

#include "outbox_fixture.h"

namespace firebase_relay::outbox {
namespace {

using IdList = std::vector<BatchId>;

class SqliteOutboxTest : public OutboxTest {};

TEST_F(SqliteOutboxTest, GivesBackEveryByteOfABatchAfterARestart) {
  Batch batch = batch_of(7, ShedClass::kOrders, 3);
  batch.runs.push_back(batch_of(8, ShedClass::kOrders, 1, 70'000).runs[0]);
  batch.runs[1].channels = {"", std::string("a\0b\xFF", 4)};
  batch.runs[1].entries[0].sequence_offset = HistoryEntry::kUncounted;
  batch.runs[1].entries[0].event_ms = HistoryEntry::kNoEventTime;
  batch.runs.emplace_back();
  open();
  append(batch);

  open();

  const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);
  ASSERT_EQ(loaded.batches.size(), 1u);
  EXPECT_EQ(text_of(loaded.batches[0]), text_of(batch));
  EXPECT_EQ(opened.restored.history[kOrder], 3u) << "the relay's own entry is no message";
}

TEST_F(SqliteOutboxTest, IsMadeInTheCurrentFolderWhenItsNameHasNone) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(options.file.parent_path());
  SqliteOutboxOptions bare;
  bare.file = "bare.db";

  const bool is_opened = SqliteOutbox::open(bare).has_value();

  EXPECT_TRUE(is_opened);
  EXPECT_TRUE(std::filesystem::exists("bare.db"));
  std::filesystem::current_path(before);
}

TEST_F(SqliteOutboxTest, TellsTheAgeOfABatchByTheCalendar) {
  Batch batch = batch_of(1, ShedClass::kOrders);
  const auto utc = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  batch.runs[0].arrived_at = utc - std::chrono::hours(2);
  Batch future = batch_of(2, ShedClass::kOrders);
  future.runs[0].arrived_at = utc + std::chrono::hours(2);
  open();
  append(batch);
  append(future);

  open();

  const LoadedBatches loaded = *outbox->load(0, UINT64_MAX);
  const auto age = std::chrono::steady_clock::now() - loaded.batches[0].runs[0].arrived;
  EXPECT_GE(age, std::chrono::hours(2) - std::chrono::seconds(1));
  EXPECT_LE(age, std::chrono::hours(2) + std::chrono::minutes(5));
  EXPECT_LE(loaded.batches[1].runs[0].arrived, std::chrono::steady_clock::now()) << "the clock was set back meanwhile";
}

TEST_F(SqliteOutboxTest, KeepsTheNewestRowOfAPathUntilItIsAcknowledged) {
  open();
  ASSERT_TRUE(outbox->append({}, {{"a", "1", 1, true, Kind::kUnrouted}}));
  EXPECT_EQ(outbox->append({}, {{"a", "22", 5, false, Kind::kOrder}})->live_rows, 1u);
  EXPECT_EQ(outbox->acknowledge({}, {{"a", 4}}, false)->live_rows, 1u) << "an older one leaves the newer row";

  open();

  ASSERT_EQ(opened.restored.live.size(), 1u);
  EXPECT_EQ(text_of(opened.restored.live[0]), "a=22 @5 order");
  EXPECT_EQ(outbox->acknowledge({}, {{"a", 5}}, true)->live_rows, 0u);
}

TEST_F(SqliteOutboxTest, LoadsOldestFirstUpToTheBytesAndAtLeastOne) {
  open();
  append(batch_of(1, ShedClass::kOrders));
  append(batch_of(2, ShedClass::kPrices));
  append(batch_of(3, ShedClass::kOrders));

  EXPECT_EQ(outbox->load(0, 1)->batches.size(), 1u);
  EXPECT_EQ(outbox->load(0, 450)->batches.size(), 2u);
  EXPECT_EQ(stored(), (IdList{1, 2, 3}));
  EXPECT_EQ(outbox->load(1, 1)->batches.front().id, 2u);
  EXPECT_TRUE(outbox->load(3, 1 << 20)->batches.empty());
  EXPECT_EQ(outbox->acknowledge({2, 17}, {}, false)->batches, 2u);
  EXPECT_EQ(stored(), (IdList{1, 3}));
}

TEST_F(SqliteOutboxTest, ShedsPricesFirstOrdersLastOldestFirstAndNothingThatIsLoaded) {
  open();
  append(batch_of(1, ShedClass::kPrices));
  append(batch_of(2, ShedClass::kOrders, 2, 8000));
  append(batch_of(3, ShedClass::kPrices, 4, 8000));
  append(batch_of(4, ShedClass::kPrices, 5, 8000));
  append(batch_of(5, ShedClass::kRest, 3, 8000));

  ShedResult shed = *outbox->shed(1, 1, {});
  EXPECT_EQ(shed.messages[kPrice], 4u);
  EXPECT_EQ(stored(), (IdList{1, 2, 4, 5}));

  shed = *outbox->shed(1, 60'000, {});
  EXPECT_EQ(shed.messages[kPrice], 5u);
  EXPECT_EQ(shed.messages[static_cast<std::size_t>(Kind::kProfit)], 3u);
  EXPECT_EQ(stored(), (IdList{1, 2})) << "orders are the last to go";

  shed = *outbox->shed(1, 1 << 20, {});
  EXPECT_EQ(shed.messages[kOrder], 2u);
  EXPECT_EQ(shed.level.batches, 1u);
  EXPECT_EQ(stored(), (IdList{1}));
}

TEST_F(SqliteOutboxTest, NumbersGoOnBehindRowsThatAreGone) {
  open();
  append(batch_of(9, ShedClass::kOrders));
  ASSERT_TRUE(outbox->append({}, {{"a", "1", 123'456, false, Kind::kUnrouted}}));
  ASSERT_TRUE(outbox->acknowledge({9}, {{"a", 123'456}}, true));
  open();
  EXPECT_EQ(opened.restored.last_batch, 9u);
  EXPECT_EQ(opened.restored.last_sequence, 123'456u);

  append(batch_of(200, ShedClass::kPrices));
  ASSERT_TRUE(outbox->shed(0, 1 << 20, {}));
  open();
  EXPECT_EQ(opened.restored.last_batch, 200u);
  EXPECT_EQ(opened.restored.last_sequence, 200'000u) << "of a message in a batch";

  ASSERT_TRUE(outbox->save_orders({{{"o", 1, 900'000, false}}, {}}));
  ASSERT_TRUE(outbox->save_orders({{}, {"o"}}));
  open();
  EXPECT_EQ(opened.restored.last_sequence, 900'000u);
  EXPECT_TRUE(opened.restored.orders.empty());
}

TEST_F(SqliteOutboxTest, LiveOrdersSurviveARestart) {
  const LiveOrder open_order{"services/A/orders/1", 10, 5, false};
  const LiveOrder closed_order{"services/A/orders/2", 10, 6, true};
  open();
  ASSERT_TRUE(outbox->save_orders({{open_order, closed_order, {"services/A/orders/3", 10, 7, false}}, {}}));
  const LiveOrder now_closed{"services/A/orders/1", 10, 9, true};
  ASSERT_TRUE(outbox->save_orders({{now_closed}, {"services/A/orders/3", "never there"}}));

  open();

  EXPECT_EQ(opened.restored.orders, (std::vector<LiveOrder>{now_closed, closed_order}));
  EXPECT_EQ(opened.restored.last_sequence, 9u);
}

TEST_F(SqliteOutboxTest, OrdersThatDidNotChangeAreNotWrittenAgain) {
  const LiveOrdersChange change{{{"services/A/orders/1", 10, 5, false}}, {}};
  open();
  ASSERT_TRUE(outbox->save_orders(change));
  const std::uint64_t before = bytes_on_disk();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(outbox->save_orders(change));
  EXPECT_EQ(bytes_on_disk(), before);
}

TEST_F(SqliteOutboxTest, TellsARunThatStoppedFromOneThatWasKilled) {
  const auto at = [](int ms) { return UtcMillis(std::chrono::milliseconds(ms)); };
  open();
  EXPECT_FALSE(opened.last_run);
  ASSERT_TRUE(outbox->note_started(at(1)));
  ASSERT_TRUE(outbox->note_stopped(at(2)));
  open();
  ASSERT_TRUE(opened.last_run);
  EXPECT_EQ(opened.last_run->started_at, at(1));
  EXPECT_EQ(opened.last_run->stopped_at, at(2));
  ASSERT_TRUE(outbox->note_started(at(3)));
  open();
  EXPECT_EQ(opened.last_run->started_at, at(3));
  EXPECT_FALSE(opened.last_run->stopped_at);
}

TEST_F(SqliteOutboxTest, TheSameAppendAgainChangesNothing) {
  open();
  const Batch batch = batch_of(1, ShedClass::kOrders);
  ASSERT_TRUE(outbox->append({&batch}, {{"a", "1", 1, false, Kind::kUnrouted}}));
  const OutboxLevel again = *outbox->append({&batch}, {{"a", "1", 1, false, Kind::kUnrouted}});
  EXPECT_EQ(again.batches, 1u);
  EXPECT_EQ(again.live_rows, 1u);
}

TEST_F(SqliteOutboxTest, TheLevelTellsHowMuchThereIsAndSinceWhen) {
  open();
  EXPECT_FALSE(opened.restored.level.oldest);
  const auto before = std::chrono::system_clock::now();
  const Batch first = batch_of(1, ShedClass::kOrders, 1, 500'000);
  const OutboxLevel level = *outbox->append({&first}, {});
  EXPECT_GE(level.bytes, 500'000u);
  EXPECT_EQ(level.excess_bytes, 0u);
  ASSERT_TRUE(level.oldest);
  EXPECT_GE(*level.oldest, std::chrono::time_point_cast<std::chrono::milliseconds>(before));
  append(batch_of(2, ShedClass::kPrices));
  open();
  EXPECT_EQ(opened.restored.level.oldest, level.oldest);
  EXPECT_FALSE(outbox->acknowledge({1, 2}, {}, false)->oldest);
}

TEST_F(SqliteOutboxTest, AnEmptyOutboxGivesItsRoomBack) {
  open();
  IdList ids;
  for (BatchId id = 1; id <= 40; ++id) {
    append(batch_of(id, ShedClass::kOrders, 1, 1'000'000));
    ids.push_back(id);
  }
  ASSERT_GT(bytes_on_disk(), 40'000'000u);

  const OutboxLevel level = *outbox->acknowledge(ids, {}, true);

  EXPECT_LT(level.bytes, 200'000u);
  EXPECT_LT(bytes_on_disk(), 200'000u);
  open();
  EXPECT_EQ(opened.restored.last_batch, 40u);
}

}  // namespace
}  // namespace firebase_relay::outbox
