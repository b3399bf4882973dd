#include "flush/service_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rsa_key.h"

namespace firebase_relay::flush {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const test_support::RsaKey& key() {
  static const test_support::RsaKey made;
  return made;
}

json good() { return test_support::account_json(key(), "https://oauth2.googleapis.com/token"); }

TEST(ServiceAccount, IsReadFromTheConsolesJson) {
  const auto account = parse_service_account(good().dump());

  ASSERT_TRUE(account) << account.error().what;
  EXPECT_EQ(account->project_id, "demo-project");
  EXPECT_EQ(account->client_email, "relay@demo-project.iam.gserviceaccount.com");
  EXPECT_EQ(account->private_key_id, "0123456789abcdef");
  EXPECT_EQ(account->token_uri, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(account->private_key.reveal(), key().pem());
}

struct AccountFlaw {
  const char* name;
  json change;  ///< a merge patch
  const char* complaint;
};
void PrintTo(const AccountFlaw& flaw, std::ostream* out) { *out << flaw.name; }

class ServiceAccountFlaws : public testing::TestWithParam<AccountFlaw> {};

TEST_P(ServiceAccountFlaws, AreNamedAndShowNothingOfTheKey) {
  json text = good();
  text.merge_patch(GetParam().change);

  const auto account = parse_service_account(text.dump());

  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(account.error().what, HasSubstr(GetParam().complaint));
  EXPECT_THAT(account.error().remedy, HasSubstr("Firebase console"));
  EXPECT_THAT(account.error().what, Not(HasSubstr("PRIVATE")));
}

INSTANTIATE_TEST_SUITE_P(
    All, ServiceAccountFlaws,
    testing::Values(
        AccountFlaw{"no_project", {{"project_id", nullptr}}, "\"project_id\" is missing"},
        AccountFlaw{"no_email", {{"client_email", nullptr}}, "\"client_email\" is missing"},
        AccountFlaw{"empty_email", {{"client_email", ""}}, "\"client_email\" is missing"},
        AccountFlaw{"email_that_is_no_text", {{"client_email", 1}}, "\"client_email\" is missing"},
        AccountFlaw{"no_key", {{"private_key", nullptr}}, "\"private_key\" is missing"},
        AccountFlaw{"no_uri", {{"token_uri", nullptr}}, "\"token_uri\" is missing"},
        AccountFlaw{"no_type", {{"type", nullptr}}, "\"type\" is missing"},
        AccountFlaw{"another_type", {{"type", "authorized_user"}}, "\"type\" is not service_account"},
        AccountFlaw{"plaintext_uri", {{"token_uri", "http://oauth2.example/token"}}, "\"token_uri\" is no https"},
        AccountFlaw{"uri_of_a_file", {{"token_uri", "file:///etc/passwd"}}, "\"token_uri\" is no https"},
        AccountFlaw{"no_pem", {{"private_key", "-----BEGIN PRIVATE KEY-----"}}, "\"private_key\" is no RSA"}),
    [](const auto& flaw) { return flaw.param.name; });

TEST(ServiceAccount, IsAnObject) {
  for (const char* text : {"", "[]", "null", "\"x\"", "{", "-----BEGIN PRIVATE KEY-----"}) {
    const auto account = parse_service_account(text);
    ASSERT_FALSE(account) << text;
    EXPECT_EQ(account.error().what, "not a JSON object") << text;
  }
}

TEST(ServiceAccount, MayHaveItsTokenEndpointOnThisMachine) {
  json text = good();
  text["token_uri"] = "http://127.0.0.1:4711/token";
  EXPECT_TRUE(parse_service_account(text.dump()));
}

}  // namespace
}  // namespace firebase_relay::flush
