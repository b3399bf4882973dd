#include "bus/tls_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace firebase_relay::bus {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Error of_alert(int reason) { return explain_tls(ERR_PACK(ERR_LIB_SSL, 0, reason)); }

TEST(TlsWords, TellWhichAlertIsWhoseToMend) {
  struct Known {
    int reason;
    const char* remedy;
  };
  constexpr Known kCases[] = {
      {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "give the client's by --redis-cert-file"},
      {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "--redis-cert-file"},
      {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "tls-ca-cert-file"},
      {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "tls-ca-cert-file"},
      {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "renew --redis-cert-file"},
      {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "renew --redis-cert-file"},
      {SSL_R_TLSV1_UNRECOGNIZED_NAME, "--redis-tls-name"},
      {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "TLS 1.2"},
      {SSL_R_UNSUPPORTED_PROTOCOL, "TLS 1.2"},
  };
  for (const Known& each : kCases) {
    const Error error = of_alert(each.reason);
    EXPECT_THAT(error.remedy, HasSubstr(each.remedy)) << error.what;
    EXPECT_EQ(error.code, ErrorCode::kRefused);
  }
}

TEST(TlsWords, GiveOpenSslsReasonWhereThereIsNoRemedy) {
  ASSERT_EQ(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr), 1);  // as whoever makes a context has done
  EXPECT_THAT(of_alert(SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC).what, HasSubstr("bad record mac"));
  EXPECT_THAT(explain_tls(0).what, HasSubstr("no reason is known"));
}

TEST(TlsWords, SendTheFirstToTheClockOfACertificateThatIsNotValidYet) {
  using namespace std::chrono;
  const RefusedCertificate early{X509_V_ERR_CERT_NOT_YET_VALID, false, "redis.test", sys_days(2027y / 1 / 2), {}};
  EXPECT_THAT(explain_certificate(early, "redis.test").what,
              AllOf(HasSubstr("not valid before 2027-01-02"), HasSubstr("redis.test")));
  EXPECT_THAT(explain_certificate(early, "redis.test").remedy, HasSubstr("clock"));
}

TEST(TlsWords, SayWhoseCertificateHasExpired) {
  using namespace std::chrono;
  RefusedCertificate old{X509_V_ERR_CERT_HAS_EXPIRED, false, "redis.test", {}, sys_days(2026y / 1 / 2)};
  EXPECT_THAT(explain_certificate(old, "redis.test").what, HasSubstr("Redis' certificate expired on 2026-01-02"));
  old.is_an_authoritys = true;
  EXPECT_THAT(explain_certificate(old, "redis.test").what,
              HasSubstr("the certificate of Redis' authority expired on 2026-01-02"));
}

TEST(TlsWords, NameTheFlawOfAnyOtherCertificate) {
  const RefusedCertificate weak{X509_V_ERR_EE_KEY_TOO_SMALL, false, "redis.test", {}, {}};
  EXPECT_THAT(explain_certificate(weak, "redis.test").what, HasSubstr("EE certificate key too weak"));
}

TEST(TlsWords, TellTheSchemesApart) {
  EXPECT_THAT(explain_plain_peer("-NOAUTH Authentication required.\r\n").remedy, HasSubstr("use redis://"));
  EXPECT_THAT(explain_plain_peer("SSH-2.0-OpenSSH_9.2p1\r\n").remedy, HasSubstr("SSH"));
  EXPECT_THAT(explain_plain_peer("220 mail ESMTP\r\n").remedy, Not(HasSubstr("use redis://")));
  EXPECT_THAT(explain_mute_handshake().remedy, HasSubstr("use redis://"));
  EXPECT_THAT(explain_closed_tls("closed by Redis").what, HasSubstr("closed by Redis, before it answered"));
  EXPECT_TRUE(begins_like_tls("\x16\x03\x03"));
  EXPECT_TRUE(begins_like_tls("\x15\x03\x03"));
  EXPECT_FALSE(begins_like_tls("-ERR"));
}

}  // namespace
}  // namespace firebase_relay::bus
