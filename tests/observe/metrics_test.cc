#include "observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <sstream>

#include "observe/metric_table.h"

namespace firebase_relay::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::set<std::string> families_of(const std::string& text, const std::string& keyword) {
  std::set<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, word, name;
    words >> hash >> word >> name;
    if (hash == "#" && word == keyword) names.insert(name);
  }
  return names;
}

double value_of(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
  }
  ADD_FAILURE() << "no series " << series << " in\n" << text;
  return -1;
}

TEST(Metrics, AreThoseOfTheTableAndNoOthers) {
  std::set<std::string> expected;
  for (const MetricRow& row : metric_table()) expected.insert(std::string(row.name));

  Metrics metrics("1.2.3");
  metrics.set_stream("bus", 1, 0);

  EXPECT_EQ(families_of(metrics.serialize(), "TYPE"), expected);
  EXPECT_EQ(expected.size(), metric_table().size()) << "a name stands twice in the table";
}

TEST(Metrics, SayWhatEachOfThemMeans) {
  Metrics metrics("1.2.3");
  metrics.set_stream("bus", 1, 0);

  EXPECT_EQ(families_of(metrics.serialize(), "HELP").size(), metric_table().size());
}

TEST(Metrics, StandAtZeroForEveryKnownLabelFromTheStart) {
  Metrics metrics("1.2.3");

  const std::string text = metrics.serialize();

  for (const auto kind : kKindNames) {
    EXPECT_EQ(value_of(text, "firebase_relay_messages_delivered_total{kind=\"" + std::string(kind) + "\"}"), 0);
  }
  for (const auto reason : kDeadLetterReasonNames) {
    EXPECT_EQ(value_of(text, "firebase_relay_dead_letters_total{reason=\"" + std::string(reason) + "\"}"), 0);
  }
  for (const auto result : kPatchResultNames) {
    EXPECT_EQ(value_of(text, "firebase_relay_patches_total{result=\"" + std::string(result) + "\"}"), 0);
  }
  for (const auto reason : kRetryReasonNames) {
    EXPECT_EQ(value_of(text, "firebase_relay_retries_total{reason=\"" + std::string(reason) + "\"}"), 0);
  }
  EXPECT_EQ(value_of(text, R"(firebase_relay_build_info{version="1.2.3"})"), 1);
}

TEST(Metrics, CountUnderTheLabelOfTheEnumerator) {
  Metrics metrics("1.2.3");

  metrics.shed[Kind::kOrder].Increment(2);
  metrics.dead_letters[DeadLetterReason::kTooLargeToSend].Increment();
  metrics.patches[PatchResult::kHeld].Increment();

  const std::string text = metrics.serialize();
  EXPECT_EQ(value_of(text, R"(firebase_relay_messages_shed_total{kind="order"})"), 2);
  EXPECT_EQ(value_of(text, R"(firebase_relay_dead_letters_total{reason="too_large_to_send"})"), 1);
  EXPECT_EQ(value_of(text, R"(firebase_relay_patches_total{result="held"})"), 1);
}

TEST(Metrics, AddCountsOfAllKindsAtOnce) {
  Metrics metrics("1.2.3");
  KindCounts counts{};
  counts[static_cast<std::size_t>(Kind::kPrice)] = 7;
  counts[static_cast<std::size_t>(Kind::kUnrouted)] = 1;

  Metrics::add(metrics.delivered, counts);

  EXPECT_EQ(metrics.delivered[Kind::kPrice].Value(), 7);
  EXPECT_EQ(metrics.delivered[Kind::kUnrouted].Value(), 1);
  EXPECT_EQ(metrics.delivered[Kind::kOrder].Value(), 0);
}

TEST(Metrics, CountARetryUnderItsReasonAlone) {
  Metrics metrics("1.2.3");

  metrics.retries("timeout").Increment();
  metrics.retries("timeout").Increment();

  const std::string text = metrics.serialize();
  EXPECT_EQ(value_of(text, R"(firebase_relay_retries_total{reason="timeout"})"), 2);
  EXPECT_EQ(value_of(text, R"(firebase_relay_retries_total{reason="reset"})"), 0);
}

TEST(Metrics, KnowNoRetryReasonBesideThoseOfTheTable) {
  const Metrics metrics("1.2.3");
  EXPECT_THROW(static_cast<void>(metrics.retries("no such reason")), std::logic_error);
}

TEST(Metrics, HoldForOneReasonAtATime) {
  Metrics metrics("1.2.3");

  metrics.set_held(HoldReason::kUnauthorized);
  metrics.set_held(HoldReason::kLocked);

  const std::string text = metrics.serialize();
  EXPECT_EQ(value_of(text, R"(firebase_relay_delivery_held{reason="locked"})"), 1);
  EXPECT_EQ(value_of(text, R"(firebase_relay_delivery_held{reason="unauthorized"})"), 0);
  EXPECT_THAT(text, Not(HasSubstr(R"(reason="none")")));
}

TEST(Metrics, ReleaseEveryReasonWhenNothingHolds) {
  Metrics metrics("1.2.3");
  metrics.set_held(HoldReason::kForbidden);

  metrics.set_held(HoldReason::kNone);

  EXPECT_EQ(value_of(metrics.serialize(), R"(firebase_relay_delivery_held{reason="forbidden"})"), 0);
}

TEST(Metrics, PutLagBucketsWhereSingleValuesWouldGo) {
  Metrics metrics("1.2.3");
  LagBuckets lags;
  for (const int ms : {1, 3, 60'000, 60'001}) {
    lags.add(std::chrono::milliseconds(ms));
    metrics.event_lag_seconds.Observe(ms / 1000.0);
  }

  Metrics::observe(metrics.relay_lag_seconds, lags);

  const std::string text = metrics.serialize();
  for (const char* le : {"0.001", "0.002", "0.005", "50", "60", "+Inf"}) {
    const std::string bucket = std::string("_lag_seconds_bucket{le=\"") + le + "\"}";
    EXPECT_EQ(value_of(text, "firebase_relay_relay" + bucket), value_of(text, "firebase_relay_event" + bucket)) << le;
  }
  EXPECT_EQ(value_of(text, "firebase_relay_relay_lag_seconds_count"), 4);
  EXPECT_NEAR(value_of(text, "firebase_relay_relay_lag_seconds_sum"), 120.005, 1e-6);
}

TEST(Metrics, HaveSizeBucketsOfPowersOfFour) {
  for (std::size_t i = 1; i < kSizeBoundaries.size(); ++i) EXPECT_EQ(kSizeBoundaries[i], 4 * kSizeBoundaries[i - 1]);
}

TEST(Metrics, AskForTheNumbersOfOthersBeforeEachScrape) {
  Metrics metrics("1.2.3");
  int depth = 0;
  metrics.on_scrape([&](Metrics& mine) { mine.queue_depth.Set(++depth); });

  EXPECT_EQ(value_of(metrics.serialize(), "firebase_relay_queue_depth"), 1);
  EXPECT_EQ(value_of(metrics.serialize(), "firebase_relay_queue_depth"), 2);
}

TEST(Metrics, TellAboutTheProcessWithoutThePrefix) {
  Metrics metrics("1.2.3");

  const std::string text = metrics.serialize();

  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(value_of(text, "process_start_time_seconds"), now, 600);
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GE(value_of(text, "process_cpu_seconds_total"), 0);
}

}  // namespace
}  // namespace firebase_relay::observe
