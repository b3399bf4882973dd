#include "coalesce/acknowledged_history.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace firebase_relay::coalesce {
namespace {

constexpr std::string_view kKey = "-OPq8XPw---aBcDeFgHi";  // 20 characters

HistoryRun history_at(const std::vector<std::string>& places, const std::string& value = "1.5") {
  HistoryRun run;
  for (const std::string& place : places) run.add(place + "/" + std::string(kKey), value, {});
  return run;
}

std::vector<PlaceBytes> sorted(std::vector<PlaceBytes> places) {
  std::ranges::sort(places, {}, &PlaceBytes::place);
  return places;
}

TEST(AcknowledgedHistory, CountsKeyAndValueAsTheyAreSentByPlace) {
  AcknowledgedHistory history;
  const HistoryRun run = history_at({"history/A/prices/2026-11-28", "history/B/prices/2026-11-28",
                                     "history/A/prices/2026-11-28", "history/A/orders"});
  history.add(run, 0, 4);

  constexpr std::uint64_t kEntry = 20 + 3 + 4;  // "KEY":1.5,
  EXPECT_EQ(history.bytes(), 4 * kEntry);
  EXPECT_EQ(history.places(), 3u);
  EXPECT_EQ(sorted(history.take()), (std::vector<PlaceBytes>{{"history/A/orders", kEntry},
                                                             {"history/A/prices/2026-11-28", 2 * kEntry},
                                                             {"history/B/prices/2026-11-28", kEntry}}));
}

TEST(AcknowledgedHistory, TakesOfARunWhatIsAcknowledged) {
  AcknowledgedHistory history;
  history.add(history_at({"a", "b", "c"}), 1, 2);
  EXPECT_EQ(history.take(), (std::vector<PlaceBytes>{{"b", 27}}));
}

TEST(AcknowledgedHistory, BeginsAnewWhenItWasTaken) {
  AcknowledgedHistory history;
  history.add(history_at({"a", "b"}), 0, 2);
  history.take();
  EXPECT_EQ(history.bytes(), 0u);
  EXPECT_EQ(history.places(), 0u);
  history.add(history_at({"b"}), 0, 1);
  EXPECT_EQ(history.take(), (std::vector<PlaceBytes>{{"b", 27}}));
  EXPECT_TRUE(history.take().empty());
}

TEST(AcknowledgedHistory, CountsTheEscapesOfAValueAndItsLength) {
  AcknowledgedHistory history;
  const std::string value = R"({"name":"a\"b","price":150.25})";
  history.add(history_at({"a"}, value), 0, 1);
  EXPECT_EQ(history.bytes(), 24 + value.size());
}

}  // namespace
}  // namespace firebase_relay::coalesce
