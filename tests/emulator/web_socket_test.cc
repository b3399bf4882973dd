// The database's own protocol, as the SDKs speak it: /.ws.
#include "emulator/web_socket_fixture.h"
#include "support/eventually.h"

namespace emulator_test {
namespace {

using test_support::eventually;

TEST_F(WebSocketTest, TheServerSpeaksFirstAndNamesItsTimeAndTheHostThatWasAskedFor) {
  EXPECT_EQ(hello_["t"], "c");
  EXPECT_EQ(hello_["d"]["t"], "h");
  const json greeting = hello_["d"]["d"];
  EXPECT_EQ(greeting["v"], "5");
  EXPECT_EQ(greeting["h"], "127.0.0.1") << "as civetweb's client says it, without the port";
  EXPECT_GT(greeting["ts"].get<std::int64_t>(), 1'700'000'000'000) << "ms since 1970";
  EXPECT_FALSE(greeting["s"].get<std::string>().empty());
}

TEST_F(WebSocketTest, APingIsAnsweredAndAKeepAliveIsNot) {
  client().send_frame("0");
  client().send_frame(R"({"t":"c","d":{"t":"p","d":{}}})");
  EXPECT_EQ(client().next(), json::parse(R"({"t":"c","d":{"t":"o","d":null}})"));
}

TEST_F(WebSocketTest, StatsAndAnAppCheckTokenAreTaken) {
  EXPECT_EQ(client().ask("s", {{"c", {{"sdk.js.12-19-0", 1}}}}), ok(""));
  EXPECT_EQ(client().ask("appcheck", {{"token", "t"}})["s"], "ok");
}

TEST_F(WebSocketTest, WhatIsNoMessageOfTheProtocolEndsTheConnectionWithAWord) {
  client().send_frame(R"({"t":"d","d":"what"})");
  EXPECT_EQ(client().next()["d"]["t"], "e");
  EXPECT_TRUE(client().is_closed_by_server());
  EXPECT_EQ(client().close_code(), 1002) << "a protocol error, as RFC 6455 has it";
}

TEST_F(WebSocketTest, WhoEndsTheConnectionIsAnsweredInKind) {
  client().close();
  EXPECT_EQ(client().close_code(), 1000);
}

TEST_F(WebSocketTest, IsServedAtItsAddressAndNotAtOneThatBeginsSo) {
  EXPECT_THROW(WebSocketClient(emulator().url(), "v=5&ns=demo", "/.wsx"), std::runtime_error);
  EXPECT_THROW(WebSocketClient(emulator().url(), "v=5&ns=demo", "/.ws/x"), std::runtime_error);
}

TEST_F(WebSocketTest, AWriteThatIsTooBigIsRefusedAsTheSdksSayItAndTheConnectionStays) {
  restart({"--test-controls", "--body-bytes-max", "200"});
  for (const char* action : {"p", "m", "o"}) {
    const json answer = client().ask(action, {{"p", "/a"}, {"d", {{"x", std::string(200, 'x')}}}});
    EXPECT_EQ(answer["s"], "write_too_big") << action;
    EXPECT_EQ(answer["d"], "Data to write exceeds the maximum size that can be modified with a single request.");
  }
  EXPECT_EQ(client().ask("p", {{"p", "/a"}, {"d", 1}})["s"], "ok");
  EXPECT_EQ(value("/.json"), R"({"a":1})");
}

TEST_F(WebSocketTest, ThatIsDeeperThanAnyValueEndsTheConnectionAndNotTheProcess) {
  std::string deep = R"({"t":"d","d":{"r":1,"a":"p","b":{"p":"/a","d":)";
  constexpr std::size_t kLevels = 15'000;
  deep += std::string(kLevels / 2, '[') + "1" + std::string(kLevels / 2, ']') + "}}}";
  client().send_frame(deep);
  EXPECT_EQ(client().next()["d"]["t"], "e");
  EXPECT_EQ(value("/a.json"), "null") << "answers, so it runs";
}

TEST_F(WebSocketTest, AnUnknownActionAndAnInvalidPathFailAndTheConnectionStays) {
  EXPECT_EQ(client().ask("zz", {{"p", "/a"}})["s"], "failed");
  EXPECT_EQ(client().ask("p", {{"p", "/a.b"}, {"d", 1}})["s"], "failed");
  EXPECT_EQ(client().ask("p", {{"p", "/a"}, {"d", {{"b$", 1}}}})["s"], "failed");
  EXPECT_EQ(client().ask("m", {{"p", "/a"}, {"d", {{"b", 1}, {"b/c", 2}}}})["s"], "failed");
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"q", {{"l", "three"}}}, {"t", 1}})["s"], "failed");
  EXPECT_EQ(client().ask("g", {{"p", "/a"}})["d"], nullptr);
}

TEST_F(WebSocketTest, ARequestWithoutItsPathOrItsValueIsNotOneForTheRoot) {
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  for (const char* action : {"p", "m", "o", "om"}) {
    for (const char* body : {R"("x")", "null", "{}", R"({"p":5,"d":1})", R"({"d":1})", R"({"p":"/a"})"})
      EXPECT_EQ(client().ask(action, json::parse(body))["s"], "failed") << action << " " << body;
  }
  for (const char* action : {"q", "n", "g", "oc"}) EXPECT_EQ(client().ask(action, {{"t", 1}})["s"], "failed") << action;
  client().close();
  EXPECT_EQ(value("/.json"), R"({"a":1})");
}

TEST_F(WebSocketTest, ALongMessageComesInPiecesOf16384Utf16UnitsBehindTheirNumber) {
  // 😀 is two units, of which the first would be the 16,384th.
  const std::string before = R"({"t":"d","d":{"r":1,"b":{"s":"ok","d":")";
  const std::string text = std::string(16'383 - before.size(), 'x') + "😀" + std::string(20'000, 'y');
  const auto units = [](const std::string& frame) { return frame.size() - (frame.starts_with("😀") ? 2 : 0); };
  EXPECT_EQ(ask("PUT", "/a.json", json(text).dump()).status, 200);
  client().send_frame(R"({"t":"d","d":{"r":1,"a":"g","b":{"p":"/a"}}})");
  ASSERT_EQ(client().next_frame(), "3");
  const std::string first = client().next_frame();
  const std::string second = client().next_frame();
  const std::string third = client().next_frame();
  EXPECT_EQ(units(first), 16'383U) << "a character is not cut in two";
  EXPECT_EQ(second.find("😀"), 0U);
  EXPECT_EQ(units(second), 16'384U);
  EXPECT_EQ(json::parse(first + second + third)["d"]["b"]["d"], text);
}

TEST_F(WebSocketTest, ALongMessageIsReadFromItsPieces) {
  const std::string text(40'000, 'x');
  const std::string message = json{{"t", "d"}, {"d", {{"r", 1}, {"a", "p"}, {"b", {{"p", "/a"}, {"d", text}}}}}}.dump();
  client().send_frame("3");
  for (std::size_t at = 0; at < message.size(); at += 16'384) client().send_frame(message.substr(at, 16'384));
  EXPECT_EQ(client().next()["d"]["b"]["s"], "ok");
  EXPECT_EQ(value("/a.json"), json(text).dump());
}

TEST_F(WebSocketTest, AListenerIsSentTheValueBeforeTheAnswerAndNothingTwice) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"x":1})"), 200);
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", ""}}), ok(json::object()));
  EXPECT_EQ(client().pushes(), Pushes{push("d", "a", {{"x", 1}})});
  EXPECT_EQ(client().ask("q", {{"p", "/nothing"}, {"h", ""}}), ok(json::object()));
  EXPECT_EQ(client().pushes(), Pushes{push("d", "nothing", nullptr)});
}

TEST_F(WebSocketTest, AListenerThatHasTheValueBySaysItsHashAndIsSentNothing) {
  // SHA-1 over `:key:hash` in the order of keys; 10 comes after 2. By node's crypto, see hash.h for the texts.
  EXPECT_EQ(status("PUT", "/a.json", R"({"10":true,"2":7,"a":"Zürich"})"), 200);
  const std::string hash = "CI/ukrQhPPNMv0d06UFcG6R9n7c=";
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", hash}}), ok(json::object()));
  EXPECT_EQ(client().pushes(), Pushes{});
  EXPECT_EQ(client().ask("q", {{"p", "/a/a"}, {"h", hash}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{push("d", "a/a", "Zürich")}) << "another's hash";
}

TEST_F(WebSocketTest, ACompoundHashIsAnsweredWithAllData) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"x":1})"), 200);
  const json compound = {{"hs", {"one", "two"}}, {"ps", {"x"}}};
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", "other"}, {"ch", compound}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{push("d", "a", {{"x", 1}})});
}

TEST_F(WebSocketTest, AClientsOwnChangeReachesItsListenersBeforeTheAnswerToTheWrite) {
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", ""}})["s"], "ok");
  client().pushes();
  EXPECT_EQ(client().ask("p", {{"p", "/a/b"}, {"d", 1}}), ok(""));
  EXPECT_EQ(client().pushes(), Pushes{push("d", "a/b", 1)});
  EXPECT_EQ(client().ask("m", {{"p", "/a"}, {"d", {{"b", 2}, {"c/d", 3}}}}), ok(""));
  EXPECT_EQ(client().pushes(), Pushes{push("m", "a", {{"b", 2}, {"c/d", 3}})}) << "one merge a write";
  EXPECT_EQ(value("/a.json"), R"({"b":2,"c":{"d":3}})");
}

TEST_F(WebSocketTest, WritesByRestReachListenersAsOneMergeAFlush) {
  EXPECT_EQ(client().ask("q", {{"p", "/services"}, {"h", ""}})["s"], "ok");
  client().pushes();
  EXPECT_EQ(status("PATCH", "/.json", R"({"services/A/price":1,"services/B/price":2,"history/A/x":1})"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("m", "services", {{"A/price", 1}, {"B/price", 2}})});
  EXPECT_EQ(status("PUT", "/services/A.json", "null"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("d", "services/A", nullptr)});
  EXPECT_EQ(status("PUT", "/.json", R"({"services":{"C":1}})"), 200);
  EXPECT_EQ(client().pushes(1), Pushes{push("d", "services", {{"C", 1}})});
}

TEST_F(WebSocketTest, WhoUnlistensIsSentNothingMore) {
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", ""}})["s"], "ok");
  EXPECT_EQ(client().ask("n", {{"p", "/a"}})["s"], "ok");
  client().pushes();
  EXPECT_EQ(client().ask("p", {{"p", "/a"}, {"d", 1}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{});
}

TEST_F(WebSocketTest, GetAnswersWithTheValueAndItsPriorities) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"x":{".value":1,".priority":2},"0":"zero"})"), 200);
  EXPECT_EQ(client().ask("g", {{"p", "/a"}, {"q", json::object()}}),
            ok(json::parse(R"({"x":{".value":1,".priority":2},"0":"zero"})")));
}

TEST_F(WebSocketTest, ATransactionWritesOnlyOverTheValueThatItSaw) {
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", 1.5}, {"h", ""}})["s"], "ok") << "nothing has the empty hash";
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", 9}, {"h", ""}})["s"], "datastale");
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", 7}, {"h", "4MftviR9Z/2MQCMkjh2RNbvlLJc="}})["s"], "ok");
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", true}, {"h", "7wQgMram7RVqVIg/xRZWPfygGx0="}})["s"], "ok");
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", "Zürich"}, {"h", "E5z61QM0lN/U2WsOnusszCTkR8M="}})["s"], "ok");
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", nullptr}, {"h", "gxi03V2qqvbz8zf1Q3roh4DerzY="}})["s"], "ok");
  EXPECT_EQ(value("/n.json"), "null");
}

TEST_F(WebSocketTest, AHashTellsPrioritiesAndOrdersByThem) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"a":{".value":"x",".priority":2},"b":{".value":"y",".priority":1}})"), 200);
  EXPECT_EQ(client().ask("p", {{"p", "/a/a"}, {"d", "x"}, {"h", "OJSeRnP1mf0vTrhq7izmWGPiNx4="}})["s"], "datastale");
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", "0ccTHWBqJF0jOexVF/+YZ5bwpTU="}})["s"], "ok");
  EXPECT_EQ(client().pushes(), Pushes{});
}

TEST_F(WebSocketTest, ServerValuesAreFilledIn) {
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", {{".sv", {{"increment", 2}}}}}})["s"], "ok");
  EXPECT_EQ(client().ask("p", {{"p", "/n"}, {"d", {{".sv", {{"increment", 2}}}}}})["s"], "ok");
  EXPECT_EQ(value("/n.json"), "4");
}

TEST_F(WebSocketTest, WhatIsLeftForTheEndIsDoneWhenTheConnectionCloses) {
  EXPECT_EQ(status("PUT", "/a.json", R"({"online":true,"kept":1,"left":{"x":1}})"), 200);
  EXPECT_EQ(client().ask("o", {{"p", "/a/online"}, {"d", false}})["s"], "ok");
  EXPECT_EQ(client().ask("om", {{"p", "/a"}, {"d", {{"left/x", 2}, {"since", {{".sv", "timestamp"}}}}}})["s"], "ok");
  EXPECT_EQ(client().ask("o", {{"p", "/a/kept"}, {"d", nullptr}})["s"], "ok");
  EXPECT_EQ(client().ask("oc", {{"p", "/a/kept"}})["s"], "ok");
  EXPECT_EQ(value("/a/online.json"), "true") << "not yet";
  client().close();
  EXPECT_TRUE(eventually([&] { return value("/a/since.json") != "null"; })) << value("/a.json");
  EXPECT_EQ(value("/a/online.json"), "false");
  EXPECT_EQ(value("/a/left/x.json"), "2");
  EXPECT_EQ(value("/a/kept.json"), "1");
}

TEST_F(WebSocketTest, ThatGoesWithoutAWordLeavesOthersListening) {
  auto other = another();
  EXPECT_EQ(other->ask("q", {{"p", "/a"}, {"h", ""}})["s"], "ok");
  other->pushes();
  EXPECT_EQ(client().ask("q", {{"p", "/a"}, {"h", ""}})["s"], "ok");
  client().close();
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  EXPECT_EQ(other->pushes(1), Pushes{push("d", "a", 1)});
}

TEST_F(WebSocketTest, TheHundredAndFirstIsToldToStayAway) {
  std::vector<std::unique_ptr<WebSocketClient>> others;
  for (int i = 0; i < 99; ++i) others.push_back(another());
  WebSocketClient refused(emulator().url());
  const json word = refused.next();
  EXPECT_EQ(word["t"], "c");
  EXPECT_EQ(word["d"]["t"], "s") << "an SDK comes back after anything but a shutdown";
  EXPECT_NE(word["d"]["d"].get<std::string>().find("peak connections"), std::string::npos);
  EXPECT_EQ(others.back()->ask("g", {{"p", "/a"}})["s"], "ok");
  others.pop_back();
  EXPECT_TRUE(eventually([&] {
    WebSocketClient next(emulator().url());
    return next.next()["d"]["t"] == "h";
  })) << "there is room again";
}

}  // namespace
}  // namespace emulator_test
