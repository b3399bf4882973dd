#include "relay/heartbeat.h"

#include <gtest/gtest.h>

#include <map>

namespace firebase_relay::relay {
namespace {

using std::chrono::seconds;

const Now kStart{SteadyTime(seconds(100)), UtcMillis(std::chrono::milliseconds(1'778'078'351'786))};

Now later(seconds by) { return {kStart.steady + by, kStart.utc + by}; }

std::map<std::string, std::string> values(const FragmentBlock& block) {
  std::map<std::string, std::string> all;
  for (const LiveUpdate& update : block.live)
    all[std::string(block.path_of(update))] = std::string(block.value_of(update));
  return all;
}

TEST(StateWriter, WritesEachValueAtAPathOfItsOwn) {
  StateWriter writer("home.pc", seconds(15), kStart);
  EXPECT_EQ(writer.due(), kStart.steady);
  flush::FlushState state;
  EXPECT_EQ(values(*writer.beat(state, kStart, flush::RunState::kRunning)),
            (std::map<std::string, std::string>{{"relay/home%2Epc/state", "\"running\""},
                                                {"relay/home%2Epc/version", "\"" FIREBASE_RELAY_VERSION "\""},
                                                {"relay/home%2Epc/started_at", "\"2026-05-06T14:39:11.786Z\""},
                                                {"relay/home%2Epc/heartbeat_at", "\"2026-05-06T14:39:11.786Z\""},
                                                {"relay/home%2Epc/heartbeat_seconds", "15"},
                                                {"relay/home%2Epc/gap_count", "null"}}));
  EXPECT_EQ(writer.due(), kStart.steady + seconds(15));
  state.last_message_at = later(seconds(1)).utc;
  state.last_flush_at = later(seconds(2)).utc;
  state.lag = std::chrono::milliseconds(42);
  const auto next = values(*writer.beat(state, later(seconds(15)), flush::RunState::kStopped));
  EXPECT_EQ(next.at("relay/home%2Epc/state"), "\"stopped\"");
  EXPECT_EQ(next.at("relay/home%2Epc/started_at"), "\"2026-05-06T14:39:11.786Z\"");
  EXPECT_EQ(next.at("relay/home%2Epc/heartbeat_at"), "\"2026-05-06T14:39:26.786Z\"");
  EXPECT_EQ(next.at("relay/home%2Epc/last_message_at"), "\"2026-05-06T14:39:12.786Z\"");
  EXPECT_EQ(next.at("relay/home%2Epc/last_flush_at"), "\"2026-05-06T14:39:13.786Z\"");
  EXPECT_EQ(next.at("relay/home%2Epc/lag_ms"), "42");
}

TEST(StateWriter, CountsGapsOnceThoseBeforeThisRunAreKnownAndSaysSoAtOnce) {
  StateWriter writer("x", seconds(15), kStart);
  const auto count = [&] {
    return values(*writer.beat({}, kStart, flush::RunState::kRunning)).at("relay/x/gap_count");
  };
  EXPECT_EQ(count(), "null") << "that of the run before is no count of this one";
  writer.gap_block({kStart.utc, later(seconds(3)).utc, "x"});
  EXPECT_EQ(count(), "null");
  EXPECT_EQ(writer.due(), kStart.steady + seconds(15));

  writer.gaps_are_known();

  EXPECT_LT(writer.due(), kStart.steady) << "nobody has to wait for the next one";
  EXPECT_EQ(count(), "1");
  EXPECT_EQ(writer.due(), kStart.steady + seconds(15));
  writer.gap_block({kStart.utc, later(seconds(3)).utc, "x"});
  EXPECT_LT(writer.due(), kStart.steady);
  EXPECT_EQ(count(), "2");
}

TEST(StateWriter, SequenceRisesAlsoWhenTheClockGoesBack) {
  StateWriter writer("x", seconds(1), kStart);
  const Sequence first = writer.beat({}, kStart, flush::RunState::kRunning)->live.front().sequence;
  EXPECT_GT(writer.beat({}, later(seconds(-3600)), flush::RunState::kRunning)->live.front().sequence, first);
}

TEST(StateWriter, SequenceRisesAboveWhatAnEarlierRunCouldNotSendAlthoughTheClockWasSetBack) {
  StateWriter writer("x", seconds(1), kStart);
  const auto ahead = static_cast<Sequence>(later(seconds(7200)).utc.time_since_epoch().count());
  writer.rise_above({"relay/x/state", "\"draining\"", ahead});
  writer.rise_above({"relay/xy/state", "\"draining\"", 2 * ahead});

  const Sequence first = writer.beat({}, kStart, flush::RunState::kRunning)->live.front().sequence;

  EXPECT_GT(first, ahead);
  EXPECT_LT(first, 2 * ahead) << "that is another instance's";
}

TEST(StateWriter, ZeroSecondsIsOffButGapsAreWritten) {
  StateWriter writer("x", seconds(0), kStart);
  EXPECT_EQ(writer.due(), SteadyTime::max());
  EXPECT_TRUE(writer.beat({}, kStart, flush::RunState::kRunning)->live.empty());
  EXPECT_FALSE(writer.gap_block({kStart.utc, later(seconds(3)).utc, "x"})->history[1].entries.empty());
}

TEST(StateWriter, GapIsAnEntryForGoodAndNoMessage) {
  StateWriter writer("x", seconds(1), kStart);
  writer.gaps_are_known();
  const auto block = writer.gap_block({kStart.utc, later(seconds(3)).utc, "it said \"no\""});
  const HistoryRun& run = block->history[static_cast<std::size_t>(ShedClass::kRest)];
  ASSERT_EQ(run.entries.size(), 1u);
  EXPECT_EQ(run.entries[0].sequence_offset, HistoryEntry::kUncounted);
  EXPECT_TRUE(run.path_of(0).starts_with("relay/x/gaps/")) << run.path_of(0);
  EXPECT_EQ(run.path_of(0).size(), std::string("relay/x/gaps/").size() + 20);
  EXPECT_EQ(run.value_of(0),
            R"({"from":"2026-05-06T14:39:11.786Z","to":"2026-05-06T14:39:14.786Z","cause":"it said \"no\""})");
  EXPECT_EQ(values(*writer.beat({}, kStart, flush::RunState::kRunning)).at("relay/x/gap_count"), "1");
}

TEST(StateWriter, GapOfAStreamThatIsToldAgainHasItsKeyAndAnotherOneHasAnother) {
  StateWriter writer("x", seconds(1), kStart);
  const auto path = [&](const StreamPosition& behind, seconds found, std::string stream = "bus") {
    const auto block = writer.gap_block({kStart.utc, later(found).utc, "trimmed", std::move(stream), 7, behind});
    return std::string(block->history[static_cast<std::size_t>(ShedClass::kRest)].path_of(0));
  };
  const std::string told = path({{9, 1}, 100}, seconds(3));
  EXPECT_EQ(path({{9, 1}, 100}, seconds(4)), told);
  EXPECT_NE(path({{9, 1}, 107}, seconds(4)), told) << "the next one in the same place";
  EXPECT_NE(path({{9, 1}, {}}, seconds(4)), told);
  EXPECT_NE(path({{9, 2}, 100}, seconds(4)), told);
  EXPECT_NE(path({{9, 1}, 100}, seconds(4), "orders"), told);
}

}  // namespace
}  // namespace firebase_relay::relay
