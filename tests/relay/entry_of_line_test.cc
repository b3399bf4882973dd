// Which entries of an archive are history, and which lines of it are written back.
#include "relay/entry_of_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/archive_line.h"

namespace firebase_relay::relay {
namespace {

using test_support::line_at;
using ::testing::HasSubstr;

const classify::RouteTable& routes() {
  static const classify::RouteTable table =
      classify::parse_routes(classify::builtin_routes_json(), "routes.json").value();
  return table;
}

TEST(EntryFilter, TakesATickerAsItIsPublished) {
  EntryFilter filter(routes(), "BRK.B", std::nullopt);
  EXPECT_TRUE(filter.wants(line_at("history/BRK%2EB/prices")));
  EXPECT_TRUE(filter.wants(line_at("history/BRK%2EB/orders")));
  EXPECT_FALSE(filter.wants(line_at("history/BRK%2EA/prices")));
  EXPECT_FALSE(filter.wants(line_at("history/AAPL/BRK%2EB")));
  EXPECT_FALSE(filter.wants(line_at("history/_channels/BRK%2EB"))) << "a channel is no ticker";
}

TEST(EntryFilter, TakesAKindByThePlacesOfItsRoutes) {
  EntryFilter filter(routes(), "", Kind::kPrice);
  EXPECT_TRUE(filter.wants(line_at("history/AAPL/prices")));
  EXPECT_FALSE(filter.wants(line_at("history/AAPL/orders")));
  EXPECT_FALSE(filter.wants(line_at("relay/host/gaps")));
  EXPECT_TRUE(EntryFilter(routes(), "", Kind::kUnrouted).wants(line_at("history/_channels/NEWS")));
}

TEST(EntryFilter, ADayInAPlaceMayBeThereOrNot) {
  EntryFilter flat(routes(), "2026-11-28", Kind::kPrice);
  EXPECT_TRUE(flat.wants(line_at("history/2026-11-28/prices"))) << "a ticker may be called so";
  EXPECT_TRUE(flat.wants(line_at("history/2026-11-28/prices/2026-11-27")));
  EXPECT_FALSE(flat.wants(line_at("history/AAPL/prices/2026-11-28")));
}

TEST(EntryFilter, OfAnyTickerAndKindTakesWhatIsHistory) {
  EntryFilter filter(routes(), "", std::nullopt);
  EXPECT_TRUE(filter.wants(line_at("history/AAPL/prices")));
  EXPECT_TRUE(filter.wants(line_at("history/_channels/NEWS")));
  for (const char* place :
       {"readers", "services/AAPL", "history", "history/AAPL/prices/2026-05-06/x", "other/AAPL/prices"})
    EXPECT_FALSE(filter.wants(line_at(place))) << place;
}

/// What is said of one line, and how many entries came of it.
std::string added(const archive::Line& line) {
  EntryReader reader(routes());
  FragmentBlock block;
  const std::string flaw(reader.add(line.text, block));
  EXPECT_EQ(block.messages, flaw.empty() ? 1u : 0u);
  return flaw;
}

TEST(EntryReader, TakesWhatTheRelayWrites) {
  EXPECT_EQ(added(line_at("history/BRK%2EB/prices", R"({"price":"1.50","a%2Eb":{"%":[1,{"c d":null}]}})")), "");
  EXPECT_EQ(added(line_at("history/AAPL/prices/2026-05-06", "2")), "");
  EXPECT_EQ(added(line_at("history/_channels/NEWS", R"("[.sv] is a text here")")), "");
  EXPECT_EQ(added(line_at("relay/home%2Epc/gaps", R"({"cause":"x"})")), "");
}

TEST(EntryReader, WritesNothingBesidesHistory) {
  for (const char* place : {"readers", "relay/gaps", "relay//gaps", "relay/a/b/gaps", "relay/home", "services/AAPL",
                            "history", "history/AAPL", "history//prices", "history/AAPL/prices/extra/more"})
    EXPECT_THAT(added(line_at(place, "true")), HasSubstr("no route keeps history at this place")) << place;
}

TEST(EntryReader, TakesNoKeyThatIsAnOrderToTheDatabase) {
  for (const char* value :
       {R"({".sv":"timestamp"})", R"({"a":{".sv":"timestamp"}})", R"({"a":[1,{"\u002esv":{"increment":1}}]})",
        R"({".priority":1,"a":2})", R"({"a.b":1})", R"({"a/b":1})", R"({"$a":1})", R"({"a#":1})", R"({"[":1})",
        R"({"]":1})", R"({"":1})", R"({"\n":1})"})
    EXPECT_THAT(added(line_at("history/AAPL/prices", value)), HasSubstr("a key of the entry")) << value;
  for (const char* place : {"history/BRK.B/prices", "history/\\u002eB/prices", "history/$x/prices"})
    EXPECT_THAT(added(line_at(place, "1")), HasSubstr("a key of the entry")) << place;
}

TEST(EntryReader, RemovesNothing) {
  for (const char* value : {"null", "{}", "[]", R"({"a":null})", R"({"a":{"b":[null,{}]}})"})
    EXPECT_THAT(added(line_at("history/AAPL/prices", value)), HasSubstr("would remove what stands at its key"))
        << value;
  for (const char* value : {"false", "0", R"("")", R"({"a":null,"b":[{"c":0}]})"})
    EXPECT_EQ(added(line_at("history/AAPL/prices", value)), "") << value;
}

TEST(EntryReader, SaysOfAllElseWhatItExpects) {
  EntryReader reader(routes());
  FragmentBlock block;
  for (const char* text : {"", "no line", R"({"services/A/price":2})"})
    EXPECT_THAT(std::string(reader.add(text, block)), HasSubstr("expected channel<TAB>payload")) << text;
  EXPECT_THAT(added(line_at("history/A/prices", "NaN")), HasSubstr("expected channel<TAB>payload"));
  EXPECT_THAT(added(line_at("history/A/prices", R"(1,"services/A/price":2)")), HasSubstr("expected channel"));
  EXPECT_EQ(reader.add(R"({"sealed":3})", block), "") << "the count of a sealed file";
  EXPECT_EQ(block.messages, 0u);
}

}  // namespace
}  // namespace firebase_relay::relay
