// Service accounts and legacy secrets, end to end: a token endpoint of our own, a database that lets nobody else in.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "pipeline/credentials_fixture.h"

namespace pipeline_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test_support::TokenServer;

class CredentialsTest : public CredentialsFixture {};

TEST_F(CredentialsTest, TokenIsMintedAndUsed) {
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  for (const std::string reason : {"token", "connect", "write_too_big", "unknown_answer"}) {
    EXPECT_NE(relay.metrics().find("retries_total{reason=\"" + reason + "\"} 0\n"), std::string::npos)
        << "an alert looks at its increase, which a series that begins at 1 has not: " << reason;
  }
  publish(100);
  ASSERT_TRUE(relay.wait_delivered(100)) << relay.process().err();
  EXPECT_EQ(stored(), 100u);
  EXPECT_EQ(tokens_->tokens().size(), 1u);
  EXPECT_EQ(patches_answered(401), 0) << "no request goes out before the token is there";
  EXPECT_EQ(relay.metric("retries_total"), 0) << relay.metrics();
  EXPECT_EQ(relay.stop(), 0);
}

TEST_F(CredentialsTest, TokenThatLivesTwoSecondsIsRenewedUnderLoadAndNothingIsLost) {
  tokens_->set({.expires_in = 2});
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis_);
  int published = 0;
  const auto renewed_often = [&] {
    for (int i = 0; i < 20; ++i) client.publish("TICKER_UPDATES_AAPL", price(published++));
    return tokens_->tokens().size() >= 5;
  };
  ASSERT_TRUE(eventually(renewed_often, seconds(60))) << relay.process().err();
  ASSERT_TRUE(relay.wait_delivered(published)) << relay.metrics() << relay.process().err();
  EXPECT_EQ(stored(), static_cast<std::size_t>(published));
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
}

TEST_F(CredentialsTest, TokenThatTheDatabaseRefusesInTheMiddleIsReplacedOnce) {
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  publish(50);
  ASSERT_TRUE(relay.wait_delivered(50)) << relay.process().err();

  emulator_.control("POST", "tokens", {{"revoke", {"token-1"}}});
  publish(50, 50);

  ASSERT_TRUE(relay.wait_delivered(100, seconds(25))) << relay.metrics() << relay.process().err();
  EXPECT_EQ(stored(), 100u);
  EXPECT_EQ(tokens_->tokens().size(), 2u);
  EXPECT_GE(relay.metric("retries_total", "unauthorized"), 1);
  EXPECT_EQ(relay.metric("delivery_held", "unauthorized"), 0);
  EXPECT_EQ(relay.metric("patches_total", "held"), 0) << relay.process().err();
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
}

TEST_F(CredentialsTest, KeyThatIsRefusedIsToldAndNothingIsLost) {
  tokens_->set({.status = 400, .error = "invalid_grant"});
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  publish(50);
  relay.process().wait_for("refuses the key: invalid_grant: as the script says; the key is revoked or deleted");
  EXPECT_TRUE(eventually([&] { return relay.metric("messages_in_flight") == 50; })) << relay.metrics();
  EXPECT_GE(relay.metric("retries_total", "token"), 1);
  ASSERT_TRUE(eventually([&] { return relay.metric("retries_total", "connect") >= 1; })) << "a request ended unsent";
  EXPECT_EQ(relay.metric("patch_bytes_total"), 0);
  EXPECT_EQ(relay.metric("patch_paths_total"), 0);

  tokens_->set({});

  ASSERT_TRUE(relay.wait_delivered(50, minutes(2))) << relay.metrics() << relay.process().err();
  EXPECT_GT(relay.metric("patch_bytes_total"), 0);
  EXPECT_EQ(stored(), 50u);
  EXPECT_EQ(patches_answered(401), 0) << "nothing ever went out without a token";
}

TEST_F(CredentialsTest, KeyThatIsAnotherIsToldByItsSignature) {
  const test_support::RsaKey another;
  write_key(another);
  RelayProcess relay(redis_, emulator_, flags({"--drain-timeout-ms", "200"}));
  relay.process().wait_for("invalid_grant: Invalid JWT Signature.");
}

TEST_F(CredentialsTest, ClockThatIsWrongIsMendedByTheEndpointsAndTold) {
  tokens_->set({.clock = minutes(20)});
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  publish(50);
  ASSERT_TRUE(relay.wait_delivered(50)) << relay.process().err();
  EXPECT_NE(relay.process().err().find("s behind the token endpoint's"), std::string::npos) << relay.process().err();
  EXPECT_NE(relay.process().err().find("NTP"), std::string::npos);
  EXPECT_EQ(tokens_->requests(), 2u);
}

TEST_F(CredentialsTest, EndpointThatCannotBeReachedIsWaitedForAndNothingIsLost) {
  const std::uint16_t port = tokens_->port();
  tokens_.reset();
  RelayProcess relay(redis_, emulator_, flags());
  ASSERT_TRUE(relay.wait_ready());
  publish(50);
  relay.process().wait_for("the token endpoint does not answer");
  EXPECT_TRUE(eventually([&] { return relay.process().err().find("no access token yet") != std::string::npos; }))
      << relay.process().err();
  EXPECT_TRUE(eventually([&] { return relay.metric("messages_in_flight") == 50; })) << relay.metrics();

  start_tokens(port);

  ASSERT_TRUE(relay.wait_delivered(50, minutes(3))) << relay.metrics() << relay.process().err();
  EXPECT_EQ(stored(), 50u);
  EXPECT_EQ(patches_answered(401), 0);
}

TEST_F(CredentialsTest, EndpointThatHangsHoldsUpNeitherTheFlusherNorTheEnd) {
  tokens_->set({.hangs = true});
  RelayProcess relay(redis_, emulator_, flags({"--drain-timeout-ms", "200"}));
  ASSERT_TRUE(relay.wait_ready());
  ASSERT_TRUE(eventually([&] { return tokens_->requests() == 1; }));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(relay.stop(), 0) << relay.process().err();
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(8)) << "the exchange alone would wait ten seconds";
}

TEST_F(CredentialsTest, LegacySecretGoesInTheQuery) {
  Emulator database({"--require-auth", "--test-controls", "--secret", "legacy+secret/1"});
  write("secret", "legacy+secret/1\n");
  RelayProcess relay(redis_, database, {"--auth-secret-file", dir_.file("secret")});
  ASSERT_TRUE(relay.wait_ready());
  publish(10);
  ASSERT_TRUE(relay.wait_delivered(10)) << relay.process().err();
  EXPECT_EQ(database.get("services/AAPL/price"), "9");
}

TEST_F(CredentialsTest, KeyThatOthersMayReadIsRefusedWithTheFix) {
  ::chmod(key_file().c_str(), 0640);
  Process relay(command("run"));
  EXPECT_EQ(relay.wait(), 2) << relay.err();
  EXPECT_NE(relay.err().find("chmod 600 " + key_file()), std::string::npos) << relay.err();
  EXPECT_EQ(tokens_->requests(), 0u);
}

TEST_F(CredentialsTest, NoneAtAllIsWorthAWarningUnlessTheDatabaseIsLocal) {
  Process relay({test_support::built("src/firebase-relay"), "run", "--redis-url", redis_.url(), "--http-listen",
                 "127.0.0.1:0", "--drain-timeout-ms", "0", "--database-url", "https://no-such-host.invalid"});
  relay.wait_for("no credentials (--credentials): the database will refuse everything");
  RelayProcess local(redis_, emulator_, {"--drain-timeout-ms", "0"});
  local.process().wait_for("cannot be replayed");
  EXPECT_EQ(local.process().err().find("no credentials"), std::string::npos) << local.process().err();
}

TEST_F(CredentialsTest, BothKindsAtOnceAreRefusedInOneLine) {
  write("secret", "s");
  auto words = command("run");
  words.insert(words.end(), {"--auth-secret-file", dir_.file("secret")});
  Process relay(words);
  EXPECT_EQ(relay.wait(), 2);
  EXPECT_EQ(relay.err(),
            "firebase-relay: --credentials and --auth-secret-file: expected one of the two, a service account's key or "
            "a legacy secret\n");
}

TEST_F(CredentialsTest, CheckMintsATokenAndWritesWithIt) {
  Process good(command("check"));
  EXPECT_EQ(good.wait(), 0) << good.out() << good.err();
  EXPECT_NE(good.out().find("ok      credentials  relay@demo-project.iam.gserviceaccount.com, access token obtained"),
            std::string::npos)
      << good.out();
  EXPECT_EQ(tokens_->tokens().size(), 1u);

  tokens_->set({.status = 400, .error = "invalid_grant"});
  Process refused(command("check"));
  EXPECT_EQ(refused.wait(), 1);
  EXPECT_NE(refused.out().find("FAILED  credentials"), std::string::npos) << refused.out();
  EXPECT_NE(refused.out().find("make a new one"), std::string::npos) << refused.out();

  tokens_->set({.clock = minutes(-20)});
  Process ahead(command("check"));
  EXPECT_EQ(ahead.wait(), 1);
  EXPECT_NE(ahead.out().find("FAILED  clock"), std::string::npos) << ahead.out();
  EXPECT_NE(ahead.out().find("ok      database"), std::string::npos) << ahead.out();

  ::chmod(key_file().c_str(), 0644);
  Process open(command("check"));
  EXPECT_EQ(open.wait(), 1);
  EXPECT_NE(open.out().find("-> run: chmod 600"), std::string::npos) << open.out();
}

}  // namespace
}  // namespace pipeline_test
