#include "flush/json_members.h"

#include <gtest/gtest.h>

#include <string>

namespace firebase_relay::flush {
namespace {

/// `key=value;` of each; "none" for what has none.
std::string members_in(std::string_view text) {
  const auto members = members_of_object(text);
  if (!members) return "none";
  std::string all;
  for (const JsonMember& member : *members) all.append(member.key).append("=").append(member.value).append(";");
  return all;
}

TEST(JsonMembers, AreThoseOfTheOutermostObjectAsTheyStand) {
  EXPECT_EQ(members_in(R"({"-K":{"a":1.50,"b":[{"c":"}"}]},"x\"y" : "t,\"" ,"n": -1e3 , "l":[1, 2]})"),
            R"(-K={"a":1.50,"b":[{"c":"}"}]};x\"y="t,\"";n=-1e3;l=[1, 2];)");
  EXPECT_EQ(members_in("\n{\n  \"a\" : true\n}\n"), "a=true;");
}

TEST(JsonMembers, AreNoneOfNull) {
  EXPECT_EQ(members_in("null"), "");
  EXPECT_EQ(members_in(" {} "), "");
}

TEST(JsonMembers, AreNotToldOfAnythingElse) {
  for (const char* text : {"", "1", "\"text\"", "[]", R"([{"a":1}])", "true", "{", R"({"a":1)", "<html>",
                           R"({"a":1} x)", R"({"a":NaN})", "\xEF\xBB\xBF{}"})
    EXPECT_EQ(members_in(text), "none") << text;
}

}  // namespace
}  // namespace firebase_relay::flush
