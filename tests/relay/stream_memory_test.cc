#include "relay/stream_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_dir.h"

namespace firebase_relay::relay {
namespace {

class StreamMemoryTest : public testing::Test {
 protected:
  StreamMemoryTest() {
    outbox::SqliteOutboxOptions options;
    options.file = dir_.file("outbox.db");
    auto opened = outbox::SqliteOutbox::open(options);
    if (opened) outbox_ = std::move(opened->outbox);
  }
  /// That of one run.
  [[nodiscard]] StreamMemory memory() const {
    return {{"a", "b"}, "g", outbox_.get(), [](const Error& error) { ADD_FAILURE() << error.what; }};
  }
  /// What the next run would begin with.
  [[nodiscard]] std::optional<RememberedPosition> next_of(std::size_t stream) const {
    return memory().before()[stream];
  }
  static RememberedPosition on_the_way(std::uint64_t ms) { return {{{ms, 0}, ms}, false}; }

  const test_support::TempDir dir_;
  std::unique_ptr<outbox::SqliteOutbox> outbox_;
};

TEST_F(StreamMemoryTest, HasAfterAKillWhereEachStreamWasFirstNoted) {
  StreamMemory run = memory();
  run.noted(0, {{10, 0}, 10});
  run.noted(0, {{20, 0}, 20});
  run.noted(1, {{7, 0}, 7});
  EXPECT_EQ(next_of(0), on_the_way(10)) << "nothing is written while all is well";
  EXPECT_EQ(next_of(1), on_the_way(7));
}

TEST_F(StreamMemoryTest, IsNeverInFrontOfAStreamThatHasBegunAnewWithSmallerIds) {
  StreamMemory run = memory();
  run.noted(0, {{1000, 0}, 1000});
  run.noted(0, {{5, 0}, 5});
  EXPECT_EQ(next_of(0), on_the_way(5)) << "the group stands there after a kill";
  run.noted(0, {{6, 0}, 6});
  EXPECT_EQ(next_of(0), on_the_way(5));
  run.noted(0, {{2, 0}, 2});
  EXPECT_EQ(next_of(0), on_the_way(2)) << "each time";
}

TEST_F(StreamMemoryTest, HasACountAsLongAsOneIsNoted) {
  StreamMemory run = memory();
  run.noted(0, {{10, 0}, 10});
  run.noted(0, {{20, 0}, std::nullopt});
  EXPECT_EQ(next_of(0), (RememberedPosition{{{20, 0}, std::nullopt}, false}));
  run.noted(0, {{30, 0}, 30});
  EXPECT_EQ(next_of(0), on_the_way(30));
}

TEST_F(StreamMemoryTest, HasAfterAKillWhereAStreamWasLostUntilTheNewOneIsNoted) {
  StreamMemory run = memory();
  run.noted(0, {{10, 0}, 10});
  run.reset(0, {{1000, 0}, 1000});
  EXPECT_EQ(next_of(0), on_the_way(1000)) << "the gap is told once more";
  run.noted(0, {{5, 0}, 5});
  EXPECT_EQ(next_of(0), on_the_way(5));
  run.reset(1, {});
  EXPECT_EQ(next_of(1), std::nullopt) << "nobody has read it";
}

TEST_F(StreamMemoryTest, HasAfterAStopWhereEachStreamEnded) {
  StreamMemory run = memory();
  run.noted(0, {{10, 0}, 10});
  run.ended({{{{30, 0}, 30}, true}, {}});
  EXPECT_EQ(next_of(0), (RememberedPosition{{{30, 0}, 30}, true}));
  EXPECT_EQ(next_of(1), std::nullopt) << "nobody has read it";
}

TEST_F(StreamMemoryTest, HasNoEndWhereRedisMayDoMoreThanItHasAnswered) {
  StreamMemory run = memory();
  run.noted(0, {{10, 0}, std::nullopt});  // which is not answered
  run.noted(1, {{8, 0}, 8});
  run.ended({{{{5, 0}, 5}, false}, {{{7, 0}, 7}, false}});
  EXPECT_EQ(next_of(0), (RememberedPosition{{{5, 0}, std::nullopt}, false}));
  EXPECT_EQ(next_of(1), on_the_way(7));
}

}  // namespace
}  // namespace firebase_relay::relay
