#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "firebase_relay/message.h"

namespace firebase_relay {
namespace {

/// Appends `sizes.size()` messages of these sizes, each of a letter of its own.
std::vector<std::string> append_messages(MessageBlock& block, const std::vector<std::size_t>& sizes) {
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    payloads.emplace_back(sizes[i], static_cast<char>('a' + i));
    block.append("channel", payloads.back());
  }
  return payloads;
}

void expect_messages(const MessageBlock& block, const std::vector<std::string>& payloads) {
  ASSERT_EQ(block.size(), payloads.size());
  for (std::size_t i = 0; i < block.size(); ++i) {
    EXPECT_EQ(block[i].channel, "channel");
    EXPECT_EQ(block[i].payload, payloads[i]);
  }
}

/// A parser reads the bytes behind the last payload: they are there, and defined, whatever stood there before.
void expect_padding(const MessageBlock& block) {
  const std::string_view last = block[block.size() - 1].payload;
  EXPECT_TRUE(std::all_of(last.end(), last.end() + kPayloadPadding, [](char c) { return c == '\0'; }));
}

TEST(MessageBlock, KeepsWhatIsAppendedWhetherItWasExpectedOrNot) {
  for (const std::size_t expected : {0, 1, 20, 100'000, 4'000'000}) {
    MessageBlock block;
    block.expect(expected);
    const std::vector<std::string> payloads = append_messages(block, {0, 1, 190, 5'000, 1, 3'000'000});
    expect_messages(block, payloads);
    expect_padding(block);
  }
}

TEST(MessageBlock, TakesMemoryOnceForAllThatIsExpected) {
  MessageBlock block;
  block.expect(10 * (7 + 100));
  block.append("channel", std::string(100, 'a'));
  const char* first = block[0].payload.data();
  for (int i = 1; i < 10; ++i) block.append("channel", std::string(100, 'b'));
  EXPECT_EQ(block[0].payload.data(), first) << "it has grown all the same";
}

TEST(MessageBlock, UsedAgainItShowsNothingOfWhatItHeld) {
  MessageBlock block;
  block.expect(100'000);
  append_messages(block, {90'000});
  for (const std::size_t kept : {1'000'000, 10}) {
    block.clear(kept);
    EXPECT_TRUE(block.empty());
    EXPECT_EQ(block.bytes(), 0U);
    expect_messages(block, append_messages(block, {3, 4}));
    expect_padding(block);
  }
}

TEST(MessageBlock, KnowsOfEachMessageWhichEntryOfWhichStreamItIs) {
  MessageBlock block;
  block.streams = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"bus", "orders"});
  block.append("A", "1", {1, {7, 0}});
  block.append("B", "2", {0, {7, 1}});

  ASSERT_NE(block.entry_of(1), nullptr);
  EXPECT_EQ(block.entry_of(0)->stream, 1);
  EXPECT_EQ(block.entry_of(0)->id, (StreamId{7, 0}));
  EXPECT_EQ((*block.streams)[block.entry_of(1)->stream], "bus");
  EXPECT_EQ(block.entry_of(1)->id, (StreamId{7, 1}));
  EXPECT_EQ(block[1].payload, "2");
}

TEST(MessageBlock, HasNoEntriesWhereNoMessageCameFromAStream) {
  MessageBlock block;
  append_messages(block, {1, 2});
  EXPECT_EQ(block.entry_of(0), nullptr);
  EXPECT_EQ(block.streams, nullptr);

  block.clear(0);
  block.streams = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"bus"});
  block.append("A", "1", {0, {7, 0}});
  block.clear(0);
  block.append("A", "1");
  EXPECT_EQ(block.entry_of(0), nullptr) << "of what it held before";
  EXPECT_EQ(block.streams, nullptr);
}

}  // namespace
}  // namespace firebase_relay
