// TLS without a socket: what comes out of a session for what goes in, against OpenSSL's other side in memory.
#include "bus/tls_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "bus/memory_tls_server.h"

namespace firebase_relay::bus {
namespace {

using test_support::Authority;
using test_support::CertifiedKey;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

std::string expired_today() {
  const std::time_t now = std::time(nullptr);
  char date[16];
  std::strftime(date, sizeof date, "%F", std::gmtime(&now));
  return std::string("expired on ") + date;
}

class TlsSessionTest : public testing::Test {
 protected:
  static std::shared_ptr<const TlsContext> context_for(const std::string& host, const TlsOptions& options) {
    RedisUrl url;
    url.is_tls = true;
    url.host = host;
    return TlsContext::make(url, options).value();
  }
  /// Trusts the tests' authority.
  void begin(const std::string& host) { begin(host, {Authority::of_the_tests().file(), "", "", ""}); }
  void begin(const std::string& host, const TlsOptions& options) {
    session_ = std::make_unique<TlsSession>(*context_for(host, options));
  }
  /// To and fro until neither has anything to send. Returns what the server heard.
  std::string shake_hands(MemoryTlsServer& server) {
    std::string heard;
    for (int turn = 0; turn < 10; ++turn) {
      std::string sent;
      session_->take_unsent(sent);
      heard += server.take(sent);
      const std::string answer = server.unsent();
      if (sent.empty() && answer.empty()) break;
      EXPECT_EQ(session_->open(answer), "");
    }
    return heard;
  }
  /// What a handshake fails with.
  Error failure_with(const CertifiedKey& identity, const std::string& host, const TlsOptions& options) {
    MemoryTlsServer server(identity);
    begin(host, options);
    shake_hands(server);
    EXPECT_FALSE(session_->is_established());
    return session_->failure().value_or(Error{});
  }
  static CertifiedKey sign(const std::string& names, int days = 30) {
    return Authority::of_the_tests().sign(names, days);
  }

  const TlsOptions trusting_{Authority::of_the_tests().file(), "", "", ""};
  std::unique_ptr<TlsSession> session_;
};

TEST_F(TlsSessionTest, CarriesWhatBothSidesSay) {
  MemoryTlsServer server(sign("DNS:redis.test"));
  begin("redis.test");
  shake_hands(server);
  ASSERT_TRUE(session_->is_established());
  EXPECT_EQ(server.asked_name(), "redis.test");
  session_->say("PING");
  EXPECT_EQ(shake_hands(server), "PING");
  server.say("PONG");
  EXPECT_EQ(session_->open(server.unsent()), "PONG");
  EXPECT_FALSE(session_->failure());
  const TlsPeer peer = session_->peer();
  EXPECT_EQ(peer.version, "TLSv1.3");
  EXPECT_EQ(peer.issuer, "Test CA");
  EXPECT_GT(peer.expires, std::chrono::system_clock::now() + std::chrono::days(29));
}

// poll() sees the socket, and not what OpenSSL has taken from it: so it may keep nothing that could be read.
TEST_F(TlsSessionTest, OpensAtOnceAllThatHasCome) {
  MemoryTlsServer server(sign("DNS:redis.test"));
  begin("redis.test");
  shake_hands(server);
  std::string said;
  for (int i = 0; i < 3'000; ++i) {
    const std::string words = std::to_string(i) + std::string(static_cast<std::size_t>(i % 400), '.');
    server.say(words);
    said += words;
  }
  const std::string large(5'000'000, 'x');
  server.say(large);
  EXPECT_TRUE(session_->open(server.unsent()) == said + large);
}

TEST_F(TlsSessionTest, OpensARecordWithItsLastByte) {
  MemoryTlsServer server(sign("DNS:redis.test"));
  begin("redis.test");
  shake_hands(server);
  server.say("one");
  const std::string one = server.unsent();
  server.say("two");
  const std::string both = one + server.unsent();
  std::string heard;
  for (std::size_t i = 0; i < both.size(); ++i) {
    heard += session_->open(std::string_view(both).substr(i, 1));
    EXPECT_EQ(heard, i + 1 < one.size() ? "" : i + 1 < both.size() ? "one" : "onetwo") << i;
  }
}

TEST_F(TlsSessionTest, OpensTheSameHoweverItIsCut) {
  MemoryTlsServer server(sign("DNS:redis.test"));
  begin("redis.test");
  shake_hands(server);
  std::mt19937 random(20261128);
  std::string said;
  std::string sealed;
  for (int i = 0; i < 300; ++i) {
    const std::string words(1 + random() % 20'000, static_cast<char>('a' + i % 26));
    server.say(words);
    said += words;
  }
  sealed = server.unsent();
  std::string heard;
  for (std::size_t at = 0; at < sealed.size();) {
    const std::size_t size = 1 + random() % 40'000;
    heard += session_->open(std::string_view(sealed).substr(at, size));
    at += size;
  }
  EXPECT_TRUE(heard == said);
}

TEST_F(TlsSessionTest, ThatTheOtherSideEndsSaysWhatCameBefore) {
  MemoryTlsServer server(sign("DNS:redis.test"));
  begin("redis.test");
  shake_hands(server);
  server.say("last words");
  server.take_leave();
  EXPECT_FALSE(session_->has_ended());
  EXPECT_EQ(session_->open(server.unsent()), "last words");
  EXPECT_TRUE(session_->has_ended());
  EXPECT_FALSE(session_->failure()) << "it is no failure";
}

TEST_F(TlsSessionTest, ThatIsTamperedWithFails) {
  MemoryTlsServer server(sign("DNS:redis.test"));
  begin("redis.test");
  shake_hands(server);
  server.say("first");
  std::string sealed = server.unsent();
  server.say("second");
  sealed += server.unsent();
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  EXPECT_EQ(session_->open(sealed), "first");
  ASSERT_TRUE(session_->failure());
  EXPECT_THAT(session_->failure()->what, HasSubstr("TLS failed: "));
  std::string alert;
  session_->take_unsent(alert);
  EXPECT_FALSE(alert.empty()) << "the other side is told";
}

TEST_F(TlsSessionTest, NamesTheFlagForAnUnknownAuthority) {
  for (const char* const names : {"DNS:redis.test", "DNS:other.test"}) {
    const Error error = failure_with(sign(names), "redis.test", {});
    EXPECT_THAT(error.what, HasSubstr("signed by nobody we trust"));
    EXPECT_THAT(error.remedy, HasSubstr("--redis-ca-file"));
  }
}

TEST_F(TlsSessionTest, TrustsACertificateThatIsNamedItself) {
  const CertifiedKey own = sign("DNS:redis.test");
  MemoryTlsServer server(own);
  begin("redis.test", {own.certificate, "", "", ""});
  shake_hands(server);
  EXPECT_TRUE(session_->is_established()) << session_->failure()->what;
}

TEST_F(TlsSessionTest, NamesBothNamesWhereTheyDiffer) {
  const Error error = failure_with(sign("DNS:redis.test,DNS:*.cache.test,IP:10.0.0.1,IP:::1"), "other.test", trusting_);
  EXPECT_THAT(error.what, HasSubstr("is for redis.test, *.cache.test, 10.0.0.1, ::1, not for other.test"));
  EXPECT_THAT(error.remedy, HasSubstr("--redis-tls-name"));
  EXPECT_THAT(failure_with(sign("DNS:10.0.0.1"), "10.0.0.1", trusting_).what, HasSubstr("not for 10.0.0.1"))
      << "an address is no name";
  EXPECT_THAT(failure_with(sign("IP:10.0.0.1"), "10.0.0.2", trusting_).what, HasSubstr("not for 10.0.0.2"));
}

TEST_F(TlsSessionTest, ComparesAnAddressWithAddressesAndAsksForNoName) {
  for (const char* const host : {"10.0.0.1", "::1"}) {
    MemoryTlsServer server(sign(std::string("IP:") + host));
    begin(host);
    shake_hands(server);
    EXPECT_TRUE(session_->is_established()) << host;
    EXPECT_EQ(server.asked_name(), "");
  }
}

TEST_F(TlsSessionTest, GoesByTheNameThatIsGivenInPlaceOfTheHosts) {
  MemoryTlsServer server(sign("DNS:redis.test"));
  begin("10.0.0.1", {Authority::of_the_tests().file(), "", "", "redis.test"});
  shake_hands(server);
  EXPECT_TRUE(session_->is_established());
  EXPECT_EQ(server.asked_name(), "redis.test");
}

TEST_F(TlsSessionTest, SaysWhenACertificateExpired) {
  const std::string before = expired_today();
  const Error error = failure_with(sign("DNS:redis.test", 0), "redis.test", trusting_);
  EXPECT_THAT(error.what, AnyOf(HasSubstr(before), HasSubstr(expired_today())));  // midnight may lie between
}

TEST_F(TlsSessionTest, WantsTls12) {
  const CertifiedKey identity = sign("DNS:redis.test");
  MemoryTlsServer old(identity, TLS1_1_VERSION);
  begin("redis.test");
  shake_hands(old);
  ASSERT_TRUE(session_->failure());
  EXPECT_THAT(session_->failure()->remedy, HasSubstr("TLS 1.2"));
  MemoryTlsServer server(identity, TLS1_2_VERSION);
  begin("redis.test");
  shake_hands(server);
  ASSERT_TRUE(session_->is_established());
  EXPECT_EQ(session_->peer().version, "TLSv1.2");
}

TEST_F(TlsSessionTest, KnowsAPeerWithoutTlsByItsFirstBytes) {
  begin("redis.test");
  EXPECT_EQ(session_->open("-ERR unknown command\r\n"), "");
  EXPECT_THAT(session_->failure()->remedy, HasSubstr("redis://"));
  begin("redis.test");
  session_->open("HTTP/1.1 400 Bad Request\r\n");
  EXPECT_THAT(session_->failure()->remedy, HasSubstr("HTTP server"));
}

}  // namespace
}  // namespace firebase_relay::bus
