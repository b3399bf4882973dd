// The page at `/`, as far as no browser is needed; tests/page has the rest.
#include "emulator/emulator_fixture.h"

namespace emulator_test {
namespace {

class PageTest : public EmulatorTest {
 protected:
  Response file(const std::string& path) { return test_support::http("GET", emulator().url() + path); }
};

TEST_F(PageTest, ServesEachFileWithItsTypeAndAPolicyThatLoadsNothingFromElsewhere) {
  struct Case {
    const char* path;
    const char* type;
    const char* text;
  };
  for (const Case& each :
       {Case{"/", "text/html; charset=utf-8", "<title>"}, Case{"/?ns=other", "text/html; charset=utf-8", "page.js"},
        Case{"/page.css", "text/css; charset=utf-8", "prefers-color-scheme: dark"},
        Case{"/page.js", "text/javascript; charset=utf-8", "textContent"},
        Case{"/stream.js", "text/javascript; charset=utf-8", "EventSource"}}) {
    const Response response = file(each.path);
    EXPECT_EQ(response.status, 200) << each.path;
    EXPECT_EQ(response.headers.at("content-type"), each.type) << each.path;
    EXPECT_NE(response.body.find(each.text), std::string::npos) << each.path;
    EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff") << each.path;
    const std::string policy = response.headers.at("content-security-policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
    EXPECT_EQ(policy.find('*'), std::string::npos) << policy;
  }
}

TEST_F(PageTest, NamesNoOtherHostAndWritesNoMarkup) {
  for (const char* path : {"/", "/page.css", "/page.js", "/stream.js"}) {
    const std::string text = file(path).body;
    EXPECT_EQ(text.find("//fonts"), std::string::npos) << path;
    EXPECT_EQ(text.find("http"), std::string::npos) << path;
    EXPECT_EQ(text.find("innerHTML"), std::string::npos) << path;
  }
}

TEST_F(PageTest, StandsInTheWayOfNoDatabasePath) {
  EXPECT_EQ(status("PUT", "/page.json", "1"), 200);
  EXPECT_EQ(value("/page.json"), "1");
  EXPECT_EQ(status("PUT", "/.json", R"({"a":1})"), 200);
  EXPECT_EQ(value("/.json"), R"({"a":1})");
}

}  // namespace
}  // namespace emulator_test
