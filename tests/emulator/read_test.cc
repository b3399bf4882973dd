// Reading: queries, conditions, streams, credentials.
#include "emulator/emulator_fixture.h"
#include "emulator/stream_listener.h"
#include "support/eventually.h"

namespace emulator_test {
namespace {

using test_support::eventually;

TEST_F(EmulatorTest, Example1NothingIsNull) {
  EXPECT_EQ(status("GET", "/none.json"), 200);
  EXPECT_EQ(value("/none.json"), "null");
  EXPECT_EQ(value("/none/.json"), "null") << "both spellings are the same place";
}

TEST_F(EmulatorTest, Example31And32Shallow) {
  EXPECT_EQ(status("PUT", "/.json", R"({"a":{"b":1},"c":2})"), 200);
  EXPECT_EQ(json::parse(ask("GET", "/.json?shallow=true").body), json::parse(R"({"a":true,"c":true})"));
  EXPECT_EQ(ask("GET", "/c.json?shallow=true").body, "2");
  expect_refused("GET", "/.json?shallow=true&orderBy=\"$key\"", "", 400);
}

TEST_F(EmulatorTest, ShallowIsForGetsAndGoesWithNothingButPrintAndCredentials) {
  EXPECT_EQ(status("PUT", "/.json", R"({"a":{"b":1}})"), 200);
  for (const char* other :
       {"format=export", "timeout=3s", "limitToFirst=1", "startAt=%22a%22", "writeSizeLimit=tiny"}) {
    expect_refused("GET", std::string("/.json?shallow=true&") + other, "", 400, "Mixing 'shallow'");
  }
  for (const char* other : {"print=pretty", "auth=s", "access_token=t"}) {
    EXPECT_EQ(value(std::string("/.json?shallow=true&") + other), R"({"a":true})") << other;
  }
  EXPECT_EQ(value("/.json?shallow=false&format=export"), R"({"a":{"b":1}})");
  expect_refused("PUT", "/a.json?shallow=true", "1", 400, "shallow");
  expect_refused("PATCH", "/.json?shallow=true", R"({"a":1})", 400, "shallow");
  expect_refused("POST", "/a.json?shallow=true", "1", 400, "shallow");
  expect_refused("DELETE", "/a.json?shallow=true", "", 400, "shallow");
}

TEST_F(EmulatorTest, PrettyIsForPeople) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"x":1})"), 200);
  EXPECT_NE(ask("GET", "/a.json?print=pretty").body.find("\n"), std::string::npos);
  EXPECT_EQ(ask("GET", "/a.json").body, R"({"x":1})");
}

TEST_F(EmulatorTest, Example36EtagConditions) {
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  Response response = ask("GET", "/a.json", "", {"X-Firebase-ETag: true"});
  const std::string etag = response.headers["etag"];
  ASSERT_NE(etag, "");
  response = ask("PUT", "/a.json", "2", {"if-match: wrong"});
  EXPECT_EQ(response.status, 412);
  EXPECT_EQ(response.body, "1");
  EXPECT_EQ(response.headers["etag"], etag);
  EXPECT_EQ(ask("PUT", "/a.json", "2", {"if-match: " + etag}).status, 200);
  EXPECT_EQ(ask("PUT", "/a.json", "3", {"if-match: " + etag}).status, 412);
  EXPECT_EQ(ask("PATCH", "/.json", R"({"a":3})", {"if-match: " + etag}).status, 400);
  EXPECT_EQ(value("/a.json"), "2");
}

TEST_F(EmulatorTest, Example37And38Queries) {
  EXPECT_EQ(status("PUT", "/k.json", R"({"a":1,"b":2,"c":3,"d":4})"), 200);
  expect_refused("GET", "/k.json?limitToFirst=1", "", 400,
                 "orderBy must be defined when other query parameters are defined");
  expect_refused("GET", "/k.json?orderBy=\"p\"&equalTo=1", "", 400, "Index not defined");
  const std::string by_key = "/k.json?orderBy=%22$key%22";
  EXPECT_EQ(value(by_key + "&limitToFirst=2"), R"({"a":1,"b":2})");
  EXPECT_EQ(value(by_key + "&limitToLast=1"), R"({"d":4})");
  EXPECT_EQ(value(by_key + "&startAt=%22b%22&endAt=%22c%22"), R"({"b":2,"c":3})");
  EXPECT_EQ(value(by_key + "&equalTo=%22c%22"), R"({"c":3})");
  for (const char* bound : {"startAt", "endAt", "equalTo"}) {
    for (const char* no_key : {"5", "true", "null", "[1]"}) {
      expect_refused("GET", by_key + "&" + bound + "=" + no_key, "", 400, "Key index passed non-string bound");
    }
  }
  EXPECT_EQ(value("/k.json?orderBy=%22$value%22&startAt=4"), R"({"d":4})") << "a value may be a number";
}

TEST_F(EmulatorTest, Example42TimeoutIsChecked) {
  expect_refused("GET", "/a.json?timeout=0s", "", 400);
  expect_refused("GET", "/a.json?timeout=16min", "", 400);
  EXPECT_EQ(status("GET", "/a.json?timeout=3s"), 200);
}

TEST_F(EmulatorTest, Example39And43Credentials) {
  emulator_ = std::make_unique<Emulator>(
      std::vector<std::string>{"--require-auth", "--test-controls", "--token", "good", "--secret", "s3"});
  Response response = ask("GET", "/a.json");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"error":"Permission denied"})"));
  response = ask("GET", "/a.json?auth=garbage");
  EXPECT_EQ(response.status, 401);
  EXPECT_NE(response.body.find("Could not parse auth token"), std::string::npos);
  EXPECT_EQ(ask("GET", "/a.json", "", {"Authorization: Bearer owner"}).status, 200);
  EXPECT_EQ(ask("GET", "/a.json", "", {"Authorization: Bearer good"}).status, 200);
  EXPECT_EQ(ask("GET", "/a.json", "", {"Authorization: Bearer bad"}).status, 401);
  EXPECT_EQ(ask("GET", "/a.json?auth=s3").status, 200);
  emulator().control("POST", "tokens", {{"revoke", {"good"}}});
  EXPECT_EQ(ask("GET", "/a.json", "", {"Authorization: Bearer good"}).status, 401);
}

// Firebase's own emulator refuses a request that names no database. This one has a default, for whoever types a URL;
// with an empty one it refuses, too.
TEST_F(EmulatorTest, Example43RequestWithoutNsIsForTheDefaultDatabaseOrRefusedWhereThatIsEmpty) {
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  EXPECT_EQ(test_support::http("GET", emulator().url() + "/a.json").body, "1") << "demo is the default";
  emulator_ = std::make_unique<Emulator>(std::vector<std::string>{"--test-controls", "--ns", ""});
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200) << "names it";
  for (const char* method : {"GET", "PUT", "PATCH", "POST", "DELETE"}) {
    const Response response = test_support::http(method, emulator().url() + "/a.json", R"({"b":1})");
    EXPECT_EQ(response.status, 400) << method;
    EXPECT_NE(response.body.find("ns="), std::string::npos) << response.body;
  }
  const std::vector<std::string> stream = {"Accept: text/event-stream"};
  EXPECT_EQ(test_support::http("GET", emulator().url() + "/a.json", "", stream).status, 400);
  EXPECT_EQ(value("/a.json"), "1");
}

TEST_F(EmulatorTest, Example41StreamTellsOfPutsAndPatchesRelativeToItsPath) {
  emulator_ = std::make_unique<Emulator>(std::vector<std::string>{"--test-controls", "--keep-alive-seconds", "1"});
  EXPECT_EQ(status("PUT", "/a.json", R"({"x":1})"), 200);
  const StreamListener at_a(emulator().url() + "/a.json?ns=demo");
  const StreamListener at_root(emulator().url() + "/.json?ns=demo");
  EXPECT_TRUE(at_a.wait_for("event: put\ndata: {\"path\":\"/\",\"data\":{\"x\":1}}\n\n")) << at_a.text();
  EXPECT_TRUE(at_root.wait_for("event: put"));
  EXPECT_EQ(status("PATCH", "/a.json", R"({"y":2,"z":3})"), 200);
  EXPECT_TRUE(at_a.wait_for("event: patch\ndata: {\"path\":\"/\",\"data\":{\"y\":2,\"z\":3}}")) << at_a.text();
  EXPECT_TRUE(at_root.wait_for("\"path\":\"/a\"")) << at_root.text();
  EXPECT_EQ(status("PUT", "/a/deep/er.json", "4"), 200);
  EXPECT_TRUE(at_a.wait_for("event: put\ndata: {\"path\":\"/deep/er\",\"data\":4}")) << at_a.text();
  EXPECT_TRUE(at_a.wait_for("event: keep-alive\ndata: null")) << at_a.text();
}

TEST_F(EmulatorTest, StreamOfAQueryTellsWhatItTakesAndThenWhatChangesInThat) {
  EXPECT_EQ(status("PUT", "/k.json", R"({"1":1,"2":2,"3":3})"), 200);
  const StreamListener window(emulator().url() + "/k.json?ns=demo&orderBy=%22$key%22&limitToLast=2");
  EXPECT_TRUE(window.wait_for("event: put\ndata: {\"path\":\"/\",\"data\":{\"2\":2,\"3\":3}}\n\n")) << window.text();
  EXPECT_EQ(status("PUT", "/k/0.json", "0"), 200);
  EXPECT_EQ(status("PUT", "/k/4.json", "4"), 200);
  EXPECT_TRUE(window.wait_for("event: patch\ndata: {\"path\":\"/\",\"data\":{\"2\":null,\"4\":4}}\n\n"))
      << window.text();
  EXPECT_EQ(status("PATCH", "/k.json", R"({"4":null,"3":9})"), 200);
  EXPECT_TRUE(window.wait_for("{\"4\":null,\"2\":2,\"3\":9}")) << window.text();
  EXPECT_EQ(window.text().find("\"0\""), std::string::npos) << window.text();
}

TEST_F(EmulatorTest, StreamOfAQueryThatIsNoneIsRefused) {
  const std::vector<std::string> stream = {"Accept: text/event-stream"};
  for (const char* query : {"limitToLast=1", "orderBy=%22p%22", "orderBy=%22$key%22&startAt=1"}) {
    const Response response = test_support::http("GET", emulator().url() + "/k.json?ns=demo&" + query, "", stream);
    EXPECT_EQ(response.status, 400) << query;
  }
}

TEST_F(EmulatorTest, StreamTellsPrioritiesWhereTheyAreAskedFor) {
  EXPECT_EQ(status("PUT", "/p.json", R"({"a":{".value":1,".priority":2}})"), 200);
  const StreamListener with(emulator().url() + "/p.json?ns=demo&format=export");
  const StreamListener without(emulator().url() + "/p.json?ns=demo");
  EXPECT_TRUE(with.wait_for("\"data\":{\"a\":{\".value\":1,\".priority\":2}}")) << with.text();
  EXPECT_TRUE(without.wait_for("\"data\":{\"a\":1}")) << without.text();
  EXPECT_EQ(status("PATCH", "/p.json", R"({"b":{".value":3,".priority":"x"}})"), 200);
  EXPECT_TRUE(with.wait_for("\"data\":{\"b\":{\".value\":3,\".priority\":\"x\"}}")) << with.text();
  const StreamListener window(emulator().url() +
                              "/p.json?ns=demo&format=export&orderBy=%22$priority%22&limitToFirst=1");
  EXPECT_TRUE(window.wait_for("\"data\":{\"a\":{\".value\":1,\".priority\":2}}")) << window.text();
}

TEST_F(EmulatorTest, StreamAtExactlyThePatchedPathIsToldOfItsValueAsAPut) {
  const StreamListener at_ten(emulator().url() + "/lis/ten.json?ns=demo");
  ASSERT_TRUE(at_ten.wait_for("event: put\ndata: {\"path\":\"/\",\"data\":null}\n\n")) << at_ten.text();
  EXPECT_EQ(status("PATCH", "/.json", R"({"lis/ten":5,"other":6})"), 200);
  EXPECT_TRUE(at_ten.wait_for("event: put\ndata: {\"path\":\"/\",\"data\":5}\n\n")) << at_ten.text();
  EXPECT_EQ(status("PATCH", "/lis.json", R"({"ten":{"a":1}})"), 200);
  EXPECT_TRUE(at_ten.wait_for("event: put\ndata: {\"path\":\"/\",\"data\":{\"a\":1}}\n\n")) << at_ten.text();
  EXPECT_EQ(at_ten.text().find("event: patch"), std::string::npos) << at_ten.text();
}

TEST_F(EmulatorTest, StreamIsToldOfAPatchOfNullAsAPut) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"b":{"c":1},"d":2})"), 200);
  const StreamListener above(emulator().url() + "/a.json?ns=demo");
  const StreamListener below(emulator().url() + "/a/b/c.json?ns=demo");
  ASSERT_TRUE(above.wait_for("event: put"));
  ASSERT_TRUE(below.wait_for("event: put"));
  EXPECT_EQ(status("PATCH", "/a/b.json", "null"), 200);
  EXPECT_TRUE(above.wait_for("event: put\ndata: {\"path\":\"/b\",\"data\":null}\n\n")) << above.text();
  EXPECT_TRUE(below.wait_for("event: put\ndata: {\"path\":\"/\",\"data\":null}\n\n")) << below.text();
}

TEST_F(EmulatorTest, StreamWritesAPathAsJsonWhateverItsKeysHold) {
  const StreamListener listener(emulator().url() + "/a.json?ns=demo");
  ASSERT_TRUE(listener.wait_for("event: put"));
  EXPECT_EQ(status("PUT", "/a/say%20%22hi%22.json", "1"), 200);
  EXPECT_TRUE(listener.wait_for(R"(data: {"path":"/say \"hi\"","data":1})")) << listener.text();
}

TEST_F(EmulatorTest, Example41StreamEndsWhenItsTokenIsRevoked) {
  emulator_ =
      std::make_unique<Emulator>(std::vector<std::string>{"--require-auth", "--test-controls", "--token", "good"});
  const StreamListener listener(emulator().url() + "/a.json?ns=demo", {"Authorization: Bearer good"});
  ASSERT_TRUE(listener.wait_for("event: put"));
  emulator().control("POST", "tokens", {{"revoke", {"good"}}});
  EXPECT_TRUE(listener.wait_for("event: auth_revoked")) << listener.text();
  EXPECT_TRUE(eventually([&] { return listener.is_closed(); }));
}

TEST_F(EmulatorTest, Example41StreamIsCancelledWhenTheRulesAreClosed) {
  const StreamListener anybody(emulator().url() + "/a.json?ns=demo");
  const StreamListener admin(emulator().url() + "/a.json?ns=demo", {"Authorization: Bearer owner"});
  ASSERT_TRUE(anybody.wait_for("event: put"));
  ASSERT_TRUE(admin.wait_for("event: put"));
  emulator().control("POST", "settings", {{"require_auth", true}});
  EXPECT_TRUE(anybody.wait_for("event: cancel\ndata: \"Permission denied.\"\n\n")) << anybody.text();
  EXPECT_TRUE(eventually([&] { return anybody.is_closed(); }));
  EXPECT_EQ(anybody.text().find("auth_revoked"), std::string::npos) << anybody.text();
  EXPECT_EQ(ask("GET", "/a.json", "", {"Accept: text/event-stream"}).status, 401) << "it never begins";
  EXPECT_EQ(ask("PUT", "/a.json", "1", {"Authorization: Bearer owner"}).status, 200);
  EXPECT_TRUE(admin.wait_for("\"data\":1}")) << "rules do not concern it: " << admin.text();
}

}  // namespace
}  // namespace emulator_test
