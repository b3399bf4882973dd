// What the database does with writes. The numbers are those of the examples in the notes on the real one.
#include "emulator/emulator_fixture.h"

namespace emulator_test {
namespace {

TEST_F(EmulatorTest, Example2And3PutEchoesUnlessSilent) {
  Response response = ask("PUT", "/a.json", R"({"x":1})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(compact(response.body), R"({"x":1})");
  response = ask("PUT", "/a.json?print=silent", R"({"x":1})");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
}

TEST_F(EmulatorTest, Example4To7MultiPathPatchReplacesWhatItNames) {
  const Response response = ask("PATCH", "/.json", R"({"a/b/c":1,"a/d":2})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(compact(response.body), R"({"a/b/c":1,"a/d":2})");
  EXPECT_EQ(value("/a.json"), R"({"b":{"c":1},"d":2})");
  EXPECT_EQ(status("PATCH", "/a.json", R"({"b":{"e":5}})"), 200);
  EXPECT_EQ(value("/a/b.json"), R"({"e":5})") << "c is gone";
  EXPECT_EQ(status("PATCH", "/.json", R"({"a/b":null})"), 200);
  EXPECT_EQ(value("/a.json"), R"({"d":2})");
  EXPECT_EQ(status("PATCH", "/.json", R"({"a/d":{}})"), 200);
  EXPECT_EQ(value("/.json"), "null");
}

TEST_F(EmulatorTest, PatchOfNullRemovesWhatStandsThere) {
  EXPECT_EQ(status("PUT", "/.json", R"({"a":{"b":1,"c":2},"d":3})"), 200);
  EXPECT_EQ(status("PATCH", "/a.json", "{}"), 200);
  EXPECT_EQ(value("/.json"), R"({"a":{"b":1,"c":2},"d":3})") << "nothing is named, nothing changes";
  const Response response = ask("PATCH", "/a.json", "null");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "null");
  EXPECT_EQ(value("/.json"), R"({"d":3})");
  EXPECT_EQ(status("PATCH", "/none.json?print=silent", "null"), 204);
  EXPECT_EQ(status("PATCH", "/.json", "null"), 200);
  EXPECT_EQ(value("/.json"), "null");
}

TEST_F(EmulatorTest, Example8And9WrongPatchChangesNothing) {
  expect_refused("PATCH", "/.json", R"({"a":1,"a/b":2})", 400);
  expect_refused("PATCH", "/.json", R"({"ok/x":1,"bad.key":2})", 400);
  EXPECT_EQ(value("/ok.json"), "null");
}

TEST_F(EmulatorTest, Example10To12KeysOfValuesAreChecked) {
  const std::string text = "Key value can't be empty or contain $ # [ ] / or .";
  expect_refused("PATCH", "/.json", R"({"k":{"a/b":1}})", 400,
                 "Invalid data; couldn't parse key beginning at 1:7. " + text);
  expect_refused("PUT", "/k.json", R"({"":1})", 400, text);
  for (const char* body : {R"({"a$":1})", R"({"a#":1})", R"({"a[":1})", R"({"a]":1})", R"({"a.b":1})"}) {
    expect_refused("PUT", "/k.json", body, 400, text);
  }
}

TEST_F(EmulatorTest, Example13ControlCharactersAreRefusedAndOthersAreNot) {
  expect_refused("PUT", "/k.json", "{\"\\u0001\":1}", 400);
  expect_refused("PUT", "/k.json", "{\"\x7f\":1}", 400);
  for (const char* body : {"{\"\xc2\x80\":1}", R"({" ":1})", R"({"%":1})", R"({"\"":1})", R"({"\\":1})"}) {
    EXPECT_EQ(status("PUT", "/k.json", body), 200) << body;
  }
}

TEST_F(EmulatorTest, Example14KeyHas768BytesAtMost) {
  EXPECT_EQ(status("PUT", "/k.json", "{\"" + std::string(768, 'k') + "\":1}"), 200);
  EXPECT_EQ(status("DELETE", "/k.json"), 200);
  expect_refused("PUT", "/k.json", "{\"" + std::string(769, 'k') + "\":1}", 400);
}

TEST_F(EmulatorTest, Example15To17WhatIsNoJsonOrNoObjectIsRefused) {
  for (const char* body : {"{", "nope", "{\"a\":1,}", "[1", "NaN", "{\"a\":NaN}", "01", "1 2", "'a'"}) {
    expect_refused("PUT", "/a.json", body, 400, "Invalid data; couldn't parse");
  }
  expect_refused("PUT", "/a.json", "", 400);
  expect_refused("PATCH", "/x.json", "[1]", 400);
  expect_refused("PATCH", "/x.json", R"("s")", 400);
}

TEST_F(EmulatorTest, Example18To21ArraysAreObjectsWithNumbersForKeys) {
  const std::vector<std::pair<const char*, const char*>> cases = {{"[1,null,3]", "[1,null,3]"},
                                                                  {R"({"0":"a","1":"b"})", R"(["a","b"])"},
                                                                  {R"({"5":"a"})", R"({"5":"a"})"},
                                                                  {R"({"1":"x"})", R"([null,"x"])"},
                                                                  {R"({"0":"a","x":1})", R"({"0":"a","x":1})"}};
  for (const auto& [body, expected] : cases) {
    EXPECT_EQ(status("PUT", "/l.json", body), 200);
    EXPECT_EQ(value("/l.json"), expected) << body;
  }
  EXPECT_EQ(status("PUT", "/l.json", "[1,2]"), 200);
  EXPECT_EQ(value("/l/1.json"), "2");
}

TEST_F(EmulatorTest, Example22EmptyNodesVanish) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"a":[],"b":{},"c":null,"d":0,"e":{"f":{"g":null}}})"), 200);
  EXPECT_EQ(value("/a.json"), R"({"d":0})");
  EXPECT_EQ(status("DELETE", "/a/d.json"), 200);
  EXPECT_EQ(value("/.json"), "null") << "and their parents";
}

TEST_F(EmulatorTest, Example23To25NumbersKeepTheirValueNotTheirSpelling) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"1.50", "1.5"}, {"1.0", "1"}, {"1e3", "1000"}, {"9007199254740993", "9007199254740993"}, {"-0.25", "-0.25"}};
  for (const auto& [body, expected] : cases) {
    EXPECT_EQ(status("PUT", "/n.json", body), 200);
    EXPECT_EQ(ask("GET", "/n.json").body, expected);
  }
  EXPECT_EQ(status("PUT", "/n.json", "18446744073709551616"), 200);
  EXPECT_DOUBLE_EQ(json::parse(ask("GET", "/n.json").body).get<double>(), 18446744073709551616.0);
  expect_refused("PUT", "/n.json", "1e400", 400);
}

TEST_F(EmulatorTest, Example26And27ServerValues) {
  EXPECT_EQ(status("PUT", "/t.json", R"({".sv":"timestamp"})"), 200);
  EXPECT_GT(json::parse(value("/t.json")).get<std::int64_t>(), 1'700'000'000'000);
  expect_refused("PUT", "/t.json", R"({".sv":"nope"})", 400);
  EXPECT_EQ(status("PUT", "/i.json", R"({".sv":{"increment":2}})"), 200);
  EXPECT_EQ(status("PUT", "/i.json", R"({".sv":{"increment":2}})"), 200);
  EXPECT_EQ(value("/i.json"), "4");
}

TEST_F(EmulatorTest, Example28ValueAndPriority) {
  EXPECT_EQ(status("PUT", "/p.json", R"({".value":"T",".priority":1})"), 200);
  EXPECT_EQ(value("/p.json"), "\"T\"");
  EXPECT_EQ(json::parse(ask("GET", "/p.json?format=export").body), json::parse(R"({".value":"T",".priority":1})"));
  expect_refused("PUT", "/p.json", R"({".value":1,"x":2})", 400);
  expect_refused("PUT", "/p.json", R"({".foo":1})", 400);
}

TEST_F(EmulatorTest, Example29PercentIsALiteralInKeysAndDecodedOnceInUrls) {
  EXPECT_EQ(status("PATCH", "/.json", R"({"s/BRK%2EB":1})"), 200);
  EXPECT_EQ(value("/s/BRK%252EB.json"), "1");
  expect_refused("GET", "/s/BRK%2EB.json", "", 400, "Invalid path: Invalid token in path");
}

TEST_F(EmulatorTest, Example30DepthIs32) {
  const auto nested = [](int keys) {
    std::string text = "1";
    for (int i = 0; i < keys; ++i) text = R"({"k":)" + text + "}";
    return text;
  };
  EXPECT_EQ(status("PUT", "/.json", nested(32)), 200);
  expect_refused("PUT", "/.json", nested(33), 400);
  expect_refused("PUT", "/a/b.json", nested(31), 400);
  expect_refused("PUT", "/a.json", std::string(5000, '[') + std::string(5000, ']'), 400);
}

TEST_F(EmulatorTest, Example33DeleteAnswersNull) {
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  const Response response = ask("DELETE", "/a.json");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "null");
  EXPECT_EQ(value("/a.json"), "null");
}

TEST_F(EmulatorTest, Example34PostMakesKeysThatSort) {
  std::string before;
  for (int i = 0; i < 100; ++i) {
    const Response response = ask("POST", "/l.json", std::to_string(i));
    ASSERT_EQ(response.status, 200);
    const std::string name = json::parse(response.body).at("name");
    EXPECT_EQ(name.size(), 20u);
    EXPECT_LT(before, name);
    before = name;
  }
  EXPECT_EQ(json::parse(value("/l.json")).size(), 100u);
}

TEST_F(EmulatorTest, Example35MethodOverride) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"x":1})"), 200);
  EXPECT_EQ(ask("POST", "/a.json", R"({"y":2})", {"X-HTTP-Method-Override: PATCH"}).status, 200);
  EXPECT_EQ(value("/a.json"), R"({"x":1,"y":2})");
}

TEST_F(EmulatorTest, Example44StringOfMoreThan10MebibytesIsRefused) {
  EXPECT_EQ(status("PUT", "/s.json?print=silent", '"' + std::string(10u << 20, 'x') + '"'), 204);
  EXPECT_EQ(status("DELETE", "/s.json"), 200);
  expect_refused("PUT", "/s.json", '"' + std::string((10u << 20) + 1, 'x') + '"', 400);
}

TEST_F(EmulatorTest, ParametersOfWritesAreChecked) {
  expect_refused("PUT", "/a.json?print=nope", "1", 400);
  expect_refused("PUT", "/a.json?writeSizeLimit=huge", "1", 400);
  for (const char* limit : {"tiny", "small", "medium", "large", "unlimited"}) {
    EXPECT_EQ(status("PUT", std::string("/a.json?print=silent&writeSizeLimit=") + limit, "1"), 204);
  }
  EXPECT_EQ(ask("GET", "/a").status, 404) << "without .json it is not the REST API";
}

TEST_F(EmulatorTest, DatabasesOfTwoNamesAreTwo) {
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  EXPECT_EQ(test_support::http("GET", emulator().url() + "/a.json?ns=other").body, "null");
}

TEST_F(EmulatorTest, Example44BodyOverTheLimitIs413AndOneAtItIsTaken) {
  emulator_ = std::make_unique<Emulator>(std::vector<std::string>{"--test-controls", "--body-bytes-max", "100"});
  const std::string at_it = '"' + std::string(98, 'x') + '"';
  const std::string over_it = '"' + std::string(99, 'x') + '"';
  EXPECT_EQ(status("PUT", "/a.json", at_it), 200);
  expect_refused("PUT", "/a.json", over_it, 413, "Request Entity Too Large");
  expect_refused("POST", "/a.json", over_it, 413);
  expect_refused("PATCH", "/.json?writeSizeLimit=unlimited", R"({"a":)" + at_it + "}", 413);
  const std::string rules = R"({"rules":{".read":true}})" + std::string(100, ' ');
  EXPECT_EQ(ask("PUT", "/.settings/rules.json", rules, {"Authorization: Bearer owner"}).status, 413)
      << "rules have no room of their own";
  EXPECT_EQ(ask("PUT", "/.settings/rules.json", rules.substr(0, 100), {"Authorization: Bearer owner"}).status, 200);
}

}  // namespace
}  // namespace emulator_test
