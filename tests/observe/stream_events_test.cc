#include "observe/stream_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>
#include <string>

namespace firebase_relay::observe {
namespace {

using testing::HasSubstr;

struct StreamEventsTest : testing::Test {
  std::string take() {
    std::string text = log.str();
    log.str("");
    return text;
  }
  std::ostringstream log;
  spdlog::logger logger{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)};
  Metrics metrics{"test"};
  StreamEvents events{metrics, logger};
  SteadyTime now{std::chrono::hours(1)};
};

TEST_F(StreamEventsTest, FailedCommitIsToldOnceAMinuteAndStream) {
  const Error why{ErrorCode::kRefused, "Redis says: NOPERM", "its rule lacks +eval"};
  events.commit_failed("bus\n", why, now);
  EXPECT_THAT(take(), testing::AllOf(HasSubstr("stream bus\\n: "), HasSubstr("NOPERM; its rule lacks +eval")));
  events.commit_failed("bus\n", why, now + std::chrono::seconds(1));
  EXPECT_EQ(take(), "");
  events.commit_failed("orders", why, now + std::chrono::seconds(1));
  EXPECT_THAT(take(), HasSubstr("stream orders: "));
  events.commit_failed("bus\n", why, now + std::chrono::seconds(61));
  EXPECT_THAT(take(), HasSubstr("and 1 more"));
}

TEST_F(StreamEventsTest, MovedGroupSaysInWhichDirection) {
  events.group_was_moved("bus", StreamId{1, 0}, {2, 0});
  EXPECT_THAT(take(), HasSubstr("stands at 2-0, and this relay had come to 1-0: somebody has moved it forwards"));
  events.group_was_moved("bus", StreamId{2, 0}, {1, 0});
  EXPECT_THAT(take(), HasSubstr("what lies between is read again"));
  events.group_was_moved("bus", std::nullopt, {1, 0});
  EXPECT_THAT(take(), HasSubstr("what lies between is not read, or is read again"));
  events.group_is_moved("bus", {2, 0}, {1, 0}, now);
  EXPECT_THAT(take(), HasSubstr("from 2-0 to 1-0"));
  events.group_is_moved("bus", {2, 0}, {1, 0}, now);
  EXPECT_EQ(take(), "");
}

TEST_F(StreamEventsTest, GroupThatIsMadeAgainIsTold) {
  events.group_made_again("bus", now);
  EXPECT_THAT(take(), HasSubstr("somebody has destroyed the group"));
}

}  // namespace
}  // namespace firebase_relay::observe
