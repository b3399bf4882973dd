// --rules over REST, event streams and WebSockets: who reads, who writes, and who no longer does.
#include "emulator/rules_fixture.h"

#include "emulator/stream_listener.h"
#include "support/eventually.h"

namespace emulator_test {
namespace {

using test_support::eventually;

constexpr char kDenied[] = R"({"error":"Permission denied"})";

TEST_F(RulesTest, AReaderReadsByRestWhatTheRulesGrantAndNothingElse) {
  const std::string alice = std::string("?auth=") + kAlice;
  EXPECT_EQ(compact(ask("GET", "/services.json" + alice).body), R"({"A":{"price":1}})");
  EXPECT_EQ(compact(ask("GET", "/services/A/price.json" + alice).body), "1");
  for (const std::string place : {"/.json", "/readers.json", "/logs.json", "/readers/alice.json"}) {
    const Response response = ask("GET", place + alice);
    EXPECT_EQ(response.status, 401) << place;
    EXPECT_EQ(compact(response.body), kDenied) << place;
  }
  for (const std::string& who : {std::string(), std::string("?auth=") + kBob})
    EXPECT_EQ(ask("GET", "/services.json" + who).status, 401) << who;
  EXPECT_EQ(ask("GET", "/services.json?auth=nonsense").status, 401);
  EXPECT_EQ(ask("GET", "/services.json", "", {"Authorization: Bearer nonsense"}).status, 401);
}

TEST_F(RulesTest, NobodyButAnAdministratorWritesByRest) {
  const std::string alice = std::string(".json?auth=") + kAlice;
  const std::string before = admin("GET", "/.json");
  for (const char* method : {"PUT", "PATCH", "POST", "DELETE"}) {
    const Response response = ask(method, "/services" + alice, method == std::string("DELETE") ? "" : R"({"x":1})");
    EXPECT_EQ(response.status, 401) << method;
    EXPECT_EQ(compact(response.body), kDenied) << method;
    EXPECT_EQ(ask(method, "/services.json", R"({"x":1})").status, 401) << method;
  }
  EXPECT_EQ(admin("GET", "/.json"), before);
  EXPECT_EQ(ask("PUT", "/services" + alice, "1", {"if-match: wrong"}).status, 401) << "does not tell what stands there";
  use(std::string(test_support::source_dir()) + "/firebase/database.rules.json",
      {"--test-controls", "--token", "good", "--secret", "s3"});
  EXPECT_EQ(ask("PUT", "/logs/y.json", "2", {"Authorization: Bearer good"}).status, 200);
  EXPECT_EQ(ask("PUT", "/logs/y.json?auth=s3", "2").status, 200);
}

TEST_F(RulesTest, AStreamEndsWithTheWriteThatTakesItsRightAway) {
  const std::string url = emulator().url() + "/services.json?ns=demo";
  EXPECT_EQ(ask("GET", "/services.json", "", {"Accept: text/event-stream"}).status, 401);
  const StreamListener alice(url + "&auth=" + kAlice);
  const StreamListener owner(url, {"Authorization: Bearer owner"});
  ASSERT_TRUE(alice.wait_for("event: put\ndata: {\"path\":\"/\",\"data\":{\"A\":{\"price\":1}}}"));
  ASSERT_TRUE(owner.wait_for("event: put"));
  admin("PATCH", "/.json", R"({"readers/bob":true,"services/A/price":2})");
  EXPECT_TRUE(alice.wait_for("2}")) << alice.text();
  admin("PATCH", "/.json", R"({"readers/alice":null,"services/A/price":3})");
  EXPECT_TRUE(alice.wait_for("event: cancel\ndata: \"Permission denied.\"\n\n")) << alice.text();
  EXPECT_TRUE(eventually([&] { return alice.is_closed(); }));
  EXPECT_EQ(alice.text().find("3}"), std::string::npos) << "it must not see what it may not: " << alice.text();
  EXPECT_TRUE(owner.wait_for("3}")) << owner.text();
  EXPECT_FALSE(owner.is_closed());
}

TEST_F(RulesTest, AReaderListensAndGetsByTheSdksProtocolAndWritesNothing) {
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "permission_denied") << "nobody yet";
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["d"]["auth"]["uid"], "alice");
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{push("d", "services", {{"A", {{"price", 1}}}})});
  EXPECT_EQ(client().ask("g", {{"p", "/services/A/price"}}), ok(1));
  for (const char* place : {"/", "/logs", "/readers/alice"}) {
    EXPECT_EQ(client().ask("g", {{"p", place}})["s"], "permission_denied") << place;
    EXPECT_EQ(client().ask("q", {{"p", place}, {"h", ""}})["d"], "Permission denied") << place;
  }
  for (const char* action : {"p", "m", "o", "om"})
    EXPECT_EQ(client().ask(action, {{"p", "/services/A"}, {"d", {{"price", 9}}}})["s"], "permission_denied") << action;
  EXPECT_EQ(client().pushes(), Pushes{});
  client().close();
  EXPECT_EQ(compact(admin("GET", "/services.json")), R"({"A":{"price":1}})");
}

TEST_F(RulesTest, AListenerThatLosesItsRightIsCancelledByThatWriteAndToldNoMore) {
  const json query = {{"i", ".key"}, {"l", 1}};
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/history/A"}, {"q", query}, {"t", 1}, {"h", ""}})["s"], "ok");
  client().pushes();
  admin("PATCH", "/.json", R"({"readers/alice":null,"services/A/price":2})");
  EXPECT_EQ(client().pushes(2), (Pushes{{{"a", "c"}, {"b", {{"p", "services"}}}},
                                        {{"a", "c"}, {"b", {{"p", "history/A"}, {"q", {query}}}}}}));
  admin("PUT", "/services/A/price.json", "3");
  EXPECT_EQ(client().ask("g", {{"p", "/services"}})["s"], "permission_denied");
  EXPECT_EQ(client().ask("unauth", json::object())["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{}) << "cancelled once";
  admin("PUT", "/readers/alice.json", "true");
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{push("d", "services", {{"A", {{"price", 3}}}})});
}

TEST_F(RulesTest, WhoBecomesAnotherKeepsTheListenersThatTheOtherMayHave) {
  admin("PUT", "/readers/carol.json", "true");
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "ok");
  client().pushes();
  EXPECT_EQ(client().ask("auth", {{"cred", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYXJvbCJ9."}})["s"], "ok") << "carol";
  admin("PUT", "/services/A/price.json", "2");
  EXPECT_EQ(client().pushes(1), Pushes{push("d", "services/A/price", 2)});
  EXPECT_EQ(client().ask("auth", {{"cred", kBob}})["s"], "ok");
  EXPECT_EQ(client().pushes(1), (Pushes{{{"a", "c"}, {"b", {{"p", "services"}}}}}));
}

TEST_F(RulesTest, WhoseTokenEndsIsToldSoAndReadsNothingMore) {
  use(std::string(test_support::source_dir()) + "/firebase/database.rules.json",
      {"--test-controls", "--token-seconds", "2"});
  const StreamListener stream(emulator().url() + "/services.json?ns=demo&auth=" + kAlice);
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "ok");
  client().pushes();
  ASSERT_TRUE(stream.wait_for("event: put"));
  EXPECT_EQ(client().pushes(2), (Pushes{{{"a", "ac"}, {"b", {{"s", "expired_token"}, {"d", "Auth token is expired"}}}},
                                        {{"a", "c"}, {"b", {{"p", "services"}}}}}));
  EXPECT_TRUE(stream.wait_for("event: auth_revoked\ndata: \"credential is no longer valid\"\n\n")) << stream.text();
  EXPECT_TRUE(eventually([&] { return stream.is_closed(); }));
  EXPECT_EQ(client().ask("g", {{"p", "/services"}})["s"], "permission_denied");
}

TEST_F(RulesTest, APollingClientIsHeldToTheSameRules) {
  const auto polled = [&](const std::string& parameters) { return ask("GET", "/.lp?" + parameters).body; };
  const std::string begin = polled("start=t&cb=1");
  const std::size_t at = begin.find("pLPCommand('start','") + 20;
  const std::string session = begin.substr(at, begin.find('\'', at) - at);
  // {"t":"d","d":{"r":1,"a":"g","b":{"p":"/services"}}}
  const std::string get = "eyJ0IjoiZCIsImQiOnsiciI6MSwiYSI6ImciLCJiIjp7InAiOiIvc2VydmljZXMifX19";
  const std::string answer = polled("id=" + session + "&pw=" + session + "&seg0=0&ts0=1&d0=" + get);
  EXPECT_NE(answer.find("permission_denied"), std::string::npos) << answer;
}

/// Prices of a ticker, which the shipped rules index by `timestamp`.
class IndexTest : public RulesTest {
 protected:
  IndexTest() {
    admin("PUT", "/history/A/prices.json", R"({"x":{"timestamp":30},"y":{"timestamp":10},"z":{"timestamp":20}})");
  }
  /// The keys that a query of the prices takes, or its refusal.
  std::string taken(const std::string& query) {
    const Response response = ask("GET", "/history/A/prices.json?" + query, "", {"Authorization: Bearer owner"});
    const json answer = json::parse(response.body);
    if (response.status != 200) return answer["error"];
    std::string keys;
    for (const auto& [key, child] : answer.items()) keys += key;
    return keys;
  }
  static constexpr char kByTime[] = "orderBy=%22timestamp%22";
};

TEST_F(IndexTest, AQueryByAnIndexedChildIsAnswered) {
  const std::string by_time = kByTime;
  EXPECT_EQ(taken(by_time + "&limitToLast=1"), "x");
  EXPECT_EQ(taken(by_time + "&limitToFirst=2"), "yz");
  EXPECT_EQ(taken(by_time + "&startAt=20"), "xz");
  EXPECT_EQ(taken(by_time + "&endAt=10"), "y");
  EXPECT_EQ(taken(by_time + "&equalTo=20"), "z");
  const Response alice = ask("GET", "/history/A/prices.json?" + by_time + "&equalTo=20&auth=" + kAlice);
  EXPECT_EQ(compact(alice.body), R"({"z":{"timestamp":20}})");
  EXPECT_EQ(ask("GET", "/history/A/prices.json?" + by_time).status, 401) << "nobody";
}

TEST_F(IndexTest, AQueryWithoutItsIndexIsRefusedWithTheRuleThatIsMissing) {
  const std::string missing = "Index not defined, add \".indexOn\": \"";
  const std::string place = "\", for path \"/history/A/prices\", to the rules";
  EXPECT_EQ(taken("orderBy=%22price%22"), missing + "price" + place);
  EXPECT_EQ(taken("orderBy=%22timestamp%2Fms%22"), missing + "timestamp/ms" + place);
  EXPECT_EQ(taken("orderBy=%22%24value%22"), missing + ".value" + place);
  EXPECT_EQ(taken("orderBy=%22%24key%22&limitToFirst=1"), "x");
}

TEST_F(IndexTest, AStreamOfAnIndexedChildIsAWindow) {
  const StreamListener last(emulator().url() + "/history/A/prices.json?ns=demo&" + kByTime + "&limitToLast=1",
                            {"Authorization: Bearer owner"});
  ASSERT_TRUE(last.wait_for(R"("data":{"x":{"timestamp":30}}})")) << last.text();
  admin("PUT", "/history/A/prices/w.json", R"({"timestamp":40})");
  EXPECT_TRUE(last.wait_for(R"("data":{"x":null,"w":{"timestamp":40}}})")) << last.text();
}

TEST_F(IndexTest, AListenerOfAnIndexedChildIsNotWarnedAndAGetIsAnswered) {
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "ok");
  const auto ask_by = [&](const char* action, const char* index, int tag) {
    const json query = {{"i", index}, {"l", 1}, {"vf", "r"}};
    return client().ask(action, {{"p", "/history/A/prices"}, {"q", query}, {"t", tag}, {"h", ""}});
  };
  EXPECT_EQ(ask_by("q", "timestamp", 1), ok(json::object()));
  EXPECT_EQ(client().pushes(), Pushes{push("d", "history/A/prices", {{"x", {{"timestamp", 30}}}}, 1)});
  EXPECT_EQ(ask_by("q", "price", 2), ok({{"w", {"no_index"}}}));
  EXPECT_EQ(ask_by("g", "timestamp", 3), ok({{"x", {{"timestamp", 30}}}}));
  EXPECT_EQ(ask_by("g", "price", 4)["s"], "failed");
}

/// `/.settings/rules.json`, by an administrator.
class RulesSettingsTest : public RulesTest {
 protected:
  Response put_rules(const std::string& text, const std::string& parameters = {}) {
    return ask("PUT", "/.settings/rules.json" + parameters, text, {"Authorization: Bearer owner"});
  }
};

TEST_F(RulesSettingsTest, AnAdministratorReadsTheFileAndNobodyElseDoes) {
  EXPECT_EQ(admin("GET", "/.settings/rules.json"),
            test_support::bytes_of(std::string(test_support::source_dir()) + "/firebase/database.rules.json"));
  for (const std::string& who : {std::string(), std::string("?auth=") + kAlice}) {
    for (const char* method : {"GET", "PUT"}) {
      const Response response = ask(method, "/.settings/rules.json" + who, R"({"rules":{".read":true}})");
      EXPECT_EQ(response.status, 401) << method << who;
      EXPECT_EQ(compact(response.body), kDenied) << method << who;
    }
  }
  EXPECT_EQ(ask("DELETE", "/.settings/rules.json", "", {"Authorization: Bearer owner"}).status, 405);
}

TEST_F(RulesSettingsTest, NewRulesHoldFromThenOnAlsoForWhoListens) {
  EXPECT_EQ(client().ask("auth", {{"cred", kAlice}})["s"], "ok");
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "ok");
  client().pushes();
  const std::string rules = "// mine\n{\"rules\":{\"logs\":{\".read\":true,\".write\":\"auth.uid === 'alice'\"}}}";
  const Response dry = put_rules(rules, "?dryRun=true");
  EXPECT_EQ(dry.status, 200) << dry.body;
  EXPECT_EQ(client().ask("g", {{"p", "/services/A/price"}}), ok(1)) << "not yet";
  const Response response = put_rules(rules);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(compact(response.body), R"({"status":"ok"})");
  EXPECT_EQ(client().pushes(1), (Pushes{{{"a", "c"}, {"b", {{"p", "services"}}}}}));
  EXPECT_EQ(value("/logs/x.json"), "1");
  EXPECT_EQ(client().ask("p", {{"p", "/logs/x"}, {"d", 2}})["s"], "ok");
  EXPECT_EQ(ask("PUT", "/logs/x.json", "3").status, 401);
  EXPECT_EQ(admin("GET", "/.settings/rules.json"), rules);
}

TEST_F(RulesSettingsTest, ABadTextIsRefusedWithItsPlaceAndChangesNothing) {
  const std::string before = admin("GET", "/.settings/rules.json");
  const Response response = put_rules("{\"rules\":{\n  \".read\": \"auth.isArray()\"}}");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(json::parse(response.body)["error"], "2:18: No such method/property 'isArray' that rtdb-emulator knows.");
  std::string deep = "true";
  for (int i = 0; i < 10'000; ++i) deep = "(" + deep + ")";
  EXPECT_EQ(put_rules(json{{"rules", {{".read", deep}}}}.dump()).status, 400);
  EXPECT_EQ(admin("GET", "/.settings/rules.json"), before);
}

TEST_F(RulesSettingsTest, TheDeepestRuleThatIsReadIsEvaluatedToo) {
  std::string deep = "true";
  while (put_rules(json{{"rules", {{".read", "!" + deep}}}}.dump()).status == 200) deep = "!" + deep;
  EXPECT_GT(deep.size(), 20u);
  const int status = deep.size() % 2 == 0 ? 200 : 401;
  EXPECT_EQ(ask("GET", "/services.json").status, status);
  EXPECT_EQ(client().ask("g", {{"p", "/services"}})["s"], status == 200 ? "ok" : "permission_denied");
}

TEST_F(EmulatorTest, WithoutRulesAnAdministratorReadsThatAllIsOpenAndMayCloseIt) {
  const std::string place = "/.settings/rules.json";
  EXPECT_EQ(ask("GET", place).status, 401);
  EXPECT_EQ(ask("GET", place, "", {"Authorization: Bearer owner"}).body, R"({"rules":{".read":true,".write":true}})");
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  EXPECT_EQ(ask("PUT", place, R"({"rules":{}})", {"Authorization: Bearer owner"}).status, 200);
  EXPECT_EQ(status("PUT", "/a.json", "1"), 401);
}

}  // namespace
}  // namespace emulator_test
