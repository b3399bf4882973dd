#include "firebase_relay/fragment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace firebase_relay {
namespace {

constexpr KeySeed kSeed{1, 2};
const UtcMillis kTime(std::chrono::milliseconds(1'778'078'351'786));

std::string joined(const std::vector<std::string_view>& parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

TEST(FragmentText, IsTakenApartAsItWasPutTogether) {
  for (const std::string path : {"a", "services/A/price", "a\\\"b"}) {
    for (const std::string value : {"1", "\"x\"", "{\"a\":1,\"b\":[2,\",\"]}"}) {
      std::string text;
      FragmentText::append(path, value, text);
      EXPECT_EQ(text.size(), FragmentText::size_of(path.size(), value.size()));
      EXPECT_EQ(text, '"' + path + "\":" + value + ',');
      const FragmentText view(text, path.size());
      EXPECT_EQ(view.path(), path);
      EXPECT_EQ(view.value(), value);
    }
  }
}

TEST(FragmentText, BelowALocationHasThePathFromThereOn) {
  std::vector<std::string_view> parts;
  EXPECT_EQ(FragmentText::append_below(0, "\"services/A/price\":1,", parts), 21u);
  EXPECT_EQ(joined(parts), "\"services/A/price\":1,");
  parts.clear();
  EXPECT_EQ(FragmentText::append_below(std::string("services/A").size(), "\"services/A/price\":1,", parts), 10u);
  EXPECT_EQ(joined(parts), "\"price\":1,");
}

TEST(HistoryRun, EntriesAreRangesOfItsText) {
  HistoryRun run;
  run.add("history/A/prices/", kTime, kSeed, "{\"a\":1}", {.sequence_offset = 7, .event_ms = 5, .kind = Kind::kPrice});
  const std::uint32_t at = run.add("history/A/prices/", kTime, kSeed, "2", {.sequence_offset = 8, .channel = 3});
  EXPECT_EQ(run.text.substr(at), "2,");
  ASSERT_EQ(run.entries.size(), 2u);
  EXPECT_EQ(run.seeds.size(), 2u);
  const std::string path = "history/A/prices/" + std::string(HistoryKey(kTime, kSeed, 0).text());
  EXPECT_EQ(run.path_of(0), path);
  EXPECT_EQ(run.location_of(0), "history/A/prices");
  EXPECT_EQ(run.value_of(0), "{\"a\":1}");
  EXPECT_EQ(run.value_of(1), "2");
  EXPECT_EQ(run.text_of(0, 2), run.text);
  EXPECT_EQ(run.text_of(1, 2), '"' + path + "\":2,");
  EXPECT_EQ(run.entries[0].sequence_offset, 7u);
  EXPECT_EQ(run.entries[0].event_ms, 5);
  EXPECT_EQ(run.entries[1].channel, 3u);
}

TEST(HistoryRun, KeyIsSettledInItsPlace) {
  HistoryRun run;
  for (int i = 0; i < 3; ++i) run.add("h/", kTime, kSeed, "null", {});
  run.settle_key(1, 4);
  const std::string first = "h/" + std::string(HistoryKey(kTime, kSeed, 0).text());
  EXPECT_EQ(run.path_of(0), first);
  EXPECT_EQ(run.path_of(1), "h/" + std::string(HistoryKey(kTime, kSeed, 4).text()));
  EXPECT_EQ(run.path_of(2), first);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(run.value_of(i), "null");
}

TEST(HistoryRun, EntryOfTheRelayItselfHasItsKeyAlready) {
  HistoryRun run;
  run.add("relay/home/gaps/-------------------K", "{}", {});
  EXPECT_TRUE(run.seeds.empty());
  EXPECT_EQ(run.entries[0].sequence_offset, HistoryEntry::kUncounted);
  EXPECT_EQ(run.location_of(0), "relay/home/gaps");
}

TEST(FragmentBlock, LiveValuesStandInItsTextOrInItsHistory) {
  FragmentBlock block;
  const std::uint32_t at = block.history[2].add("history/A/orders/", kTime, kSeed, "{\"id\":\"1\"}", {});
  block.add_live({.path = "a", .path_hash = hash_of_path("a"), .value = "1", .sequence = 4, .ticket = 2});
  const LiveUpdate& order = block.add_live_in_history(
      {.path = "o/1", .path_hash = hash_of_path("o/1"), .value = "{\"id\":\"1\"}", .sequence = 5, .is_order = true}, 2,
      at);
  block.add_order(order, 1, true);
  ASSERT_EQ(block.live.size(), 2u);
  EXPECT_EQ(block.path_of(block.live[0]), "a");
  EXPECT_EQ(block.value_of(block.live[0]), "1");
  EXPECT_EQ(block.live[0].ticket, 2u);
  EXPECT_EQ(block.path_of(block.live[1]), "o/1");
  EXPECT_EQ(block.value_of(block.live[1]), "{\"id\":\"1\"}");
  EXPECT_EQ(block.live[1].ticket, LiveUpdate::kNoTicket);
  EXPECT_EQ(block.text, "a1o/1") << "what stands in history is not copied";
  EXPECT_EQ(block.bytes(), block.text.size() + 10 + block.history[2].text.size());
  ASSERT_EQ(block.orders.size(), 1u);
  EXPECT_EQ(block.path_of(block.orders[0]), "o/1");
  EXPECT_EQ(block.orders[0].sequence, 5u);
  EXPECT_TRUE(block.orders[0].closed);
}

}  // namespace
}  // namespace firebase_relay
