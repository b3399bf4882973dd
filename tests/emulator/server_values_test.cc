// `.sv`, and `.priority`, which may be one.
#include <limits>

#include "emulator/emulator_fixture.h"

namespace emulator_test {
namespace {

class ServerValuesTest : public EmulatorTest {
 protected:
  /// What stands there when `by` is added to `before`.
  std::string sum(const std::string& before, const std::string& by) {
    EXPECT_EQ(status("PUT", "/i.json", before), 200);
    EXPECT_EQ(status("PUT", "/i.json", R"({".sv":{"increment":)" + by + "}}"), 200);
    return ask("GET", "/i.json").body;
  }
  json exported(const std::string& path) { return json::parse(ask("GET", path + "?format=export").body); }
};

TEST_F(ServerValuesTest, IncrementOfIntegersKeepsEveryDigit) {
  EXPECT_EQ(sum("null", "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(sum("null", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(sum("1", "9007199254740993"), "9007199254740994");
  EXPECT_EQ(sum("9007199254740993", "-1"), "9007199254740992");
  EXPECT_EQ(sum("\"no number\"", "3"), "3");
}

TEST_F(ServerValuesTest, IncrementBeyondTheIntegersOrOfAFractionIsADouble) {
  EXPECT_DOUBLE_EQ(std::stod(sum("9223372036854775807", "1")), 9223372036854775808.0);
  EXPECT_DOUBLE_EQ(std::stod(sum("-9223372036854775808", "-1000000")), -9223372036855775808.0);
  EXPECT_EQ(sum("1", "0.5"), "1.5");
  EXPECT_EQ(sum("1.5", "1"), "2.5");
  EXPECT_DOUBLE_EQ(std::stod(sum("1e308", "1e308")), std::numeric_limits<double>::max()) << "JSON has no infinity";
}

TEST_F(ServerValuesTest, OthersAreRefused) {
  const std::string text = "unrecognized server value";
  for (const char* body :
       {R"({".sv":null})", R"({".sv":{}})", R"({".sv":[]})", R"({".sv":{},"a":1})", R"({".sv":null,"a":1})",
        R"({"deep":{".sv":null}})", R"({".sv":"timestamp","a":1})", R"({".sv":{"increment":"1"}})",
        R"({".sv":{"increment":null}})", R"({".sv":{"increment":1,"x":2}})", R"({".sv":5})"}) {
    expect_refused("PUT", "/a.json", body, 400, text);
    expect_refused("PATCH", "/.json", R"({"a":)" + std::string(body) + "}", 400, text);
  }
}

TEST_F(ServerValuesTest, PriorityMayBeOne) {
  constexpr std::int64_t kLongAgo = 1'700'000'000'000;
  EXPECT_EQ(status("PUT", "/p.json", R"({".value":"T",".priority":{".sv":"timestamp"}})"), 200);
  EXPECT_EQ(exported("/p.json").at(".value"), "T");
  EXPECT_GT(exported("/p.json").at(".priority"), kLongAgo);
  EXPECT_EQ(status("PUT", "/p.json", R"({"deep":{"x":1,".priority":{".sv":"timestamp"}}})"), 200);
  EXPECT_GT(exported("/p/deep.json").at(".priority"), kLongAgo);
  EXPECT_EQ(status("PUT", "/p.json", R"({".value":{".sv":"timestamp"},".priority":{".sv":"timestamp"}})"), 200);
  EXPECT_GT(exported("/p.json").at(".value"), kLongAgo);
  EXPECT_GT(exported("/p.json").at(".priority"), kLongAgo);
  EXPECT_EQ(status("PUT", "/p/.priority.json", "3"), 200);
  EXPECT_EQ(exported("/p.json").at(".priority"), 3);
  EXPECT_EQ(status("PUT", "/p/.priority.json", R"({".sv":{"increment":2}})"), 200);
  EXPECT_EQ(exported("/p.json").at(".priority"), 5);
}

TEST_F(ServerValuesTest, PriorityIsAStringANumberOrNull) {
  EXPECT_EQ(status("PUT", "/p.json", "1"), 200);
  for (const char* priority : {R"({"a":1})", "[1]", "true"}) {
    const std::string member = R"(".priority":)" + std::string(priority);
    expect_refused("PUT", "/p.json", R"({".value":1,)" + member + "}", 400, ".priority");
    expect_refused("PUT", "/p.json", R"({"x":1,)" + member + "}", 400, ".priority");
    expect_refused("PUT", "/p/.priority.json", priority, 400, ".priority");
    expect_refused("PATCH", "/p.json", "{" + member + "}", 400, ".priority");
    expect_refused("PATCH", "/.json", R"({"p/.priority":)" + std::string(priority) + "}", 400, ".priority");
  }
  expect_refused("PATCH", "/p/.priority.json", R"({"x":1})", 400);
  expect_refused("POST", "/p/.priority.json", "1", 400);
  expect_refused("PUT", "/p/.priority/x.json", "1", 400);
  expect_refused("PATCH", "/.json", R"({"p/.priority/x":1})", 400);
  EXPECT_EQ(exported("/p.json"), 1);
  for (const char* priority : {R"("text")", "1.5", "null"}) {
    EXPECT_EQ(status("PATCH", "/p.json", R"({".priority":)" + std::string(priority) + "}"), 200) << priority;
  }
  EXPECT_EQ(exported("/p.json"), 1);
}

}  // namespace
}  // namespace emulator_test
