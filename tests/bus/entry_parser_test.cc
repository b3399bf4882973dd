#include "bus/entry_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bus/entries_read.h"
#include "bus/wire.h"

namespace firebase_relay::bus {
namespace {

EntriesRead read(std::string_view bytes, std::size_t piece, const std::vector<std::string>& patterns = {"*"}) {
  return read_entries(
      bytes, [piece] { return piece; }, patterns);
}

std::string array(const std::vector<std::string>& elements) {
  std::string all = "*" + std::to_string(elements.size()) + "\r\n";
  for (const std::string& each : elements) all += each;
  return all;
}

std::string entry(std::string_view id, const std::vector<std::string>& fields) {
  std::vector<std::string> texts;
  for (const std::string& field : fields) texts.push_back(bulk(field));
  return array({bulk(id), array(texts)});
}

TEST(EntryParser, MakesAMessageOfEachEntryHoweverItsBytesCome) {
  const std::string answer = array(
      {array({bulk("orders"),
              array({entry("7-1", {"channel", "A", "data", "1"}), entry("7-2", {"data", "2", "channel", "B"})})}),
       array({bulk("bus"), array({entry("8-0", {"data", "3"}), entry("8-1", {"x", "y", "data", "", "z", "z"})})})});
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{17}, answer.size()}) {
    const EntriesRead all = read(answer, piece);
    EXPECT_EQ(all.state, ReplyState::kWhole);
    EXPECT_EQ(all.messages, (std::vector<std::string>{"1 7-1 A 1", "1 7-2 B 2", "0 8-0 bus 3", "0 8-1 bus "})) << piece;
    EXPECT_FALSE(all.said.is_odd);
    EXPECT_EQ(all.came[0].entries, 2u);
    EXPECT_EQ(all.came[0].last, (StreamId{8, 1}));
    EXPECT_EQ(all.came[0].messages, 4u);
    EXPECT_EQ(all.came[1].entries, 2u);
    EXPECT_EQ(all.came[1].messages, 2u);
  }
}

TEST(EntryParser, EntryWithoutDataSaysWhatItHasInAMessageThatIsNoJson) {
  const EntriesRead all =
      read(array({array({bulk("bus"), array({entry("1-1", {std::string("a\0\xff", 3), "1", "b", "2"}),
                                             entry("1-2", {"channel", "C"})})})}),
           100);
  EXPECT_EQ(all.messages, (std::vector<std::string>{
                              "0 1-1 bus entry 1-1 of the stream bus has no field 'data'; it has 'a\\x00\\xff', 'b'",
                              "0 1-2 C entry 1-2 of the stream bus has no field 'data'"}));
  EXPECT_EQ(all.came[0].entries, 2u);
}

TEST(EntryParser, OfTwoFieldsOfOneNameTheFirstCounts) {
  const EntriesRead all =
      read(array({array({bulk("bus"), array({entry("1-1", {"channel", "A", "channel", "B", "data", "1", "data", "2"}),
                                             entry("1-2", {"data", "1", "data", "2", "channel", ""})})})}),
           100);
  EXPECT_EQ(all.messages, (std::vector<std::string>{"0 1-1 A 1", "0 1-2 bus 1"}));
}

TEST(EntryParser, PassesOverWhatIsNotTakenAndStillSaysHowFarItCame) {
  const EntriesRead all = read(array({array({bulk("bus"), array({entry("1-1", {"channel", "NEWS", "data", "1"}),
                                                                 entry("1-2", {"channel", "LOG", "data", "2"}),
                                                                 entry("1-3", {"data", "3", "channel", "LOG"})})})}),
                               100, {"*", "!LOG"});
  EXPECT_EQ(all.messages, std::vector<std::string>{"0 1-1 NEWS 1"});
  EXPECT_EQ(all.came[0].entries, 3u);
  EXPECT_EQ(all.came[0].last, (StreamId{1, 3}));
  EXPECT_EQ(all.came[0].messages, 1u);
  EXPECT_TRUE(read(array({array({bulk("bus"), array({entry("1-1", {"channel", "B", "data", "1"})})})}), 9, {"A*"})
                  .messages.empty());
}

TEST(EntryParser, TakesNoMoreThanItsAnswerAndKnowsNothingFromAnError) {
  const EntriesRead nothing = read("*-1\r\n+PONG\r\n", 100);
  EXPECT_EQ(nothing.state, ReplyState::kWhole);
  EXPECT_EQ(nothing.left, 7u);
  EXPECT_FALSE(nothing.said.is_odd);
  EXPECT_EQ(read("-WRONGTYPE Operation\r\n", 5).said.error, "WRONGTYPE Operation");
  EXPECT_EQ(read("?\r\n", 5).state, ReplyState::kBroken);
}

TEST(EntryParser, NoticesWhatIsNoAnswerToXread) {
  for (const std::string& odd : {std::string(":1\r\n"), std::string("+OK\r\n"), array({bulk("bus")}),
                                 array({array({bulk("other"), array({entry("1-1", {"data", "1"})})})}),
                                 array({array({bulk("bus"), array({entry("1", {"data", "1"})})})}),
                                 array({array({bulk("bus"), array({array({array({bulk("data")}), bulk("1-1")})})})}),
                                 array({array({bulk("bus"), array({array({bulk("1-1"), bulk("2-2"), array({})})})})}),
                                 array({array({bulk("bus"), array({entry("1-1", {"data"})})})})}) {
    const EntriesRead all = read(odd, 100);
    EXPECT_TRUE(all.said.is_odd) << odd;
    EXPECT_TRUE(all.messages.empty()) << odd;
  }
}

}  // namespace
}  // namespace firebase_relay::bus
