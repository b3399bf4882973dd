// What is sent when: pace, coalescing, size, quota. What happens in trouble over long schedules is the simulation's
// (tests/sim).
#include "firebase_relay/delivery.h"

#include <set>

#include "coalesce/repeats.h"
#include "deliver/delivery_fixture.h"

namespace firebase_relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(DeliveryTest, IdleSystemSendsAtOnceAndBothInOnePatch) {
  start({});
  EXPECT_TRUE(delivery_->waits_for_arrivals());
  price("A", "1");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(body(out()), R"({"services/A/price":1,"history/A/prices/-------------------1":1})");
  EXPECT_EQ(out().base, "");
  EXPECT_EQ(out().paths, 2u);
  EXPECT_EQ(out().bytes, body(out()).size());
  EXPECT_EQ(delivery_->messages_in_flight(), 1u);
  answer(204);
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 1u);
}

TEST_F(DeliveryTest, BusySystemFlushesOncePerInterval) {
  start({.flush_interval = milliseconds(250)});
  price("A", "1");
  answer(204);
  pass(milliseconds(100));
  price("A", "2");
  price("A", "3");
  EXPECT_TRUE(sent_.empty()) << "the interval has not passed";
  EXPECT_FALSE(delivery_->waits_for_arrivals());
  EXPECT_EQ(delivery_->next_deadline(), now_.steady + milliseconds(150));
  pass(milliseconds(150));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(body(out()).find("\"services/A/price\":2"), std::string::npos) << "overtaken";
  EXPECT_NE(body(out()).find("\"services/A/price\":3"), std::string::npos);
  EXPECT_EQ(out().paths, 3u) << "both entries of history";
}

TEST_F(DeliveryTest, IntervalZeroSendsTheNextAsSoonAsTheLastIsAnswered) {
  start({.flush_interval = milliseconds(0)});
  price("A", "1");
  price("A", "2");
  price("A", "3");
  ASSERT_EQ(sent_.size(), 1u);
  answer(204);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_NE(body(out()).find("\"services/A/price\":3"), std::string::npos);
}

TEST_F(DeliveryTest, FlushThatIsDueWaitsForWhatComesRightBehind) {
  start({.flush_interval = milliseconds(250)});
  price("A", "1");
  answer(204);
  now_.steady += milliseconds(300);  // the interval passes, and two messages have come in it
  price("A", "2", true);
  EXPECT_TRUE(sent_.empty());
  price("A", "3");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(out().paths, 3u) << "both entries of history";
}

TEST_F(DeliveryTest, LiveTravelsOneAtATime) {
  start({.flush_interval = milliseconds(10)});
  price("A", "1");
  pass(milliseconds(20));
  price("B", "2");
  pass(milliseconds(20));
  ASSERT_EQ(sent_.size(), 1u) << "the first is not answered";
  answer(204);
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(DeliveryTest, FlushOverTheBytesIsSplitAndALargerMessageGoesAlone) {
  start({.flush_interval = milliseconds(250), .batch_bytes_max = 300});
  price("A", "1");
  answer(204);
  const std::string large = '"' + std::string(1000, 'x') + '"';
  price("A", large);
  for (int i = 0; i < 20; ++i) price("B", std::to_string(i));
  std::size_t requests = 0;
  while (delivery_->messages_in_flight() > 0 && requests < 100) {
    if (sent_.empty()) pass_to_deadline();
    if (sent_.empty()) continue;
    ++requests;
    const std::string text = body(out());
    EXPECT_TRUE(text.size() <= 302 || out().paths == 1) << text.size() << " bytes and " << out().paths << " paths";
    answer(204);
  }
  EXPECT_GE(requests, 5u);
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 22u);
}

TEST_F(DeliveryTest, FlushOfMoreLiveValuesThanOneRequestHoldsGoesOnAsSoonAsItIsAnswered) {
  start({.flush_interval = milliseconds(250), .batch_bytes_max = 250});
  const std::string value(100, '1');
  live_only("a", value);
  answer(204);
  for (const char* path : {"b", "c", "d", "e"}) live_only(path, value);
  EXPECT_TRUE(sent_.empty());
  pass(milliseconds(250));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(out().paths, 2u);
  pass(milliseconds(10));
  answer(204);
  ASSERT_EQ(sent_.size(), 1u) << "the rest of the flush";
  EXPECT_EQ(out().paths, 2u);
  answer(204);
  live_only("f", value);
  EXPECT_TRUE(sent_.empty()) << "the next flush";
  EXPECT_EQ(delivery_->next_deadline(), now_.steady + milliseconds(250));
  EXPECT_TRUE(persists_.empty());
}

TEST_F(DeliveryTest, RetryWaitsForTheBackoffAndSendsTheNewestValue) {
  start({});
  price("A", "1");
  answer(503);
  EXPECT_TRUE(sent_.empty());
  EXPECT_FALSE(delivery_->database_reachable());
  ASSERT_EQ(persists_.size(), 1u);
  price("A", "2");
  std::string live;
  while (delivery_->messages_in_flight() > 0) {
    if (sent_.empty()) {
      pass_to_deadline();
      continue;
    }
    if (body(out()).find("services") != std::string::npos) live += body(out());
    answer(204);
  }
  EXPECT_EQ(live, R"({"services/A/price":2})");
  EXPECT_TRUE(delivery_->database_reachable());
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 2u);
}

/// A full plan is no other trouble: once it is paid, or history was removed, the phone is up to date first.
TEST_F(DeliveryTest, PlanThatWasFullGetsLiveValuesAheadOfHistory) {
  start({});
  for (int i = 0; i < 50; ++i) price("T" + std::to_string(i), "1", i < 49);
  answer(402);
  EXPECT_EQ(delivery_->hold(), HoldReason::kPayment);
  price("T7", "2");
  for (int i = 0; i < 10 && sent_.empty(); ++i) pass_to_deadline();

  ASSERT_FALSE(sent_.empty());
  EXPECT_EQ(body(out()).find("history"), std::string::npos) << body(out());
  EXPECT_NE(body(out()).find(R"("services/T7/price":2)"), std::string::npos) << body(out());
  deliver_all();
  EXPECT_EQ(delivery_->hold(), HoldReason::kNone);
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 51u);
}

TEST_F(DeliveryTest, RetryAfterIsHonoured) {
  start({});
  price("A", "1");
  Answer busy;
  busy.status = 429;
  busy.retry_after = seconds(9);
  answer(busy);
  ASSERT_TRUE(ended_.back().retry_in);
  EXPECT_EQ(*ended_.back().retry_in, seconds(9));
  pass(milliseconds(8'900));
  EXPECT_TRUE(sent_.empty());
  pass(milliseconds(200));
  EXPECT_FALSE(sent_.empty());
}

TEST_F(DeliveryTest, PoisonIsFoundByHalvingAndTheRestArrives) {
  start({});
  price("A", "0");
  answer(204);
  for (int i = 1; i <= 40; ++i) price("A", i == 23 ? "\"poison\"" : std::to_string(i));
  for (int i = 0; i < 200 && delivery_->messages_in_flight() > 0; ++i) {
    if (sent_.empty())
      pass_to_deadline();
    else
      answer(body(out()).find("poison") == std::string::npos ? 204 : 400);
  }
  ASSERT_EQ(dead_.size(), 1u);
  EXPECT_EQ(dead_[0].payload, "\"poison\"");
  EXPECT_EQ(dead_[0].channel, "TICKER_UPDATES_A");
  EXPECT_EQ(name_of(dead_[0].reason), "refused");
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 40u);
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
}

TEST_F(DeliveryTest, PoisonOfALiveValueIsOneDeadLetter) {
  start({});
  live_only("services/A/price", "\"poison\"");
  answer(400);
  ASSERT_EQ(dead_.size(), 1u);
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
}

TEST_F(DeliveryTest, PoisonThatHistoryRefusesIsOneDeadLetter) {
  start({});
  price("A", "\"poison\"");
  answer(400);
  while (!sent_.empty()) answer(body(out()).find("history") == std::string::npos ? 204 : 400);
  ASSERT_EQ(dead_.size(), 1u);
  EXPECT_EQ(dead_[0].payload, "\"poison\"");
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
}

TEST_F(DeliveryTest, PoisonOfBothPartsIsOneDeadLetter) {
  start({});
  price("A", "\"poison\"");
  while (!sent_.empty()) answer(400);
  ASSERT_EQ(dead_.size(), 1u);
  EXPECT_EQ(dead_[0].channel, "TICKER_UPDATES_A");
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
}

TEST_F(DeliveryTest, HistoryWhoseKeysAreSettledIsDelivered) {
  FragmentBlock block = block_of_price("A", "1", now_.steady);
  HistoryRun& run = block.history[0];
  const HistoryRun keyed = std::exchange(run, {});
  run.add("history/A/prices/", now_.utc, {42, 43}, "1", {.sequence_offset = 0, .kind = Kind::kPrice});
  run.channels = keyed.channels;
  run.first_sequence = keyed.first_sequence;
  run.arrived = keyed.arrived;
  coalesce::Repeats repeats;
  repeats.settle(run);

  start({});
  handle(Arrived{std::move(block), false});
  deliver_all();
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 1u);
}

TEST_F(DeliveryTest, HistoryIsCountedAtItsPlaceWhenTheDatabaseHasIt) {
  start({});
  price("AAPL", "1.5");
  EXPECT_EQ(delivery_->acknowledged_bytes(), 0u) << "it is on its way";
  answer(503);
  EXPECT_EQ(delivery_->acknowledged_bytes(), 0u) << "it has to be sent again";
  live_only("services/AAPL/volume", "7");
  deliver_all();

  constexpr std::uint64_t kEntry = 20 + 3 + 4;  // "KEY":1.5,
  EXPECT_EQ(delivery_->acknowledged_bytes(), kEntry);
  EXPECT_EQ(delivery_->acknowledged_places(), 1u);
  EXPECT_EQ(delivery_->take_acknowledged(), (std::vector<PlaceBytes>{{"history/AAPL/prices", kEntry}}));
  EXPECT_EQ(delivery_->acknowledged_bytes(), 0u);
}

TEST_F(DeliveryTest, HistoryThatTheDatabaseRefusesStandsNowhere) {
  start({});
  price("AAPL", "1.5");
  answer(400);
  answer(204);
  answer(400);
  deliver_all();
  EXPECT_EQ(dead_.size(), 1u);
  EXPECT_EQ(delivery_->acknowledged_places(), 0u);
}

TEST_F(DeliveryTest, SizeOfTheWriteLeadsToNarrowLocationsAndNoDeadLetter) {
  start({.flush_interval = milliseconds(10)});
  price("A", "1");
  answer(400, true);
  std::set<std::string> bases;
  for (int i = 0; i < 20 && bases.size() < 2; ++i) {
    if (sent_.empty()) {
      pass_to_deadline();
      continue;
    }
    bases.insert(out().base);
    answer(204);
  }
  EXPECT_EQ(bases, (std::set<std::string>{"services", "history/A/prices"}));
  EXPECT_TRUE(dead_.empty());
  pass(milliseconds(50));
  price("A", "2");
  ASSERT_FALSE(sent_.empty());
  EXPECT_NE(out().base, "") << "and so every later one";
}

TEST_F(DeliveryTest, UnauthorizedRefreshesOnceThenHolds) {
  start({});
  price("A", "1");
  answer(401);
  EXPECT_EQ(refreshes_, 1);
  EXPECT_EQ(delivery_->hold(), HoldReason::kNone);
  for (int i = 0; i < 10 && sent_.empty(); ++i) pass_to_deadline();
  answer(401);
  EXPECT_EQ(refreshes_, 1);
  EXPECT_EQ(delivery_->hold(), HoldReason::kUnauthorized);
  ASSERT_TRUE(ended_.back().retry_in);
  EXPECT_EQ(*ended_.back().retry_in, seconds(30));
  EXPECT_EQ(delivery_->messages_in_flight(), 1u);
  for (int i = 0; i < 10 && sent_.empty(); ++i) pass_to_deadline();
  deliver_all();
  EXPECT_EQ(delivery_->hold(), HoldReason::kNone);
}

TEST_F(DeliveryTest, RequestsBesideTheOneThatWasUnauthorizedHoldNothing) {
  start({.batch_bytes_max = 2000});
  price("A", "1");
  for (int i = 0; i < 20; ++i) price("A", '"' + std::string(500, 'x') + '"');
  answer(204);
  for (int i = 0; i < 10 && sent_.size() < 2; ++i) pass_to_deadline();
  ASSERT_GE(sent_.size(), 2u) << "live and history side by side";
  while (!sent_.empty()) answer(401);  // all went out with the old token
  EXPECT_EQ(refreshes_, 1);
  EXPECT_EQ(delivery_->hold(), HoldReason::kNone);
  for (const RequestEnded& ended : ended_) EXPECT_NE(ended.result, RequestEnded::Result::kHeld);
  deliver_all();
  EXPECT_EQ(delivery_->messages_in_flight(), 0u);
}

TEST_F(DeliveryTest, NewestStateIsSentOnceMoreAfterALostAnswer) {
  start({.request_timeout = milliseconds(5000)});
  price("A", "1");
  Answer lost;
  lost.transport = Answer::Transport::kReset;
  answer(lost);
  deliver_all();
  ASSERT_EQ(delivery_->messages_in_flight(), 0u);
  const SteadyTime begin = now_.steady;
  while (sent_.empty() && now_.steady < begin + seconds(10)) pass_to_deadline();
  ASSERT_FALSE(sent_.empty());
  EXPECT_EQ(body(out()), R"({"services/A/price":1})");
}

TEST_F(DeliveryTest, QuotaHoldsHistoryAndNeverLive) {
  start({.flush_interval = milliseconds(10), .batch_bytes_max = 2000, .bytes_per_minute_max = 3000});
  const std::string value = '"' + std::string(900, 'x') + '"';
  std::uint64_t history_bytes = 0;
  int live_requests = 0;
  for (int i = 0; i < 30; ++i) {
    price("A", value);
    pass(milliseconds(20));
    while (!persists_.empty()) {
      persists_.clear();
    }
    while (!sent_.empty()) {
      const bool has_live = body(out()).find("services") != std::string::npos;
      live_requests += has_live ? 1 : 0;
      history_bytes += body(out()).find("history") != std::string::npos ? out().bytes : 0;
      answer(204);
    }
  }
  EXPECT_GE(live_requests, 25) << "live is never paced out";
  EXPECT_LE(history_bytes, 3000u);
  EXPECT_GT(delivery_->messages_in_flight(), 20u);
}

TEST_F(DeliveryTest, StopSendsWhatThereIsAndIsDrained) {
  start({.flush_interval = seconds(60)});
  price("A", "1");
  answer(204);
  price("A", "2");
  EXPECT_TRUE(sent_.empty());
  handle(Stop{});
  ASSERT_FALSE(sent_.empty()) << "the drain does not wait for the interval";
  EXPECT_FALSE(delivery_->drained());
  answer(204);
  EXPECT_TRUE(delivery_->drained());
}

TEST_F(DeliveryTest, MessageWithoutHistoryIsDeliveredOrCoalesced) {
  start({});
  live_only("services/A/price", "1");
  live_only("services/A/price", "2");
  live_only("services/A/price", "3");
  deliver_all();
  EXPECT_EQ(delivered_[static_cast<std::size_t>(Kind::kPrice)], 2u) << "the first and the newest";
  EXPECT_EQ(coalesced_[static_cast<std::size_t>(Kind::kPrice)], 1u);
}

}  // namespace
}  // namespace firebase_relay
