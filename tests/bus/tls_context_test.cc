#include "bus/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/authority.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace firebase_relay::bus {
namespace {

using test_support::Authority;
using test_support::CertifiedKey;
using testing::AllOf;
using testing::HasSubstr;

RedisUrl tls_url() { return parse_redis_url("rediss://redis.test").value(); }

std::string flaw_of(const TlsOptions& options) {
  const auto context = TlsContext::make(tls_url(), options);
  EXPECT_FALSE(context);
  return context ? std::string() : context.error().what + " -> " + context.error().remedy;
}

TEST(TlsContext, IsNoneWithoutTls) {
  const auto context = TlsContext::make(parse_redis_url("redis://redis.test").value(), {"/nowhere", "", "", ""});
  ASSERT_TRUE(context);
  EXPECT_EQ(*context, nullptr);
}

TEST(TlsContext, ExpectsTheHostsNameUnlessAnotherIsGiven) {
  EXPECT_EQ((*TlsContext::make(tls_url(), {}))->name(), "redis.test");
  EXPECT_EQ((*TlsContext::make(tls_url(), {"", "", "", "other.test"}))->name(), "other.test");
}

TEST(TlsContext, TakesAClientsCertificateWithItsKey) {
  const CertifiedKey own = Authority::of_the_tests().sign("DNS:relay");
  EXPECT_TRUE(TlsContext::make(tls_url(), {"", own.certificate, own.key, ""}));
}

TEST(TlsContext, TakesBothFromOneFile) {
  const CertifiedKey own = Authority::of_the_tests().sign("DNS:relay");
  std::ofstream(own.key, std::ios::app) << std::ifstream(own.certificate).rdbuf();
  EXPECT_TRUE(TlsContext::make(tls_url(), {"", own.key, own.key, ""}));
}

TEST(TlsContext, NamesTheFlagWhoseFileIsNoGood) {
  const CertifiedKey own = Authority::of_the_tests().sign("DNS:relay");
  const CertifiedKey other = Authority::of_the_tests().sign("DNS:relay");
  EXPECT_THAT(flaw_of({"/nowhere", "", "", ""}), HasSubstr("--redis-ca-file /nowhere: cannot be read"));
  EXPECT_THAT(flaw_of({own.key, "", "", ""}), HasSubstr("--redis-ca-file " + own.key + ": no certificate"));
  EXPECT_THAT(flaw_of({"", own.certificate, "", ""}),
              AllOf(HasSubstr("--redis-cert-file alone"), HasSubstr("--redis-key-file")));
  EXPECT_THAT(flaw_of({"", "", own.key, ""}),
              AllOf(HasSubstr("--redis-key-file alone"), HasSubstr("--redis-cert-file")));
  EXPECT_THAT(flaw_of({"", own.key, own.key, ""}), HasSubstr("--redis-cert-file " + own.key + ": no certificate"));
  EXPECT_THAT(flaw_of({"", own.certificate, other.key, ""}), HasSubstr("not the key of the certificate"));
  EXPECT_THAT(flaw_of({"", own.certificate, "/nowhere", ""}), HasSubstr("--redis-key-file"));
}

TEST(TlsContext, WaitsForNoPipesWriter) {
  const test_support::TempDir dir;
  const std::string pipe = dir.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(flaw_of({pipe, "", "", ""}), HasSubstr("--redis-ca-file " + pipe + ": is no file"));
  EXPECT_THAT(flaw_of({"", pipe, pipe, ""}), HasSubstr("--redis-cert-file " + pipe + ": is no file"));
}

TEST(TlsContext, KeepsTheKeysFileToTheRulesOfASecret) {
  const CertifiedKey own = Authority::of_the_tests().sign("DNS:relay");
  std::filesystem::permissions(own.key, std::filesystem::perms(0644));
  EXPECT_THAT(flaw_of({"", own.certificate, own.key, ""}),
              AllOf(HasSubstr("--redis-key-file"), HasSubstr("mode 0644"), HasSubstr("chmod 600")));
}

TEST(TlsContext, DoesNotAskForThePassphraseOfAKey) {
  const CertifiedKey own = Authority::of_the_tests().sign("DNS:relay");
  const test_support::TempDir dir;
  test_support::Process encrypt(
      {"openssl", "pkey", "-in", own.key, "-out", dir.file("key"), "-aes256", "-passout", "pass:secret"});
  ASSERT_EQ(encrypt.wait(), 0) << encrypt.err();
  std::filesystem::permissions(dir.file("key"), std::filesystem::perms(0600));
  EXPECT_THAT(flaw_of({"", own.certificate, dir.file("key"), ""}),
              AllOf(HasSubstr("no key can be read"), HasSubstr("not encrypted")));
}

}  // namespace
}  // namespace firebase_relay::bus
