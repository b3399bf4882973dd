// Who may use the database's own protocol: gauth, auth, unauth.
#include "emulator/web_socket_fixture.h"

namespace emulator_test {
namespace {

/// Where nobody gets in without a credential.
class ClosedTest : public WebSocketTest {
 protected:
  ClosedTest() { restart({"--test-controls", "--require-auth", "--token", "good", "--secret", "s3"}); }
  /// As the SDKs make them for emulators: no algorithm, no signature. {"alg":"none"}.{"sub":"alice"}.
  static constexpr char kAlice[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.";
  /// {"sub":"alice","iat":0,"exp":3600}: connectDatabaseEmulator(…, {mockUserToken: {sub: "alice"}}).
  static constexpr char kMock[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImlhdCI6MCwiZXhwIjozNjAwfQ.";
  /// {"sub":"alice","exp":1}
  static constexpr char kLongAgo[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6MX0.";
};

TEST_F(ClosedTest, WithoutACredentialEverythingIsRefused) {
  for (const char* action : {"q", "g", "p", "m", "o", "om"}) {
    const json answer = client().ask(action, {{"p", "/a"}, {"d", {{"x", 1}}}});
    EXPECT_EQ(answer["s"], "permission_denied") << action;
    EXPECT_EQ(answer["d"], "Permission denied");
  }
  EXPECT_EQ(client().pushes(), Pushes{});
  EXPECT_EQ(client().ask("s", {{"c", json::object()}})["s"], "ok");
}

TEST_F(ClosedTest, TheOwnerAndAKnownTokenMayDoEverything) {
  for (const char* token : {"owner", "good"}) {
    restart({"--test-controls", "--require-auth", "--token", "good"});
    EXPECT_EQ(client().ask("gauth", {{"cred", token}}), ok({{"auth", nullptr}}));
    EXPECT_EQ(client().ask("p", {{"p", "/a"}, {"d", 1}})["s"], "ok");
  }
  EXPECT_EQ(client().ask("gauth", {{"cred", "bad"}})["s"], "invalid_token");
}

TEST_F(ClosedTest, AUsersTokenSaysWhoHeIs) {
  const json answer = client().ask("auth", {{"cred", kAlice}});
  EXPECT_EQ(answer["s"], "ok");
  EXPECT_EQ(answer["d"]["auth"]["uid"], "alice");
  EXPECT_EQ(client().ask("p", {{"p", "/a"}, {"d", 1}})["s"], "ok");
  EXPECT_EQ(client().ask("auth", {{"cred", kMock}})["s"], "ok") << "is from 1970, and does not end";
  EXPECT_EQ(client().ask("auth", {{"cred", kLongAgo}})["s"], "expired_token");
  EXPECT_EQ(client().ask("auth", {{"cred", "a.b.c"}})["s"], "invalid_token");
  EXPECT_EQ(client().ask("auth", {{"cred", "s3"}})["s"], "ok") << "a database secret";
}

TEST_F(ClosedTest, WhoSignsOutIsToldWhichListenersEnd) {
  EXPECT_EQ(client().ask("gauth", {{"cred", "owner"}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", ""}})["s"], "ok");
  const json query = {{"i", ".key"}, {"l", 1}};
  EXPECT_EQ(client().ask("q", {{"p", "/b"}, {"q", query}, {"t", 1}, {"h", ""}})["s"], "ok");
  client().pushes();
  EXPECT_EQ(client().ask("unauth", json::object())["s"], "ok");
  EXPECT_EQ(client().pushes(2),
            (Pushes{{{"a", "c"}, {"b", {{"p", "a"}}}}, {{"a", "c"}, {"b", {{"p", "b"}, {"q", {query}}}}}}));
  ask("PUT", "/a.json", "1", {"Authorization: Bearer owner"});
  EXPECT_EQ(client().ask("g", {{"p", "/a"}})["s"], "permission_denied");
  EXPECT_EQ(client().pushes(), Pushes{});
}

TEST_F(ClosedTest, ATokenThatIsTakenBackEndsTheSession) {
  EXPECT_EQ(client().ask("gauth", {{"cred", "good"}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", ""}})["s"], "ok");
  client().pushes();
  emulator().control("POST", "tokens", {{"revoke", {"good"}}});
  EXPECT_EQ(client().ask("g", {{"p", "/a"}})["s"], "permission_denied");
  EXPECT_EQ(client().pushes(), (Pushes{{{"a", "ac"}, {"b", {{"s", "expired_token"}, {"d", "Auth token is expired"}}}},
                                       {{"a", "c"}, {"b", {{"p", "a"}}}}}));
}

TEST_F(ClosedTest, AUsersTokenEndsAfterTheTimeThatWasAskedForAlsoForWhoOnlyListens) {
  restart({"--test-controls", "--require-auth", "--token-seconds", "1"});
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", ""}})["s"], "ok");
  client().pushes();
  EXPECT_EQ(client().pushes(2), (Pushes{{{"a", "ac"}, {"b", {{"s", "expired_token"}, {"d", "Auth token is expired"}}}},
                                        {{"a", "c"}, {"b", {{"p", "a"}}}}}));
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "expired_token");
  EXPECT_EQ(ask("GET", std::string("/a.json?auth=") + kAlice).status, 401);
  EXPECT_EQ(client().ask("auth", {{"cred", kMock}})["s"], "ok") << "a fresh one";
}

}  // namespace
}  // namespace emulator_test
