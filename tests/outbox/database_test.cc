#include "outbox/database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace firebase_relay::outbox {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() { EXPECT_TRUE(database->execute("CREATE TABLE t(n INTEGER NOT NULL)")); }

  std::int64_t rows() { return Session(*database).number("SELECT count(*) FROM t"); }

  test_support::TempDir dir;
  std::unique_ptr<Database> database = Database::open(dir.file("file.db"), Database::Mode::kCreate).value();
};

TEST_F(DatabaseTest, ASessionReadsAndWritesWhatItIsTold) {
  Session session(*database);
  EXPECT_EQ(session.run("INSERT INTO t VALUES(?1),(?2)", 7, 8), 2u);
  EXPECT_EQ(session.number("SELECT n FROM t WHERE n>?1", 7), 8);
  EXPECT_EQ(session.number("SELECT n FROM t WHERE n>?1", 8), 0) << "there is no row";
  EXPECT_EQ(session.text("SELECT 'a'||n FROM t"), "a7");
  EXPECT_EQ(session.result(std::string("read")).value(), "read");
}

TEST_F(DatabaseTest, ASessionKeepsItsFirstErrorAndNothingBehindItReachesTheFile) {
  Session session(*database);
  EXPECT_EQ(session.run("INSERT INTO t VALUES(NULL)"), 0u);
  EXPECT_EQ(session.run("INSERT INTO t VALUES(1)"), 0u);
  EXPECT_EQ(session.run("INSERT INTO missing VALUES(1)"), 0u);
  session.execute("INSERT INTO t VALUES(2)");
  EXPECT_EQ(session.number("SELECT 5"), 0);
  EXPECT_EQ(session.text("SELECT 'x'"), "");

  EXPECT_FALSE(session.ok());
  EXPECT_NE(session.status().error().what.find("NOT NULL constraint failed: t.n"), std::string::npos);
  EXPECT_EQ(session.result(1).error().what, session.status().error().what);
  EXPECT_EQ(rows(), 0);
}

TEST_F(DatabaseTest, ASessionThatFailsWhileItReadsEndsItsRows) {
  Session session(*database);
  session.run("INSERT INTO t VALUES(1),(-9223372036854775808)");
  Statement query = session.select("SELECT abs(n) FROM t");
  EXPECT_TRUE(query.next());
  EXPECT_FALSE(query.next());
  EXPECT_NE(session.status().error().what.find("integer overflow"), std::string::npos);
  EXPECT_FALSE(query.next());
}

TEST_F(DatabaseTest, ATransactionWithAFailureCannotBeCommittedAndLeavesNothing) {
  {
    Transaction transaction(*database);
    transaction.run("INSERT INTO t VALUES(1)");
    transaction.run("INSERT INTO missing VALUES(1)");
    const Result<int> committed = transaction.commit(7);
    ASSERT_FALSE(committed);
    EXPECT_NE(committed.error().what.find("no such table: missing"), std::string::npos);
  }
  EXPECT_EQ(rows(), 0);
  EXPECT_TRUE(database->lacks_something());
  Transaction next(*database);
  EXPECT_EQ(next.run("INSERT INTO t VALUES(1)"), 1u) << "the one before is over";
  EXPECT_EQ(next.commit(7).value(), 7);
}

TEST_F(DatabaseTest, ATransactionThatCannotBeginChangesNothing) {
  Transaction first(*database);
  {
    Transaction second(*database);
    EXPECT_EQ(second.run("INSERT INTO t VALUES(1)"), 0u);
    EXPECT_FALSE(second.commit());
  }
  EXPECT_EQ(first.run("INSERT INTO t VALUES(2)"), 1u) << "and ends nobody else's";
  EXPECT_TRUE(first.commit());
}

TEST_F(DatabaseTest, OnlyDamageIsForgiven) {
  database.reset();
  std::ofstream(dir.file("file.db"), std::ios::in | std::ios::binary).seekp(4096).write("no page", 7);
  database = Database::open(dir.file("file.db"), Database::Mode::kExisting).value();

  Session session(*database);
  session.number("SELECT count(*) FROM t");
  EXPECT_FALSE(session.ok());
  EXPECT_TRUE(session.forgive_damage());
  EXPECT_EQ(session.number("SELECT 5"), 5);
  EXPECT_FALSE(session.forgive_damage()) << "nothing failed since";
  EXPECT_TRUE(database->has_met_damage());
  EXPECT_FALSE(database->has_met_damage()) << "that has been told";

  session.number("SELECT missing FROM t");
  EXPECT_FALSE(session.forgive_damage());
  EXPECT_FALSE(session.ok());
}

}  // namespace
}  // namespace firebase_relay::outbox
