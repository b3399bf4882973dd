#include "flush/database_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::flush {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Form {
  const char* name;
  std::string_view text;
  std::string_view shown;  ///< text()
  std::string_view name_space;
  std::string_view patch_url;  ///< of the root
};

class DatabaseUrlForms : public testing::TestWithParam<Form> {};

TEST_P(DatabaseUrlForms, AreUnderstood) {
  const auto url = parse_database_url(GetParam().text, false);

  ASSERT_TRUE(url) << url.error().what;
  EXPECT_EQ(url->text(), GetParam().shown);
  EXPECT_EQ(url->name_space, GetParam().name_space);
  EXPECT_EQ(url->patch_url(""), GetParam().patch_url);
}

#define QUERY "?print=silent&writeSizeLimit=unlimited"

INSTANTIATE_TEST_SUITE_P(
    All, DatabaseUrlForms,
    testing::Values(
        Form{"default_database", "https://x-default-rtdb.firebaseio.com", "https://x-default-rtdb.firebaseio.com", "",
             "https://x-default-rtdb.firebaseio.com/.json" QUERY},
        Form{"trailing_slash", "https://x.firebaseio.com/", "https://x.firebaseio.com", "",
             "https://x.firebaseio.com/.json" QUERY},
        Form{"regional", "https://x.europe-west1.firebasedatabase.app/", "https://x.europe-west1.firebasedatabase.app",
             "", "https://x.europe-west1.firebasedatabase.app/.json" QUERY},
        Form{"base_path", "https://x.firebaseio.com/home/root/", "https://x.firebaseio.com/home/root", "",
             "https://x.firebaseio.com/home/root.json" QUERY},
        Form{"encoded_base_path", "https://x.firebaseio.com/a%2520b", "https://x.firebaseio.com/a%2520b", "",
             "https://x.firebaseio.com/a%2520b.json" QUERY},
        Form{"api_url", "https://x.firebaseio.com/home/.json", "https://x.firebaseio.com/home", "",
             "https://x.firebaseio.com/home.json" QUERY},
        Form{"upper_case_host", "https://X.FirebaseIO.com", "https://x.firebaseio.com", "",
             "https://x.firebaseio.com/.json" QUERY},
        Form{"port", "https://x.example:8443", "https://x.example:8443", "", "https://x.example:8443/.json" QUERY},
        Form{"name_space", "https://x.example/?ns=mine", "https://x.example", "mine",
             "https://x.example/.json" QUERY "&ns=mine"},
        Form{"local_emulator", "http://127.0.0.1:9000?ns=mine", "http://127.0.0.1:9000", "mine",
             "http://127.0.0.1:9000/.json" QUERY "&ns=mine"},
        Form{"local_emulator_without_ns", "http://localhost:9000", "http://localhost:9000", "demo",
             "http://localhost:9000/.json" QUERY "&ns=demo"},
        Form{"ipv6", "http://[::1]:9000/root", "http://[::1]:9000/root", "demo",
             "http://[::1]:9000/root.json" QUERY "&ns=demo"}),
    [](const auto& form) { return form.param.name; });

struct Flaw {
  const char* name;
  std::string_view text;
  std::string_view complaint;
};

class DatabaseUrlFlaws : public testing::TestWithParam<Flaw> {};

TEST_P(DatabaseUrlFlaws, AreNamed) {
  const auto url = parse_database_url(GetParam().text, false);

  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(url.error().what, HasSubstr(std::string(GetParam().complaint)));
  EXPECT_NE(url.error().remedy, "");
}

INSTANTIATE_TEST_SUITE_P(All, DatabaseUrlFlaws,
                         testing::Values(Flaw{"empty", "", "does not start with"},                              //
                                         Flaw{"no_scheme", "x.firebaseio.com", "does not start with"},          //
                                         Flaw{"no_host", "https://", "host is missing"},                        //
                                         Flaw{"bad_host", "https://x y/", "no host has"},                       //
                                         Flaw{"user", "https://u:p@x.firebaseio.com", "no user or password"},   //
                                         Flaw{"port_zero", "https://x:0", "port is not"},                       //
                                         Flaw{"port_word", "https://x:http", "port is not"},                    //
                                         Flaw{"port_too_large", "https://x:65536", "port is not"},              //
                                         Flaw{"bad_ipv6", "http://[::1:9000", "no IPv6 address"},               //
                                         Flaw{"behind_ipv6", "http://[::1]9000", "port is not"},                //
                                         Flaw{"empty_node", "https://x/a//b", "empty node"},                    //
                                         Flaw{"blank_in_path", "https://x/a b", "percent-encoded"},             //
                                         Flaw{"reserved_in_path", "https://x/a%23b", "no database can have"},   //
                                         Flaw{"climbing_path", "https://x/root/..", "no database can have"},    //
                                         Flaw{"encoded_dots", "https://x/%2e%2e/y", "no database can have"},    //
                                         Flaw{"half_an_escape", "https://x/a%2", "no database can have"},       //
                                         Flaw{"no_escape", "https://x/%zz", "no database can have"},            //
                                         Flaw{"fragment", "https://x/a#b", "only ?ns="},                        //
                                         Flaw{"other_query", "https://x/?print=pretty", "only ?ns="},           //
                                         Flaw{"secret", "https://x/?auth=s3cret", "takes no credential"},       //
                                         Flaw{"bad_name_space", "https://x/?ns=a&b", "ns is not a name"},       //
                                         Flaw{"empty_name_space", "https://x/?ns=", "ns is not a name"},        //
                                         Flaw{"plaintext", "http://x.example", "plain text"},                   //
                                         Flaw{"plaintext_lookalike", "http://127.evil.example", "plain text"},  //
                                         Flaw{"console", "https://console.firebase.google.com/project/x/database",
                                              "the console's address"}),
                         [](const auto& form) { return form.param.name; });

TEST(DatabaseUrl, NeverPutsTheTextIntoAnError) {
  for (const char* text : {"https://u:s3cret@x", "https://x?auth=s3cret", "s3cret", "http://s3cret.example"}) {
    const auto url = parse_database_url(text, false);

    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().what + url.error().remedy, Not(HasSubstr("s3cret"))) << text;
  }
}

TEST(DatabaseUrl, TakesPlaintextToAnotherMachineWhenToldSo) {
  const auto url = parse_database_url("http://emulator:9000", true);

  ASSERT_TRUE(url);
  EXPECT_FALSE(url->is_local());
  EXPECT_TRUE(url->emulator);
}

TEST(DatabaseUrl, KnowsThisMachine) {
  for (const char* local : {"http://localhost", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]",
                            "http://a.localhost", "http://0.0.0.0", "http://[::]", "http://[::ffff:127.0.0.1]"}) {
    const auto url = parse_database_url(local, true);
    ASSERT_TRUE(url) << local;
    EXPECT_TRUE(url->is_local()) << local;
  }
  for (const char* other : {"http://10.0.0.1", "http://localhost.evil.example", "http://127.0.0.1.nip.io",
                            "http://[::2]", "http://0.0.0.1", "http://[::ffff:10.0.0.1]"}) {
    const auto url = parse_database_url(other, true);
    ASSERT_TRUE(url) << other;
    EXPECT_FALSE(url->is_local()) << other;
  }
}

TEST(DatabaseUrl, EncodesAPathForTheUrlOnceMore) {
  const auto url = *parse_database_url("https://x.firebaseio.com", false);

  EXPECT_EQ(url.patch_url("services"), "https://x.firebaseio.com/services.json" QUERY);
  EXPECT_EQ(url.patch_url("history/BRK%2EB/prices"), "https://x.firebaseio.com/history/BRK%252EB/prices.json" QUERY);
  EXPECT_EQ(url.url_of("channels/a b/ü?&", ""), "https://x.firebaseio.com/channels/a%20b/%C3%BC%3F%26.json");
}

TEST(DatabaseUrl, PutsEveryPathBelowItsBasePath) {
  const auto url = *parse_database_url("http://localhost:9000/home/?ns=n", false);

  EXPECT_EQ(url.url_of("services/AAPL", "shallow=true"),
            "http://localhost:9000/home/services/AAPL.json?shallow=true&ns=n");
}

struct Emulator {
  const char* name;
  std::string_view text;
  std::string_view database_url;
  std::string_view project_id;
  std::string_view expected;  ///< url_of the root
};

class EmulatorHostForms : public testing::TestWithParam<Emulator> {};

TEST_P(EmulatorHostForms, AreUnderstood) {
  const auto url = parse_emulator_host(GetParam().text, GetParam().database_url, GetParam().project_id);

  ASSERT_TRUE(url) << url.error().what;
  EXPECT_TRUE(url->emulator);
  EXPECT_EQ(url->url_of("", ""), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, EmulatorHostForms,
    testing::Values(
        Emulator{"alone", "127.0.0.1:9000", "", "", "http://127.0.0.1:9000/.json?ns=demo"},
        Emulator{"on_another_machine", "emulator:9000", "", "", "http://emulator:9000/.json?ns=demo"},
        Emulator{"with_its_own_ns", "h:9000?ns=mine", "https://x.firebaseio.com", "project",
                 "http://h:9000/.json?ns=mine"},
        Emulator{"with_a_database", "h:9000", "https://x.firebaseio.com", "project", "http://h:9000/.json?ns=x"},
        Emulator{"with_a_database_that_has_ns", "h:9000", "https://db.example?ns=mine", "",
                 "http://h:9000/.json?ns=mine"},
        Emulator{"with_a_base_path", "h:9000", "https://x.firebaseio.com/home", "", "http://h:9000/home.json?ns=x"},
        Emulator{"with_a_project", "h:9000", "", "project", "http://h:9000/.json?ns=project"},
        Emulator{"with_an_address_for_a_database", "h:9000", "http://127.0.0.1:1", "project",
                 "http://h:9000/.json?ns=project"},
        Emulator{"without_a_port", "localhost", "", "", "http://localhost/.json?ns=demo"},
        Emulator{"ipv6", "[::1]:9000", "", "", "http://[::1]:9000/.json?ns=demo"}),
    [](const auto& form) { return form.param.name; });

TEST(EmulatorHost, RefusesWhatIsNoHost) {
  for (const char* text : {"", "http://h:9000", "h:port", "h:9000/path", "u@h:9000", "h:9000?x=y"}) {
    const auto url = parse_emulator_host(text, "", "");

    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().remedy, HasSubstr("host:port")) << text;
  }
}

TEST(DatabaseUrl, IsMadeFromAProject) {
  EXPECT_EQ(default_database_of("home-1234").value().text(), "https://home-1234-default-rtdb.firebaseio.com");
  for (const char* id : {"", "evil.example/x", "example.com:home", "a?b", "a b"}) {
    const auto url = default_database_of(id);
    ASSERT_FALSE(url) << id;
    EXPECT_THAT(url.error().remedy, HasSubstr("--database-url")) << id;
  }
}

}  // namespace
}  // namespace firebase_relay::flush
