#include "flush/jwt.h"

#include <gtest/gtest.h>

#include "support/rsa_key.h"

namespace firebase_relay::flush {
namespace {

using test_support::RsaKey;

TEST(Base64Url, HasNoPaddingAndTheAlphabetOfUrls) {
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
  EXPECT_EQ(base64url("\xff\xef\xff"), "_-__");
}

TEST(Assertion, SaysWhatGoogleWantsAndIsSignedByTheKey) {
  const RsaKey key;
  ServiceAccount account;
  account.client_email = "relay@x.example";
  account.private_key_id = "id-1";
  account.token_uri = "https://oauth2.googleapis.com/token";
  account.private_key = Secret(key.pem());

  const auto assertion = sign_assertion(account, std::chrono::sys_seconds(std::chrono::seconds(1'778'078'351)));

  ASSERT_TRUE(assertion);
  const auto jwt = key.verified(std::string(assertion->reveal()));
  EXPECT_EQ(jwt.header, (nlohmann::json{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "id-1"}}));
  EXPECT_EQ(jwt.claims, (nlohmann::json{{"iss", "relay@x.example"},
                                        {"scope",
                                         "https://www.googleapis.com/auth/firebase.database "
                                         "https://www.googleapis.com/auth/userinfo.email"},
                                        {"aud", "https://oauth2.googleapis.com/token"},
                                        {"iat", 1'778'078'351},
                                        {"exp", 1'778'081'951}}));
  EXPECT_THROW((void)RsaKey().verified(std::string(assertion->reveal())), std::runtime_error);
}

TEST(Assertion, CannotBeSignedByWhatIsNoKey) {
  ServiceAccount account;
  account.private_key = Secret(std::string_view("-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n"));

  const auto assertion = sign_assertion(account, {});

  ASSERT_FALSE(assertion);
  EXPECT_NE(assertion.error().remedy, "");
}

}  // namespace
}  // namespace firebase_relay::flush
