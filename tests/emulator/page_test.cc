// The page at `/`, as far as no browser is needed; tests/page has the rest.
#include <filesystem>

#include "emulator/emulator_fixture.h"
#include "support/paths.h"

namespace emulator_test {
namespace {

namespace fs = std::filesystem;

class PageTest : public EmulatorTest {
 protected:
  Response file(const std::string& path) { return test_support::http("GET", emulator().url() + path); }

  /// What `firebase deploy` sends to Hosting, but for the SDK.
  static std::vector<fs::path> files_of_hosting() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(test_support::source_dir()) / "firebase/hosting"))
      if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
  }
};

TEST_F(PageTest, ServesTheFilesOfHostingByteByByteWithAPolicyThatLoadsNothingFromElsewhere) {
  const std::map<std::string, std::string> types = {{".html", "text/html; charset=utf-8"},
                                                    {".css", "text/css; charset=utf-8"},
                                                    {".js", "text/javascript; charset=utf-8"},
                                                    {".webmanifest", "application/manifest+json"},
                                                    {".svg", "image/svg+xml"},
                                                    {".png", "image/png"}};
  EXPECT_GT(files_of_hosting().size(), 10u);
  for (const fs::path& path : files_of_hosting()) {
    const bool is_index = path.filename() == "index.html";
    const Response response = file(is_index ? "/?ns=other" : "/" + path.filename().string());
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.headers.at("content-type"), types.at(path.extension())) << path;
    EXPECT_TRUE(response.body == test_support::bytes_of(path)) << path;
    EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(response.headers.at("referrer-policy"), "no-referrer") << path;
    const std::string policy = response.headers.at("content-security-policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
    EXPECT_EQ(policy.find('*'), std::string::npos) << policy;
  }
}

TEST_F(PageTest, AnswersHeadAsGetWithoutTheBody) {
  for (const char* path : {"/", "/__/firebase/init.json"}) {
    const Response whole = file(path);
    const Response head = test_support::http("HEAD", emulator().url() + path);
    EXPECT_EQ(head.status, 200) << path;
    EXPECT_EQ(head.body, "") << path;
    EXPECT_EQ(head.headers.at("content-length"), std::to_string(whole.body.size())) << path;
    EXPECT_EQ(head.headers.at("content-type"), whole.headers.at("content-type")) << path;
  }
}

TEST_F(PageTest, IsToldThatNobodySignsInHere) {
  EXPECT_EQ(file("/__/firebase/init.json").body, R"({"isEmulator":true})");
}

TEST_F(PageTest, NamesNoOtherHostAndWritesNoMarkup) {
  for (const fs::path& path : files_of_hosting()) {
    if (path.extension() == ".png") continue;
    std::string text = test_support::bytes_of(path);
    // Names and not addresses: SVG's, and the page's own host as Firebase Hosting tells it.
    for (const std::string known : {"http://www.w3.org/2000/svg", "https://${config.authDomain}"})
      if (const std::size_t at = text.find(known); at != std::string::npos) text.erase(at, known.size());
    for (const char* forbidden :
         {"http", "//fonts", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
      EXPECT_EQ(text.find(forbidden), std::string::npos) << path << " has " << forbidden;
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
