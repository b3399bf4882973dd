#include "flush/stored_history.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include "outbox/database.h"
#include "outbox/sqlite_outbox.h"
#include "support/temp_dir.h"

namespace firebase_relay::flush {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kEntry = 20 + 3 + 4;  // "KEY":1.5,
const std::string kPrices = "history/A/prices/2026-11-28";
const std::string kOrders = "history/A/orders";

/// Over a real outbox and a real Delivery, whose requests are all acknowledged.
class StoredHistoryTest : public testing::Test {
 protected:
  StoredHistoryTest() { restart(); }

  /// As after SIGKILL, unless save() was called before.
  void restart() {
    stored.reset();
    outbox.reset();
    outbox::OpenedOutbox opened = outbox::SqliteOutbox::open({dir.file("outbox.db")}).value();
    outbox = std::move(opened.outbox);
    found = opened.restored.stored;
    DeliveryOptions options;
    options.flush_interval = 0ms;  // what comes goes out at once
    delivery.emplace(options, Restored{}, 1);
    stored.emplace(found, now, StoredHistory::Wiring{*delivery, *outbox, metrics, events});
  }
  void pass(std::chrono::milliseconds time) {
    now.steady += time;
    now.utc += time;
    stored->keep_up(now);
  }
  /// One entry at each place comes and is acknowledged.
  void acknowledge(const std::vector<std::string>& places) {
    FragmentBlock block;
    block.arrived = now.steady;
    block.arrived_at = now.utc;
    HistoryRun& run = block.history[0];
    run.arrived = now.steady;
    for (const std::string& place : places) run.add(place + "/-OPq8XPw---aBcDeFgHi", "1.5", {});
    Decisions decisions;
    delivery->handle(Arrived{std::move(block)}, now, decisions);
    Answer answer;
    answer.status = 204;
    for (std::size_t i = 0; i < decisions.actions.size(); ++i) {
      const auto* send = std::get_if<Send>(&decisions.actions[i]);
      if (send != nullptr) delivery->handle(Answered{send->request, answer}, now, decisions);
    }
    stored->keep_up(now);
  }
  [[nodiscard]] std::uint64_t shown() const { return static_cast<std::uint64_t>(metrics.history_stored_bytes.Value()); }
  [[nodiscard]] std::uint64_t saved(const std::string& place) { return outbox->stored_at(place).value(); }
  void execute(const std::string& sql) {
    const auto database = outbox::Database::open(dir.file("outbox.db"), outbox::Database::Mode::kExisting).value();
    ASSERT_TRUE(database->execute(sql));
  }

  test_support::TempDir dir;
  Now now{SteadyTime(1000s), std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + 9h};
  observe::Metrics metrics{"test"};
  spdlog::logger logger{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
  observe::Events events{metrics, logger};
  std::unique_ptr<outbox::SqliteOutbox> outbox;
  StoredSums found;  ///< when it was opened
  std::optional<Delivery> delivery;
  std::optional<StoredHistory> stored;
};

TEST_F(StoredHistoryTest, IsShownAtOnceAndWrittenOnceAnHour) {
  acknowledge({kPrices, kPrices, kOrders});
  EXPECT_EQ(shown(), 3 * kEntry);
  pass(59min);
  EXPECT_EQ(saved(kPrices), 0u);

  pass(1min);

  EXPECT_EQ(saved(kPrices), 2 * kEntry);
  EXPECT_EQ(saved(kOrders), kEntry);
  acknowledge({kPrices});
  EXPECT_EQ(shown(), 4 * kEntry);
  pass(59min);
  EXPECT_EQ(saved(kPrices), 2 * kEntry);
  pass(1min);
  EXPECT_EQ(saved(kPrices), 3 * kEntry);
}

TEST_F(StoredHistoryTest, IsNotWrittenWhileNothingComes) {
  pass(60min);
  pass(60min);
  restart();
  EXPECT_FALSE(found.since);
  EXPECT_EQ(shown(), 0u);
}

TEST_F(StoredHistoryTest, SurvivesAStop) {
  acknowledge({kPrices, kOrders});
  stored->save(now);
  restart();
  EXPECT_EQ(shown(), 2 * kEntry);
  acknowledge({kPrices});
  EXPECT_EQ(shown(), 3 * kEntry);
}

TEST_F(StoredHistoryTest, CostsAKillWhatCameSinceTheLastHour) {
  acknowledge({kPrices, kOrders});
  pass(60min);
  acknowledge({kPrices});
  EXPECT_EQ(shown(), 3 * kEntry);
  restart();
  EXPECT_EQ(shown(), 2 * kEntry);
}

TEST_F(StoredHistoryTest, OfARemovedDayIsTakenOffAsItWas) {
  acknowledge({kPrices, kPrices, kOrders});
  pass(60min);
  acknowledge({kPrices});
  EXPECT_EQ(stored->at(kPrices, now.steady), 3 * kEntry);

  EXPECT_EQ(stored->removed(kPrices, now.steady), 3 * kEntry);

  stored->keep_up(now);
  EXPECT_EQ(shown(), kEntry);
  EXPECT_EQ(stored->at(kPrices, now.steady), 0u);
  EXPECT_EQ(stored->removed(kPrices, now.steady), 0u) << "only once";
  acknowledge({kPrices});  // a late one
  EXPECT_EQ(shown(), 2 * kEntry);
  EXPECT_EQ(stored->at(kPrices, now.steady), kEntry);
  pass(1min);
  EXPECT_EQ(saved(kPrices), kEntry) << "a removal is written within a minute";
  restart();
  EXPECT_EQ(shown(), 2 * kEntry);
}

TEST_F(StoredHistoryTest, OfAPlaceThatNobodyKnowsIsNothing) {
  EXPECT_EQ(stored->at("history/B/prices/2020-01-01", now.steady), 0u);
  EXPECT_EQ(stored->removed("history/B/prices/2020-01-01", now.steady), 0u);
  pass(1min);
  EXPECT_EQ(shown(), 0u);
}

TEST_F(StoredHistoryTest, IsWrittenEarlyWhenManyPlacesHaveChanged) {
  std::vector<std::string> places;
  for (std::size_t i = 0; i < StoredHistory::kPlacesMax; ++i)
    places.push_back("history/T" + std::to_string(i) + "/prices/2026-11-28");
  acknowledge(places);
  EXPECT_EQ(saved(places.front()), kEntry);
  EXPECT_EQ(saved(places.back()), kEntry);
  EXPECT_EQ(delivery->acknowledged_places(), 0u);
}

TEST_F(StoredHistoryTest, ThatCannotBeWrittenIsToldAndKeptAndWrittenWhenItCan) {
  acknowledge({kPrices});
  execute("CREATE TRIGGER refuses BEFORE INSERT ON stored BEGIN SELECT RAISE(ABORT, 'no'); END");
  pass(60min);
  EXPECT_EQ(metrics.outbox_errors.Value(), 1);
  EXPECT_EQ(shown(), kEntry);
  pass(30s);
  EXPECT_EQ(metrics.outbox_errors.Value(), 1) << "not at every turn";
  execute("DROP TRIGGER refuses");

  acknowledge({kOrders});
  pass(30s);

  EXPECT_EQ(metrics.outbox_errors.Value(), 1);
  EXPECT_EQ(metrics.outbox_writable.Value(), 1);
  EXPECT_EQ(saved(kPrices), kEntry);
  EXPECT_EQ(saved(kOrders), kEntry);
}

TEST_F(StoredHistoryTest, BeyondItsBoundCountsForTheSumWhileItCannotBeWritten) {
  execute("CREATE TRIGGER refuses BEFORE INSERT ON stored BEGIN SELECT RAISE(ABORT, 'no'); END");
  std::vector<std::string> places;
  for (std::size_t i = 0; i < StoredHistory::kPlacesMax + 100; ++i) places.push_back("history/T" + std::to_string(i));
  acknowledge(places);
  EXPECT_EQ(metrics.outbox_errors.Value(), 1);
  EXPECT_EQ(shown(), places.size() * kEntry);
  execute("DROP TRIGGER refuses");
  pass(1min);
  EXPECT_EQ(saved(places.front()), kEntry);
  EXPECT_EQ(saved(places.back()), 0u);
  EXPECT_EQ(saved(""), 100 * kEntry);
  EXPECT_EQ(shown(), places.size() * kEntry);
}

TEST_F(StoredHistoryTest, GrowsByWhatADayBrings) {
  for (int hour = 0; hour < 48; ++hour) {
    acknowledge({kPrices});
    pass(60min);
  }
  EXPECT_NEAR(metrics.history_growth_bytes_per_day.Value(), 24 * kEntry, 2 * kEntry);
  stored->removed(kPrices, now.steady);
  pass(1min);
  EXPECT_EQ(shown(), 0u);
  EXPECT_LT(metrics.history_growth_bytes_per_day.Value(), 20 * kEntry);
  const double growth = metrics.history_growth_bytes_per_day.Value();
  restart();
  EXPECT_EQ(metrics.history_growth_bytes_per_day.Value(), growth);
}

}  // namespace
}  // namespace firebase_relay::flush
