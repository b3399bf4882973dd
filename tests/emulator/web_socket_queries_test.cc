// Windows of the database's own protocol: queries that are asked and listened to.
#include "emulator/web_socket_fixture.h"

namespace emulator_test {
namespace {

/// Listens to the children of `k` by a query with tag 7.
class WindowTest : public WebSocketTest {
 protected:
  json listen(const json& query) { return client().ask("q", {{"p", "/k"}, {"q", query}, {"t", 7}, {"h", ""}}); }
  /// The children of `k` that `query` takes.
  json taken(const json& query) { return client().ask("g", {{"p", "/k"}, {"q", query}})["d"]; }
};

TEST_F(WindowTest, IsPushedWithItsTagAndThenWhatChangesInIt) {
  EXPECT_EQ(status("PUT", "/k.json", R"({"a":1,"b":2,"c":3})"), 200);
  EXPECT_EQ(listen({{"i", ".key"}, {"l", 2}, {"vf", "r"}}), ok(json::object()));
  EXPECT_EQ(client().pushes(), Pushes{push("d", "k", {{"b", 2}, {"c", 3}}, 7)});
  EXPECT_EQ(status("PUT", "/k/d.json", "4"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("m", "k", {{"b", nullptr}, {"d", 4}}, 7)}) << "null for what left";
  EXPECT_EQ(status("PUT", "/k/a.json", "9"), 200);
  EXPECT_EQ(status("PUT", "/k/c/deep.json", "5"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("m", "k", {{"c", {{"deep", 5}}}}, 7)}) << "nothing of a";
  EXPECT_EQ(status("PUT", "/k/d.json", "null"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("m", "k", {{"b", 2}, {"d", nullptr}}, 7)});
  EXPECT_EQ(status("PUT", "/k.json", "5"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("m", "k", {{"b", nullptr}, {"c", nullptr}}, 7)}) << "a leaf has none";
}

TEST_F(WindowTest, StandsBesideAListenerWithoutAQueryAndEndsAlone) {
  EXPECT_EQ(client().ask("q", {{"p", "/k"}, {"h", ""}})["s"], "ok");
  EXPECT_EQ(listen({{"i", ".key"}, {"l", 1}})["s"], "ok");
  client().pushes();
  EXPECT_EQ(client().ask("p", {{"p", "/k/a"}, {"d", 1}})["s"], "ok");
  EXPECT_EQ(client().pushes(), (Pushes{push("d", "k/a", 1), push("m", "k", {{"a", 1}}, 7)}));
  EXPECT_EQ(client().ask("n", {{"p", "/k"}, {"q", {{"i", ".key"}, {"l", 1}}}, {"t", 7}})["s"], "ok");
  EXPECT_EQ(client().ask("p", {{"p", "/k/a"}, {"d", 2}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{push("d", "k/a", 2)});
}

TEST_F(WindowTest, ThatAClientHasIsNotSentAgain) {
  EXPECT_EQ(status("PUT", "/k.json", R"({"x":1,"10":true,"2":7,"a":"Zürich"})"), 200);
  const json query = {{"i", ".key"}, {"l", 3}};
  const std::string hash = "CI/ukrQhPPNMv0d06UFcG6R9n7c=";  // of 2, 10 and a
  EXPECT_EQ(client().ask("q", {{"p", "/k"}, {"q", query}, {"t", 7}, {"h", hash}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{});
  EXPECT_EQ(status("PUT", "/k/3.json", "3"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("m", "k", {{"3", 3}, {"a", nullptr}}, 7)});
}

TEST_F(WindowTest, BoundsByKeyAreInclusiveUnlessSaidOtherwise) {
  EXPECT_EQ(status("PUT", "/k.json", R"({"a":1,"b":2,"c":3,"d":4})"), 200);
  EXPECT_EQ(taken({{"i", ".key"}, {"sp", "b"}, {"ep", "c"}}), json::parse(R"({"b":2,"c":3})"));
  EXPECT_EQ(taken({{"i", ".key"}, {"sp", "b"}, {"sin", false}}), json::parse(R"({"c":3,"d":4})"));
  EXPECT_EQ(taken({{"i", ".key"}, {"ep", "b"}, {"ein", false}}), json::parse(R"({"a":1})"));
  EXPECT_EQ(taken({{"i", ".key"}, {"sp", "b"}, {"l", 1}, {"vf", "l"}}), json::parse(R"({"b":2})"));
  EXPECT_EQ(client().ask("g", {{"p", "/k"}, {"q", {{"i", ".key"}, {"sp", 5}}}})["s"], "failed");
}

TEST_F(WindowTest, WithoutAnIndexNamedIsByPriorityAndThenByKey) {
  EXPECT_EQ(
      status("PUT", "/k.json",
             R"({"a":{".value":1,".priority":3},"b":2,"c":{".value":3,".priority":3},"d":{".value":4,".priority":5}})"),
      200);
  const auto keys = [&](const json& query) {
    std::string all;
    const json children = taken(query);
    for (const auto& [key, child] : children.items()) all += key;
    return all;
  };
  EXPECT_EQ(keys({{"l", 1}, {"vf", "l"}}), "b") << "none comes first";
  EXPECT_EQ(keys({{"sp", 3}}), "acd");
  EXPECT_EQ(keys({{"sp", 3}, {"sn", "b"}}), "cd");
  EXPECT_EQ(keys({{"sp", 3}, {"sn", "a"}, {"sin", false}}), "cd");
  EXPECT_EQ(keys({{"sp", 3}, {"sn", "[MAX_NAME]"}, {"sin", false}}), "d");
  EXPECT_EQ(keys({{"sp", 3}, {"ep", 3}, {"en", "a"}}), "a");
  EXPECT_EQ(keys({{"ep", 3}, {"en", "[MIN_NAME]"}, {"ein", false}}), "b");
}

TEST_F(WindowTest, ByAChildThatNoRuleIndexesIsWarnedAboutAndAGetIsRefused) {
  EXPECT_EQ(status("PUT", "/k.json", R"({"a":{"n":3},"b":{"n":1},"c":{"n":2}})"), 200);
  EXPECT_EQ(listen({{"i", "n"}, {"l", 1}, {"vf", "l"}}), ok({{"w", {"no_index"}}}));
  EXPECT_EQ(client().pushes(), Pushes{push("d", "k", {{"b", {{"n", 1}}}}, 7)});
  const json answer = client().ask("g", {{"p", "/k"}, {"q", {{"i", "n"}, {"l", 1}}}});
  EXPECT_EQ(answer["s"], "failed");
  EXPECT_EQ(answer["d"], R"(Index not defined, add ".indexOn": "n", for path "/k", to the rules)");
}

}  // namespace
}  // namespace emulator_test
