// How much history stands in the database, as the outbox keeps it.
#include <gtest/gtest.h>

#include "outbox/stored_places.h"
#include "version_1_file.h"

namespace firebase_relay::outbox {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_days kDay = std::chrono::year(2026) / 11 / 28;
const std::string kPlace = "history/AAPL/prices/2026-11-28";

class StoredTablesTest : public OutboxTest {
 protected:
  void save(UtcMillis at, std::vector<PlaceBytes> added, std::vector<std::string> removed = {},
            std::uint64_t removed_bytes = 0) {
    const Result<void> saved = outbox->save_stored({at, std::move(removed), removed_bytes, std::move(added)});
    ASSERT_TRUE(saved) << saved.error().what;
  }
};

TEST_F(StoredTablesTest, ANewFileKnowsOfNothing) {
  open();
  EXPECT_EQ(opened.restored.stored.bytes, 0u);
  EXPECT_FALSE(opened.restored.stored.since);
  EXPECT_EQ(*outbox->stored_at(kPlace), 0u);
}

TEST_F(StoredTablesTest, WhatIsAddedToAPlaceAddsUpAndSurvivesARestart) {
  open();
  save(kDay + 1h, {{kPlace, 100}, {"history/AAPL/orders", 7}});
  save(kDay + 2h, {{kPlace, 20}});
  EXPECT_EQ(*outbox->stored_at(kPlace), 120u);

  open();

  EXPECT_EQ(*outbox->stored_at(kPlace), 120u);
  const StoredSums& sums = opened.restored.stored;
  EXPECT_EQ(sums.bytes, 127u);
  EXPECT_EQ(sums.since, kDay + 1h);
  EXPECT_EQ(sums.days, (std::vector<StoredDay>{{kDay, 127, 0}}));
}

TEST_F(StoredTablesTest, ARemovedPlaceIsForgottenAndMayComeAgain) {
  open();
  save(kDay + 1h, {{kPlace, 100}, {"history/B/prices/2026-11-28", 5}});
  save(kDay + 30h, {{kPlace, 3}}, {kPlace}, 100);

  open();

  EXPECT_EQ(*outbox->stored_at(kPlace), 3u);
  EXPECT_EQ(opened.restored.stored.bytes, 8u);
  EXPECT_EQ(opened.restored.stored.days,
            (std::vector<StoredDay>{{kDay, 105, 0}, {kDay + std::chrono::days(1), 3, 100}}));
}

TEST_F(StoredTablesTest, DaysAreKeptForAWeekAndNoneThatIsYetToCome) {
  open();
  for (int day = 0; day < 10; ++day) save(kDay + std::chrono::days(day), {{kPlace, 1}});
  open();
  EXPECT_EQ(opened.restored.stored.days.size(), 7u);
  EXPECT_EQ(opened.restored.stored.days.front().day, kDay + std::chrono::days(3));

  save(kDay + std::chrono::days(4), {{kPlace, 1}});  // the clock was set back

  open();
  EXPECT_EQ(opened.restored.stored.days,
            (std::vector<StoredDay>{{kDay + std::chrono::days(3), 1, 0}, {kDay + std::chrono::days(4), 2, 0}}));
  EXPECT_EQ(opened.restored.stored.bytes, 11u) << "what stands there stands";
}

/// The tables of a version-3 file are as needed as the others.
TEST_F(StoredTablesTest, AFileThatLacksThemIsSetAside) {
  open();
  close();
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(options.file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, "DROP TABLE stored", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(connection);
  open();
  EXPECT_TRUE(opened.set_aside);
}

/// Files that earlier versions left, 1 and 2.
class StoredTablesInAnEarlierFileTest : public StoredTablesTest, public testing::WithParamInterface<int> {
 protected:
  StoredTablesInAnEarlierFileTest() { write_version_1(options.file, GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Versions, StoredTablesInAnEarlierFileTest, testing::Values(1, 2));

TEST_P(StoredTablesInAnEarlierFileTest, AreMadeWhenTheyAreWrittenFirst) {
  open();
  ASSERT_FALSE(opened.set_aside) << opened.flaw;
  EXPECT_FALSE(opened.restored.stored.since);
  EXPECT_EQ(*outbox->stored_at(kPlace), 0u);
  ASSERT_TRUE(outbox->acknowledge({3}, {}, false));
  EXPECT_EQ(version_of(options.file), GetParam()) << "an earlier relay that is put back still takes it";

  save(kDay + 1h, {{kPlace, 100}});
  save(kDay + 2h, {{kPlace, 1}});

  EXPECT_EQ(version_of(options.file), 3);
  open();
  ASSERT_FALSE(opened.set_aside) << opened.flaw;
  EXPECT_EQ(opened.restored.stored.bytes, 101u);
  EXPECT_EQ(stored(), (std::vector<BatchId>{4, 6})) << "what waited there is there";
}

TEST_P(StoredTablesInAnEarlierFileTest, AreNotBroughtDownByABatch) {
  open();
  save(kDay + 1h, {{kPlace, 100}});
  append(batch_of(7, ShedClass::kPrices));
  EXPECT_EQ(version_of(options.file), 3);
  open();
  append(batch_of(8, ShedClass::kPrices));
  EXPECT_EQ(version_of(options.file), 3);
  EXPECT_EQ(opened.restored.stored.bytes, 100u);
}

TEST_F(StoredTablesTest, ACommandBesideTheRelayReadsAPlaceAndForgetsIt) {
  open();
  save(kDay + 1h, {{kPlace, 100}, {"history/B/prices/2026-11-28", 5}});
  {
    auto places = StoredPlaces::open(options.file);
    ASSERT_TRUE(places) << places.error().what;
    EXPECT_EQ(*places->at(kPlace), 100u);
    EXPECT_EQ(*places->at("elsewhere"), 0u);
    ASSERT_TRUE(places->removed(kPlace, kDay + 2h));
    ASSERT_TRUE(places->removed(kPlace, kDay + 2h)) << "twice is harmless";
    EXPECT_EQ(*places->at(kPlace), 0u);
    EXPECT_EQ(*places->archived_since(), UtcMillis::max());
    ASSERT_TRUE(outbox->archived_since(true, kDay + 3h));
    EXPECT_EQ(*places->archived_since(), kDay + 3h);
  }

  open();

  EXPECT_EQ(opened.restored.stored.bytes, 5u);
  EXPECT_EQ(opened.restored.stored.days, (std::vector<StoredDay>{{kDay, 105, 100}}));
}

TEST_F(StoredTablesTest, TheFirstRunWithoutAnArchiveEndsThoseThatHadOneAndSaysSinceWhen) {
  open();
  EXPECT_EQ(outbox->archived_since(false, kDay)->ended, std::nullopt) << "none had one";
  EXPECT_EQ(outbox->archived_since(true, kDay + 1h)->since, kDay + 1h);
  EXPECT_EQ(outbox->archived_since(true, kDay + 2h)->since, kDay + 1h);
  EXPECT_EQ(outbox->archived_since(true, kDay + 2h)->ended, std::nullopt);
  const auto without = outbox->archived_since(false, kDay + 3h);
  EXPECT_EQ(without->since, UtcMillis::max());
  EXPECT_EQ(without->ended, kDay + 1h);
  EXPECT_EQ(outbox->archived_since(false, kDay + 4h)->ended, std::nullopt) << "told once";
  EXPECT_EQ(outbox->archived_since(true, kDay + 5h)->since, kDay + 5h);
}

TEST_F(StoredTablesTest, ACommandMakesNoOutbox) {
  const auto places = StoredPlaces::open(options.file);
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(options.file));
}

}  // namespace
}  // namespace firebase_relay::outbox
