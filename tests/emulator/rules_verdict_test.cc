// What rules let whom read and write: each case as the database decides it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/rules_verdict.h"
#include "support/paths.h"

namespace emulator_test {
namespace {

using nlohmann::json;
using rtdb_emulator::Node;
using rtdb_emulator::split_path;

class RulesVerdict : public testing::Test {
 protected:
  void use(const std::string& text) {
    auto rules = rtdb_emulator::parse_rules(text);
    const auto* fault = std::get_if<rtdb_emulator::RulesFault>(&rules);
    ASSERT_FALSE(fault) << text << fault->message();
    rules_ = std::move(std::get<rtdb_emulator::Rules>(rules));
  }
  /// One rule for everything, read and written.
  void use_rule(const std::string& rule) { use(json{{"rules", {{".write", rule}}}}.dump()); }
  static Node node(const std::string& text) { return std::move(std::get<Node>(rtdb_emulator::read_value(text, 0))); }
  void given(const std::string& tree) { root_ = node(tree); }
  bool reads(const std::string& path) const {
    return rtdb_emulator::rules_allow_read(rules_.top, auth_, root_, split_path(path));
  }
  bool writes(const std::vector<std::pair<std::string, std::string>>& updates) const {
    std::vector<Node> values;
    rtdb_emulator::Writes all;
    values.reserve(updates.size());
    for (const auto& [path, value] : updates) all.emplace_back(split_path(path), &values.emplace_back(node(value)));
    return rtdb_emulator::rules_allow_write(rules_.top, auth_, root_, all);
  }
  bool writes(const std::string& path, const std::string& value = "1") const { return writes({{path, value}}); }
  void sign_in(const std::string& uid, const json& claims = json::object()) {
    auth_ = {{"uid", uid}, {"token", claims}};
  }

  rtdb_emulator::Rules rules_;
  Node root_;
  json auth_;
};

TEST_F(RulesVerdict, TheShippedRulesLetReadersReadAndNobodyWrite) {
  use(test_support::bytes_of(std::string(test_support::source_dir()) + "/firebase/database.rules.json"));
  given(R"({"readers":{"alice":true,"bob":"true"},"services":{"A":{"price":1}}})");
  const std::vector<std::string> open = {"services", "services/A/price", "channels/x", "relay/heartbeat",
                                         "history/A/prices"};
  for (const std::string& path : open) EXPECT_FALSE(reads(path)) << path << " without a credential";
  for (const char* uid : {"bob", "carol", "", "alice/x"}) {
    sign_in(uid);
    for (const std::string& path : open) EXPECT_FALSE(reads(path)) << path << " for " << uid;
  }
  sign_in("alice");
  for (const std::string& path : open) EXPECT_TRUE(reads(path)) << path;
  for (const char* path : {"", "readers", "readers/alice", "logs", "service"}) EXPECT_FALSE(reads(path)) << path;
  for (const char* path : {"", "services/A/price", "readers/alice"}) EXPECT_FALSE(writes(path)) << path;
  EXPECT_TRUE(rtdb_emulator::rules_have_index(rules_.top, split_path("history/A/prices"), "timestamp"));
  EXPECT_FALSE(rtdb_emulator::rules_have_index(rules_.top, split_path("history/A/prices"), "price"));
  EXPECT_FALSE(
      rtdb_emulator::rules_have_index(rules_.top, split_path("history/A/prices/2026-11-28/-key"), "timestamp"));
  EXPECT_FALSE(rtdb_emulator::rules_have_index(rules_.top, split_path("services"), "timestamp"));
}

TEST_F(RulesVerdict, WhatIsGrantedAboveIsGrantedBelowAndNothingBelowGrantsAbove) {
  use(R"=({"rules":{"a":{".read":true,"b":{".read":false}},"c":{"d":{".read":true}}}})=");
  EXPECT_TRUE(reads("a/b/x"));
  EXPECT_TRUE(reads("c/d/x"));
  EXPECT_FALSE(reads("c"));
  EXPECT_FALSE(reads(""));
}

TEST_F(RulesVerdict, AVariableIsTheKeyOfWhateverIsNotNamedBesideIt) {
  use(R"=({"rules":{"u":{"$uid":{".write":"$uid === auth.uid","$what":{".write":"$what === 'open' && $uid !== 'x'"}},
           "named":{}}}})=");
  sign_in("named");
  EXPECT_FALSE(writes("u/named")) << "a key that is named is not $uid";
  EXPECT_TRUE(writes("u/alice/open"));
  EXPECT_FALSE(writes("u/x/open"));
  sign_in("alice");
  EXPECT_TRUE(writes("u/alice"));
  EXPECT_TRUE(writes("u/alice/deep/down"));
  EXPECT_FALSE(writes("u"));
  EXPECT_TRUE(writes("u/alice/.priority")) << "as its node";
}

TEST_F(RulesVerdict, ExpressionsComeToWhatTheyComeTo) {
  given(R"({"n":1.5,"t":"x","y":true,"f":false,"o":{"k":1},"readers":{"alice":true}})");
  sign_in("alice", {{"admin", true}, {"firebase", {{"sign_in_provider", "password"}}}});
  const std::vector<std::string> granted = {"true",
                                            "!false",
                                            "false || true",
                                            "true && true && true",
                                            "auth != null",
                                            "auth.uid == 'alice'",
                                            "auth.token.admin",
                                            "auth.token.admin === true",
                                            "auth.token.firebase.sign_in_provider === 'password'",
                                            "auth.token.nothing == null",
                                            "root.child('n').val() === 1.5",
                                            "root.child('t').val() == 'x'",
                                            "root.child('y').val()",
                                            "!root.child('f').val()",
                                            "root.child('none').val() === null",
                                            "root.child('o').val() != null",
                                            "root.child('o').exists()",
                                            "root.child('o/k').exists()",
                                            "root.child('o').child('k').parent().child('k').val() === 1",
                                            "root.child('n').val() !== '1.5'",
                                            "root.child(root.child('t').val()).val() === null",
                                            "root.child('readers').child(auth.uid).val()",
                                            "true || root.child(auth.token.nothing).exists()",
                                            "data.child('y').val()",
                                            "newData.child('y').val()"};
  for (const std::string& rule : granted) {
    use_rule(rule);
    EXPECT_TRUE(writes("z")) << rule;
  }
  const std::vector<std::string> denied = {"false",
                                           "root.child('n').val()",
                                           "root.child('o').val()",
                                           "root.child('none').val()",
                                           "auth.token.nothing",
                                           "root.child('f').val()",
                                           "root.child(auth.token.nothing).val() === null",
                                           "!root.child('none').val()",
                                           "root.parent().val() === null",
                                           "root.child('o').val() === root.child('o').val()",
                                           "root.child('o').val() !== root.child('o').val()",
                                           "root.child('n').val() && true"};
  for (const std::string& rule : denied) {
    use_rule(rule);
    EXPECT_FALSE(writes("z")) << rule;
  }
  auth_ = nullptr;
  use_rule("auth.uid === null && auth === null");
  EXPECT_TRUE(writes("z"));
}

TEST_F(RulesVerdict, NewDataIsWhatStandsThereAfterAllOfTheWrites) {
  given(R"({"a":{"old":1},"leaf":5})");
  use(R"=({"rules":{"a":{".write":"data.child('old').exists() && newData.child('new').val() === 2"},
                   "b":{".write":"newData.parent().child('a/new').val() === 2"},
                   "gone":{".write":"!newData.exists()"
}
, "leaf" : {
  "x" : { ".write" : "newData.parent().val() === 5" }
}
}
})=");
  EXPECT_TRUE(writes("a", R"({"new":2})"));
  EXPECT_FALSE(writes("a", R"({"new":3})"));
  EXPECT_TRUE(writes("a/new", "2"));
  EXPECT_TRUE(writes("a/new/.priority", "1") == false) << "no value yet";
  EXPECT_FALSE(writes("b", "1"));
  EXPECT_TRUE(writes({{"b", "1"}, {"a/new", "2"}}));
  EXPECT_FALSE(writes({{"b", "1"}, {"a/new", "2"}, {"c", "1"}})) << "all or nothing";
  EXPECT_TRUE(writes("gone", "null"));
  EXPECT_FALSE(writes("gone", "1"));
  EXPECT_TRUE(writes("leaf/x", "null")) << "deleting below a leaf leaves it";
  EXPECT_FALSE(writes("leaf/x", "1"));
}

TEST_F(RulesVerdict, WhatLosesItsLastChildIsGone) {
  given(R"({"a":{"b":{"c":1},"d":{"e":1}}})");
  use(R"=({"rules":{".write":"!newData.child('a').exists()"
}
})=");
  EXPECT_FALSE(writes("a/b/c", "null"));
  EXPECT_FALSE(writes({{"a/b", "null"}, {"a/d/x", "null"}}));
  EXPECT_TRUE(writes({{"a/b", "null"}, {"a/d/e", "null"}}));
  EXPECT_FALSE(writes({{"a/b", "null"}, {"a/d/e", "null"}, {"a/f", "1"}}));
}

TEST_F(RulesVerdict, DataIsWhatStandsAtTheRuleAndNotAtTheTarget) {
  given(R"({"rooms":{"r":{"owner":"alice","text":{"t":1}}}})");
  use(R"=({"rules":{"rooms":{"$room":{".read":"data.child('owner').val() === auth.uid"}}}})=");
  sign_in("alice");
  EXPECT_TRUE(reads("rooms/r/text/t"));
  sign_in("bob");
  EXPECT_FALSE(reads("rooms/r/text/t"));
}

}  // namespace
}  // namespace emulator_test
