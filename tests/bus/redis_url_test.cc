#include "bus/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::bus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Form {
  const char* name;
  std::string_view text;
  RedisUrl expected;
};

class RedisUrlForms : public testing::TestWithParam<Form> {};

TEST_P(RedisUrlForms, AreUnderstood) {
  const auto url = parse_redis_url(GetParam().text);

  ASSERT_TRUE(url) << url.error().what;
  EXPECT_EQ(*url, GetParam().expected);
}

RedisUrl tcp(std::string host, std::uint16_t port = 6379, std::uint32_t database = 0) {
  RedisUrl url;
  url.host = std::move(host);
  url.port = port;
  url.database = database;
  return url;
}
RedisUrl tls(RedisUrl url) {
  url.is_tls = true;
  return url;
}
RedisUrl as(RedisUrl url, std::string user, std::string password) {
  url.user = std::move(user);
  url.password = Secret(std::move(password));
  url.password_in_url = !url.password.empty();
  return url;
}
RedisUrl socket(std::string path, std::uint32_t database = 0) {
  RedisUrl url;
  url.socket_path = std::move(path);
  url.database = database;
  return url;
}

INSTANTIATE_TEST_SUITE_P(
    All, RedisUrlForms,
    testing::Values(Form{"host", "redis://redis", tcp("redis")},                                        //
                    Form{"trailing_slash", "redis://redis/", tcp("redis")},                             //
                    Form{"port", "redis://10.0.0.2:6380", tcp("10.0.0.2", 6380)},                       //
                    Form{"database", "redis://h:6379/3", tcp("h", 6379, 3)},                            //
                    Form{"database_without_port", "redis://h/3", tcp("h", 6379, 3)},                    //
                    Form{"ipv6", "redis://[::1]:7000/1", tcp("::1", 7000, 1)},                          //
                    Form{"ipv6_without_port", "redis://[fe80::1]", tcp("fe80::1")},                     //
                    Form{"user", "redis://relay@h", as(tcp("h"), "relay", "")},                         //
                    Form{"user_and_password", "redis://relay:pw@h:1", as(tcp("h", 1), "relay", "pw")},  //
                    Form{"password_alone", "redis://:pw@h", as(tcp("h"), "", "pw")},                    //
                    Form{"encoded_password", "redis://u:%40%3a%25@h", as(tcp("h"), "u", "@:%")},        //
                    Form{"password_with_everything", "redis://u:a:b/c@d#e?f@h/2",
                         as(tcp("h", 6379, 2), "u", "a:b/c@d#e?f")},
                    Form{"tls", "rediss://h", tls(tcp("h"))},  //
                    Form{"capitals", "REDISS://h", tls(tcp("h"))},
                    Form{"capitals_of_a_socket", "Unix:///run/r.sock", socket("/run/r.sock")},                  //
                    Form{"tls_with_all", "rediss://u:pw@h:6380/1", as(tls(tcp("h", 6380, 1)), "u", "pw")},      //
                    Form{"valkey", "valkey://h:1", tcp("h", 1)},                                                //
                    Form{"valkey_with_tls", "valkeys://h:1", tls(tcp("h", 1))},                                 //
                    Form{"socket", "unix:///run/redis.sock", socket("/run/redis.sock")},                        //
                    Form{"socket_with_database", "unix:///run/redis.sock?db=4", socket("/run/redis.sock", 4)},  //
                    Form{"socket_encoded", "unix:///run/a%20b.sock", socket("/run/a b.sock")},                  //
                    Form{"socket_with_at", "unix:///run/a@b.sock", socket("/run/a@b.sock")},                    //
                    Form{"socket_with_user", "unix://u:pw@/run/r.sock", as(socket("/run/r.sock"), "u", "pw")}),
    [](const auto& form) { return form.param.name; });

struct Flaw {
  const char* name;
  std::string_view text;
  std::string_view complaint;
};

class RedisUrlFlaws : public testing::TestWithParam<Flaw> {};

TEST_P(RedisUrlFlaws, AreNamed) {
  const auto url = parse_redis_url(GetParam().text);

  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(url.error().what, HasSubstr(std::string(GetParam().complaint)));
  EXPECT_NE(url.error().remedy, "");
}

INSTANTIATE_TEST_SUITE_P(All, RedisUrlFlaws,
                         testing::Values(Flaw{"empty", "", "does not start with"},                      //
                                         Flaw{"no_scheme", "127.0.0.1:6379", "does not start with"},    //
                                         Flaw{"other_scheme", "http://h", "does not start with"},       //
                                         Flaw{"no_host", "redis://", "host is missing"},                //
                                         Flaw{"no_host_but_port", "redis://:6379", "host is missing"},  //
                                         Flaw{"port_zero", "redis://h:0", "port is not"},               //
                                         Flaw{"port_too_large", "redis://h:65536", "port is not"},      //
                                         Flaw{"port_empty", "redis://h:", "port is not"},               //
                                         Flaw{"port_word", "redis://h:six", "port is not"},             //
                                         Flaw{"database_word", "redis://h/zero", "database is not"},    //
                                         Flaw{"database_negative", "redis://h/-1", "database is not"},  //
                                         Flaw{"database_twice", "redis://h/1/2", "database is not"},    //
                                         Flaw{"query", "redis://h?db=1", "/NUMBER which database"},     //
                                         Flaw{"client_settings", "rediss://u:p?w@h:1/0?ssl_cert_reqs=none",
                                              "--redis-ca-file says whom to trust"},
                                         Flaw{"bracket", "redis://[::1", "not closed"},                   //
                                         Flaw{"behind_bracket", "redis://[::1]x", "port is not"},         //
                                         Flaw{"percent", "redis://:%4@h", "two hexadecimal digits"},      //
                                         Flaw{"percent_end", "redis://:a%@h", "two hexadecimal digits"},  //
                                         Flaw{"socket_relative", "unix://redis.sock", "not absolute"},    //
                                         Flaw{"socket_empty", "unix://", "missing"},                      //
                                         Flaw{"socket_query", "unix:///r.sock?database=1", "only db="}),
                         [](const auto& form) { return form.param.name; });

TEST(RedisUrl, NeverPutsTheTextIntoAnError) {
  for (const char* text :
       {"redis://u:s3cret@", "redis://u:s3cret@h:x", "redis://:s3cret%@h", "s3cret", "unix://u:s3cret@x"}) {
    const auto url = parse_redis_url(text);

    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().what + url.error().remedy, Not(HasSubstr("s3cret"))) << text;
  }
}

TEST(RedisUrl, IsMaskedForLogs) {
  EXPECT_EQ(parse_redis_url("redis://u:s3cret@h:1/2")->masked(), "redis://u:***@h:1/2");
  EXPECT_EQ(parse_redis_url("redis://:s3cret@[::1]")->masked(), "redis://:***@[::1]:6379");
  EXPECT_EQ(parse_redis_url("unix://u:s3cret@/r.sock?db=3")->masked(), "unix://u:***@/r.sock?db=3");
  EXPECT_EQ(parse_redis_url("valkeys://u:s3cret@h/2")->masked(), "rediss://u:***@h:6379/2");
  EXPECT_EQ(RedisUrl{}.masked(), "redis://127.0.0.1:6379");
}

}  // namespace
}  // namespace firebase_relay::bus
