#include "base/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/temp_dir.h"

namespace firebase_relay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SecretFileTest : public testing::Test {
 protected:
  std::string make(const std::string& content, mode_t mode = 0600) {
    std::ofstream(dir_.file("secret"), std::ios::binary) << content;
    ::chmod(dir_.file("secret").c_str(), mode);
    return dir_.file("secret");
  }
  test_support::TempDir dir_;
};

TEST_F(SecretFileTest, IsReadWhenOnlyItsOwnerMay) {
  const auto read = read_secret_file(make("s3cret\n"));

  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->content.reveal(), "s3cret\n");
  EXPECT_FALSE(read->warning);
}

TEST_F(SecretFileTest, IsRefusedWhenOthersMayReadOrChangeItAndSaysHowToMendIt) {
  for (const mode_t mode : {0640u, 0604u, 0644u, 0620u, 0602u, 0666u}) {
    const std::string file = make("s3cret", mode);

    const auto read = read_secret_file(file);

    ASSERT_FALSE(read) << mode;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(read.error().remedy, HasSubstr("chmod 600 " + file));
    EXPECT_THAT(read.error().what, Not(HasSubstr("s3cret")));
  }
}

TEST_F(SecretFileTest, OnAMountWithoutModesIsToldWhereToGoInsteadOfChmod) {
  for (const std::uint64_t type : {0x01021997u, 0x65735546u, 0x4D44u, 0xFF534D42u, 0x53464846u}) {
    const auto flaw = judge_mode("/mnt/c/key.json", 0777, file_system_of(type));
    ASSERT_TRUE(flaw);
    EXPECT_TRUE(flaw->is_fatal);
    EXPECT_THAT(flaw->error.remedy, HasSubstr("chmod does nothing there"));
    EXPECT_THAT(flaw->error.remedy, HasSubstr("/run/secrets"));
  }
  EXPECT_THAT(judge_mode("/home/key.json", 0777, file_system_of(0xEF53))->error.remedy, HasSubstr("run: chmod 600"));
}

TEST_F(SecretFileTest, InAContainersSecretMountIsWorthAWarningOnly) {
  const auto there = judge_mode("/run/secrets/key.json", 0444);
  ASSERT_TRUE(there);
  EXPECT_FALSE(there->is_fatal);
  for (const char* elsewhere : {"/run/secretsx/key.json", "/home/run/secrets/key.json", "/run/secrets"}) {
    const auto flaw = judge_mode(elsewhere, 0444);
    ASSERT_TRUE(flaw) << elsewhere;
    EXPECT_TRUE(flaw->is_fatal) << elsewhere;
  }
  EXPECT_FALSE(judge_mode("/run/secrets/key.json", 0400));
}

TEST_F(SecretFileTest, InSystemdsCredentialFolderHasItsAclsMaskForTheGroupsBits) {
  EXPECT_FALSE(judge_mode("/run/credentials/firebase-relay.service/firebase.json", 0440));
  EXPECT_TRUE(judge_mode("/run/credentials/firebase-relay.service/firebase.json", 0444));
  EXPECT_TRUE(judge_mode("/run/credentials/firebase-relay.service/firebase.json", 0460));
  EXPECT_TRUE(judge_mode("/run/credentialsx/firebase.json", 0440));
}

TEST_F(SecretFileTest, ThatIsNoneIsRefused) {
  for (const std::string& file : {std::string("/nowhere/key.json"), std::string("/"), std::string("/dev/null")}) {
    const auto read = read_secret_file(file);
    ASSERT_FALSE(read) << file;
    EXPECT_THAT(read.error().what, HasSubstr(file));
    EXPECT_NE(read.error().remedy, "");
  }
  EXPECT_FALSE(read_secret_file(make(std::string((1 << 20) + 1, 'x'))));
}

}  // namespace
}  // namespace firebase_relay
