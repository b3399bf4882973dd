#include "classify/published_routes.h"

#include <gtest/gtest.h>

#include <string>

#include "classify/written_paths.h"

namespace firebase_relay::classify {
namespace {

/// A table with one line, which takes everything.
RouteTable table_of(const std::string& live, const std::string& history) {
  const std::string json = R"({"routes":[{"live":{")" + live + R"(":"x"},"history":")" + history + R"("}]})";
  return parse_routes(json, "routes.json").value();
}

std::string clash(const RouteTable& older, const RouteTable& newer) {
  return clash_between(written_paths(older), written_paths(newer)).value_or("");
}

TEST(Tables, OfWhichOnePathCouldBeAboveOneOfTheOtherMayNotFollowEachOther) {
  const RouteTable old = table_of("a/{CHANNEL}/x", "h/a");
  struct Case {
    const char* live;
    const char* history;
    bool is_refused;
  };
  const Case cases[] = {
      {"a/{CHANNEL}/x", "h/a", false},           // the same
      {"b/{CHANNEL}/x", "g/a", false},           // apart
      {"a/{CHANNEL}/y", "h/b", false},           // beside
      {"a/{CHANNEL}/x/y", "g/a", true},          // below
      {"a/{CHANNEL}", "g/a", true},              // above
      {"a/fixed/x/y", "g/a", true},              // what is filled in may be this very key
      {"a/{CHANNEL}/{CHANNEL}/y", "g/a", true},  // and what is filled in here may be that one
      {"b/x", "h", true},                        // an entry of this one could be above those of the older one
      {"h/a", "g/a", true},                      // the entries of the older table stand below
      {"h/a/b/c", "g/a", true},                  // below an entry
      {"h/a/b", "g/a", false},                   // where an entry could stand: the same depth
  };
  for (const Case& one : cases) {
    const std::string found = clash(old, table_of(one.live, one.history));
    EXPECT_EQ(found != "", one.is_refused) << one.live << " " << one.history << ": " << found;
  }
}

TEST(Tables, ThatClashAreNamedWithBothPlaces) {
  const std::string found = clash(table_of("a/{CHANNEL}", "h/a"), table_of("a/{CHANNEL}/x", "g/a"));
  EXPECT_EQ(
      found,
      "at /routes/0/live: expected no path above or below one of a table that this run has used, whose values may "
      "still wait, but 'a/{CHANNEL}/x' could be below 'a/{CHANNEL}' (/routes/0/live there)");
}

TEST(PublishedRoutes, RefuseWhatClashesWithAnyTableSinceTheStart) {
  PublishedRoutes routes(table_of("a/{CHANNEL}/x", "h/a"));
  EXPECT_EQ(routes.replace(table_of("b/{CHANNEL}/x", "h/b")), std::nullopt);
  const auto newest = routes.newest();
  const std::uint64_t version = routes.version();

  EXPECT_NE(routes.replace(table_of("a/{CHANNEL}", "h/b")), std::nullopt)
      << "what the first table wrote may still wait";

  EXPECT_EQ(routes.newest(), newest);
  EXPECT_EQ(routes.version(), version);
  EXPECT_EQ(routes.replace(table_of("a/{CHANNEL}/x", "h/a")), std::nullopt) << "back to the first one";
}

TEST(CurrentWriter, GoesByTheNewestTableFromTheNextBlockOn) {
  PublishedRoutes routes(table_of("a/{CHANNEL}/x", "h/a"));
  CurrentWriter writer(routes, {});
  const auto path_written = [&] {
    MessageBlock block;
    block.number = block.first_sequence = 1;
    block.append("t", R"({"x":1})");
    const auto fragments = writer.get().write(block);
    return fragments->live.empty() ? "" : std::string(fragments->path_of(fragments->live.front()));
  };
  EXPECT_EQ(path_written(), "a/t/x");

  ASSERT_EQ(routes.replace(table_of("b/{CHANNEL}/x", "h/b")), std::nullopt);

  EXPECT_EQ(path_written(), "b/t/x");
}

}  // namespace
}  // namespace firebase_relay::classify
