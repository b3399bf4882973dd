#include "outbox/inspect.h"

#include <fstream>

#include "outbox/database.h"
#include "outbox_fixture.h"
#include "support/paths.h"

namespace firebase_relay::outbox {
namespace {

class InspectTest : public OutboxTest {
 protected:
  std::size_t files() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.file(""))) ++count;
    return count;
  }
  void execute(const std::string& sql) {
    ASSERT_TRUE(Database::open(options.file, Database::Mode::kExisting).value()->execute(sql));
  }
};

TEST_F(InspectTest, MakesNothingWhereNoOutboxIs) {
  options.file = dir.file("data/outbox.db");
  EXPECT_NE(inspect(options.file)->find("not there yet"), std::string::npos);
  EXPECT_EQ(files(), 0u);
}

TEST_F(InspectTest, TriesTheFolderAsARelayDoes) {
  std::ofstream(dir.file("data")) << "a file";
  const Result<std::string> tried = inspect(dir.file("data/outbox.db"));
  ASSERT_FALSE(tried);
  EXPECT_NE(tried.error().remedy, "");
  EXPECT_EQ(files(), 1u);
  const Result<std::string> no_place = inspect("/proc/outbox/outbox.db");
  ASSERT_FALSE(no_place);
  EXPECT_NE(no_place.error().remedy, "");
}

TEST_F(InspectTest, LeavesTheLogOfAKilledRunAsItWas) {
  open();
  append(batch_of(1, ShedClass::kRest));
  for (const char* part : {"", "-wal"})
    std::filesystem::copy_file(options.file.string() + part, dir.file("killed.db") + part);
  const std::string log = test_support::bytes_of(dir.file("killed.db-wal"));
  ASSERT_FALSE(log.empty());
  close();

  const Result<std::string> text = inspect(dir.file("killed.db"));
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_NE(text->find("its last run was killed"), std::string::npos) << *text;

  EXPECT_EQ(test_support::bytes_of(dir.file("killed.db-wal")), log);
}

TEST_F(InspectTest, RefusesALaterVersionOfWhichOnlyTheLogKnows) {
  open();
  append(batch_of(1, ShedClass::kRest));
  execute("PRAGMA user_version=99");
  for (const char* part : {"", "-wal"})
    std::filesystem::copy_file(options.file.string() + part, dir.file("killed.db") + part);
  close();

  const Result<std::string> text = inspect(dir.file("killed.db"));
  ASSERT_FALSE(text) << *text;
  EXPECT_EQ(text.error().code, ErrorCode::kTooNew);
}

TEST_F(InspectTest, CountsWhatWaitsAndChangesNothing) {
  open();
  EXPECT_NE(inspect(options.file)->find("in use by a relay"), std::string::npos);
  append(batch_of(1, ShedClass::kRest));
  close();
  const auto changed_at = std::filesystem::last_write_time(options.file);
  const std::size_t before = files();
  const Result<std::string> text = inspect(options.file);
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_NE(text->find("1 batches wait, 0 dead letters"), std::string::npos);
  EXPECT_EQ(files(), before);
  EXPECT_EQ(std::filesystem::last_write_time(options.file), changed_at);
}

TEST_F(InspectTest, SaysWhatIsWrongAndWhatToDo) {
  open();
  close();
  execute("PRAGMA user_version=99");
  EXPECT_EQ(inspect(options.file).error().code, ErrorCode::kTooNew);
  std::ofstream(dir.file("text.db")) << std::string(10'000, 'x');
  EXPECT_NE(inspect(dir.file("text.db")).error().remedy, "");
  EXPECT_EQ(inspect(dir.file("")).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace firebase_relay::outbox
