#include "flush/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/temp_dir.h"

namespace firebase_relay::flush {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

DatabaseUrl database(const char* text, bool is_emulator = false) {
  DatabaseUrl url = parse_database_url(text, true).value();
  url.emulator = is_emulator;
  return url;
}

class CredentialsTest : public testing::Test {
 protected:
  std::string make(const std::string& content) {
    std::ofstream(dir_.file("secret"), std::ios::binary) << content;
    ::chmod(dir_.file("secret").c_str(), 0600);
    return dir_.file("secret");
  }
  test_support::TempDir dir_;
};

TEST_F(CredentialsTest, FileOfALegacySecretHoldsOneLine) {
  const DatabaseUrl url = database("https://x.firebaseio.com");
  const auto credentials = read_credentials({"", make(" abc/+& \n")}, url);
  ASSERT_TRUE(credentials) << credentials.error().what;
  EXPECT_EQ(credentials->fixed.auth_parameter.reveal(), "abc/+&");
  EXPECT_EQ(with_parameter(url.patch_url(""), credentials->fixed).reveal(), url.patch_url("") + "&auth=abc/%2B%26");
  EXPECT_EQ(with_parameter(url.url_of("", ""), credentials->fixed).reveal(), url.url_of("", "") + "?auth=abc/%2B%26");
  for (const char* content : {"", "\n", "two\nlines", "two words"}) {
    const auto wrong = read_credentials({"", make(content)}, url);
    ASSERT_FALSE(wrong) << content;
    EXPECT_THAT(wrong.error().what, HasSubstr("--auth-secret-file"));
    EXPECT_THAT(wrong.error().what, Not(HasSubstr("two")));
  }
}

TEST_F(CredentialsTest, AreNotReadForAnEmulatorWhichGetsItsOwn) {
  const auto credentials = read_credentials({"/nowhere", "/nowhere"}, database("http://127.0.0.1:9000", true));
  ASSERT_TRUE(credentials) << credentials.error().what;
  EXPECT_EQ(credentials->fixed.authorization.reveal(), "Bearer owner");
}

TEST_F(CredentialsTest, NotGivenAreNoneAtAll) {
  const auto credentials = read_credentials({}, database("https://x.firebaseio.com"));
  ASSERT_TRUE(credentials);
  EXPECT_TRUE(credentials->is_none());
}

}  // namespace
}  // namespace firebase_relay::flush
