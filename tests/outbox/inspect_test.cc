#include "outbox/inspect.h"

#include <fstream>

#include "outbox/database.h"
#include "outbox_fixture.h"

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

TEST_F(InspectTest, makes_nothing_where_no_outbox_is) {
  options.file = dir.file("data/outbox.db");
  EXPECT_NE(inspect(options.file)->find("not there yet"), std::string::npos);
  EXPECT_EQ(files(), 0u);
}

TEST_F(InspectTest, counts_what_waits_and_changes_nothing) {
  open();
  EXPECT_NE(inspect(options.file)->find("in use by a relay"), std::string::npos);
  append(batch_of(1, ShedClass::kRest));
  close();
  const auto changed_at = std::filesystem::last_write_time(options.file);
  const std::size_t before = files();
  EXPECT_NE(inspect(options.file)->find("1 batches wait, 0 dead letters"), std::string::npos);
  EXPECT_EQ(files(), before);
  EXPECT_EQ(std::filesystem::last_write_time(options.file), changed_at);
}

TEST_F(InspectTest, says_what_is_wrong_and_what_to_do) {
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
