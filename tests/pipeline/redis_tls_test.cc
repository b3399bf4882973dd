// TLS to a real Redis: what `check` says when it is well, and what it says of each thing that can be wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/broker_run.h"
#include "support/authority.h"
#include "support/checked.h"
#include "support/eventually.h"
#include "support/local_port.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using test_support::Authority;
using test_support::CertifiedKey;
using test_support::checked;
using test_support::Emulator;
using test_support::eventually;
using test_support::LocalPort;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RedisTransport;
using test_support::RelayProcess;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// `rediss://HOST:PORT` of `redis`, whose certificate is for localhost and 127.0.0.1.
std::string url_at(const RedisServer& redis, const std::string& host) {
  const std::string url = redis.url();
  return "rediss://" + host + url.substr(url.rfind(':'));
}
std::string in_plain(const RedisServer& redis) { return "redis" + redis.url().substr(6); }
std::vector<std::string> trusting() { return {"--redis-ca-file", Authority::of_the_tests().file()}; }

class RedisTls : public testing::Test {
 protected:
  std::string check(const std::string& url, const std::vector<std::string>& flags) {
    return checked(url, emulator_, flags);
  }
  const Emulator emulator_;
};

TEST_F(RedisTls, IsToldWithVersionIssuerAndTheDaysThatAreLeft) {
  const RedisServer redis(RedisTransport::kTls);
  for (const char* const host : {"localhost", "127.0.0.1"}) {
    EXPECT_THAT(check(url_at(redis, host), trusting()),
                AllOf(StartsWith("ok"), HasSubstr("subscribed, TLSv1.3, certificate by Test CA, 29 days left")));
  }
  const RedisServer older(RedisTransport::kTls, {"--tls-protocols", "TLSv1.2"});
  EXPECT_THAT(check(older.url(), trusting()), AllOf(StartsWith("ok"), HasSubstr("TLSv1.2")));
}

TEST_F(RedisTls, ByAnUnknownAuthorityNamesTheFlag) {
  const RedisServer redis(RedisTransport::kTls);
  EXPECT_THAT(check(redis.url(), {}),
              AllOf(StartsWith("FAILED"), HasSubstr("signed by nobody we trust"), HasSubstr("by --redis-ca-file")));
  RelayProcess relay(redis, emulator_, {"--redis-ca-file", Authority().file()});
  EXPECT_FALSE(relay.process().wait_for("signed by nobody we trust").empty());
  EXPECT_FALSE(relay.is_ready());
}

TEST_F(RedisTls, UnderAnotherNameNamesTheFlag) {
  const RedisServer redis(RedisTransport::kTls, {"--bind", "127.0.0.1", "127.0.0.2"});
  EXPECT_THAT(check(url_at(redis, "127.0.0.2"), trusting()),
              AllOf(StartsWith("FAILED"), HasSubstr("is for localhost, 127.0.0.1, not for 127.0.0.2"),
                    HasSubstr("--redis-tls-name")));
  std::vector<std::string> flags = trusting();
  flags.insert(flags.end(), {"--redis-tls-name", "localhost"});
  EXPECT_THAT(check(url_at(redis, "127.0.0.1"), flags), StartsWith("ok"));
}

TEST_F(RedisTls, ThatWantsAClientsCertificateNamesTheFlag) {
  for (const std::vector<std::string>& versions :
       {std::vector<std::string>{}, std::vector<std::string>{"--tls-protocols", "TLSv1.2"}}) {
    const RedisServer redis(RedisTransport::kMutualTls, versions);
    EXPECT_THAT(check(redis.url(), trusting()), AllOf(StartsWith("FAILED"), HasSubstr("--redis-cert-file")));
    EXPECT_THAT(check(redis.url(), redis.relay_flags()), StartsWith("ok"));
    Authority stranger;
    const CertifiedKey foreign = stranger.sign("DNS:relay");
    std::vector<std::string> flags = trusting();
    flags.insert(flags.end(), {"--redis-cert-file", foreign.certificate, "--redis-key-file", foreign.key});
    EXPECT_THAT(check(redis.url(), flags), AllOf(StartsWith("FAILED"), HasSubstr("tls-ca-cert-file")));
  }
}

TEST_F(RedisTls, WhoseCertificateExpiredSaysWhen) {
  const CertifiedKey old = Authority::of_the_tests().sign("DNS:localhost", 0);
  const RedisServer redis(RedisTransport::kTls, {"--tls-cert-file", old.certificate, "--tls-key-file", old.key});
  EXPECT_THAT(check(redis.url(), trusting()),
              AllOf(StartsWith("FAILED"), HasSubstr("certificate expired on 20"), HasSubstr("renew")));
}

TEST_F(RedisTls, OfOldVersionsIsRefused) {
  const RedisServer redis(RedisTransport::kTls, {"--tls-protocols", "TLSv1.1"});
  EXPECT_THAT(check(redis.url(), trusting()), AllOf(StartsWith("FAILED"), HasSubstr("tls-protocols")));
}

TEST_F(RedisTls, IsNotSpokenWhereTheSchemeSaysItIsNot) {
  const RedisServer redis(RedisTransport::kTls);
  EXPECT_THAT(check(in_plain(redis), {}), AllOf(StartsWith("FAILED"), HasSubstr("use rediss://")));
  const std::string port = std::to_string(LocalPort(LocalPort::kClosed).port());
  const RedisServer plain({"--port", port, "--bind", "127.0.0.1"});
  EXPECT_THAT(check("rediss://127.0.0.1:" + port, trusting()), AllOf(StartsWith("FAILED"), HasSubstr("redis://")));
}

TEST_F(RedisTls, WithAFileThatIsNoGoodEndsTheStart) {
  const RedisServer redis(RedisTransport::kTls);
  EXPECT_THAT(check(redis.url(), {"--redis-ca-file", "/nowhere"}),
              AllOf(StartsWith("FAILED"), HasSubstr("--redis-ca-file /nowhere: cannot be read")));
  for (const char* const command : {"run", "tap"}) {
    test_support::Process process(
        {test_support::built("src/firebase-relay"), command, "--redis-url", redis.url(), "--redis-ca-file", "/nowhere"},
        {"FIREBASE_DATABASE_URL=" + emulator_.database_url()});
    EXPECT_EQ(process.wait(), 2);
    EXPECT_THAT(process.err(), HasSubstr("--redis-ca-file /nowhere: cannot be read"));
  }
}

TEST_F(RedisTls, FlagsWithoutItAreSaidToDoNothing) {
  const RedisServer redis;
  RelayProcess relay(redis, emulator_, trusting());
  EXPECT_THAT(relay.process().err(), HasSubstr("--redis-ca-file is not used: --redis-url does not say rediss://"));
}

TEST_F(RedisTls, ThatTakesItsLeaveIsSaidToHaveClosed) {
  const RedisServer redis(RedisTransport::kTls);
  RelayProcess relay(redis, emulator_);
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  ASSERT_EQ(RedisClient(redis).command({"CLIENT", "KILL", "TYPE", "pubsub"}), "1");
  EXPECT_FALSE(relay.process().wait_for("redis: closed by Redis").empty());
  EXPECT_TRUE(eventually([&] { return relay.metric("redis_reconnects_total") == 1 && relay.is_ready(); }));
}

TEST_F(RedisTls, ThatIsKilledIsSaidToHaveClosed) {
  RedisServer redis(RedisTransport::kTls);
  RelayProcess relay(redis, emulator_);
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  redis.kill();
  EXPECT_FALSE(relay.process().wait_for("redis: closed by Redis").empty());
}

TEST_F(RedisTls, MessagesOfUpToMegabytesComeThroughWhole) {
  const RedisServer redis(RedisTransport::kTls);
  RelayProcess relay(redis, emulator_);
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  RedisClient client(redis);
  for (const std::size_t size : {std::size_t{1}, std::size_t{16'383}, std::size_t{16'385}, std::size_t{900'000}})
    client.publish("BLOB_" + std::to_string(size), R"({"text":")" + std::string(size, 'x') + "\"}");
  ASSERT_TRUE(relay.wait_delivered(4)) << relay.metrics();
  for (const std::size_t size : {std::size_t{1}, std::size_t{16'383}, std::size_t{16'385}, std::size_t{900'000}})
    EXPECT_EQ(emulator_.get("channels/BLOB_" + std::to_string(size) + "/text").get<std::string>().size(), size);
}

TEST_F(RedisTls, AtFullSpeedLosesNothingAndIsNotCutOff) {
  const RedisServer redis(RedisTransport::kTls, {"--loglevel", "verbose"});
  RelayProcess relay(redis, emulator_, {"--flush-interval-ms", "20"});
  ASSERT_TRUE(relay.wait_ready()) << relay.process().err();
  BrokerRun broker;
  // Below the 65,536 messages behind which an equal one of the same second has the same key (contract, guarantee 2).
  broker.publish(redis, {"--rate", "0", "--messages", "60000", "--seed", "7"});
  ASSERT_TRUE(relay.wait_delivered(60'000)) << relay.process().err() << redis.log();
  EXPECT_EQ(broker.difference(emulator_), "");
  EXPECT_EQ(relay.metric("redis_reconnects_total"), 0) << redis.log();
}

}  // namespace
}  // namespace pipeline_test
