// The database's own protocol without a WebSocket: /.lp, and the upgrade to one.
#include <algorithm>
#include <future>

#include "emulator/web_socket_fixture.h"
#include "support/eventually.h"

namespace emulator_test {
namespace {

using test_support::eventually;

/// A browser's part: it asks for scripts, and what they call with is collected.
class LongPollingTest : public EmulatorTest {
 protected:
  LongPollingTest() {
    const std::string script = poll("start=t&ser=1&cb=17&v=5");
    const std::size_t begin = script.find("pLPCommand('start','") + std::string("pLPCommand('start','").size();
    session_ = script.substr(begin, script.find('\'', begin) - begin);
    password_ = script.substr(begin + session_.size() + 3, session_.size());
    first_ = script;
  }
  std::string poll(const std::string& parameters) {
    return test_support::http("GET", emulator().url() + "/.lp?ns=demo&" + parameters).body;
  }
  /// A poll that brings `pieces`: `&seg0=…&ts0=…&d0=…`.
  std::string ask_more(const std::string& pieces = {}) {
    return poll("id=" + session_ + "&pw=" + password_ + "&ser=2" + pieces);
  }
  /// As ask_more, which is left waiting until all_held(). Returns once it waits, or has an answer.
  void hold(const std::string& pieces = {}) {
    held_.push_back(std::async(std::launch::async, [this, pieces] { return ask_more(pieces); }));
    held_.back().wait_for(std::chrono::milliseconds(300));
  }
  /// Ends the session, and gives all that came by the polls that were held.
  json all_held() {
    poll("disconn=t&id=" + session_ + "&pw=" + password_);
    json all = json::array();
    for (auto& held : held_) {
      for (const json& message : messages(held.get())) all.push_back(message);
    }
    return all;
  }
  /// The pieces with these base64 texts, from number `first`, of `of`.
  static std::string pieces(std::vector<std::string> texts, int first, std::size_t of) {
    std::string all;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string index = std::to_string(i);
      all += "&seg" + index + "=" + std::to_string(first + static_cast<int>(i)) + "&ts" + index + "=" +
             std::to_string(of) + "&d" + index + "=" + texts[i];
    }
    return all;
  }
  /// As an SDK writes it: for URLs, padded by dots.
  static std::string base64(const std::string& text) {
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3) {
      unsigned bits = 0;
      for (std::size_t k = 0; k < 3; ++k)
        bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
      for (std::size_t k = 0; k < 4; ++k) out += i + k > text.size() ? '.' : kDigits[bits >> (18 - 6 * k) & 63U];
    }
    return out;
  }
  static std::string request(int number, const std::string& action, const json& body) {
    return json{{"t", "d"}, {"d", {{"r", number}, {"a", action}, {"b", body}}}}.dump();
  }
  /// The messages of the scripts' `pRTLPCB(n,[…]);`.
  static json messages(const std::string& script) {
    const std::size_t begin = script.find(
        ",[", script.find("\npRTLPCB(") == std::string::npos ? script.find("pRTLPCB(") : script.find("\npRTLPCB("));
    return json::parse(script.substr(begin + 1, script.find("]);", begin) - begin));
  }

  std::string session_, password_, first_;
  std::vector<std::future<std::string>> held_;
};

TEST_F(LongPollingTest, TheFirstScriptDefinesItsCallbacksAndGreets) {
  EXPECT_NE(first_.find("function pLPCommand("), std::string::npos) << first_;
  EXPECT_NE(first_.find("parent.window['pLPCommand17']"), std::string::npos) << first_;
  EXPECT_NE(first_.find("parent.window['pRTLPCB17']"), std::string::npos) << first_;
  const json greeting = messages(first_);
  ASSERT_EQ(greeting.size(), 1U);
  EXPECT_EQ(greeting[0]["d"]["t"], "h");
  EXPECT_EQ("http://" + greeting[0]["d"]["d"]["h"].get<std::string>(), emulator().url());
  EXPECT_EQ(greeting[0]["d"]["d"]["s"], session_);
}

TEST_F(LongPollingTest, ACallbackIsNoScript) {
  EXPECT_EQ(test_support::http("GET", emulator().url() + "/.lp?ns=demo&start=t&cb=1']);alert(1").status, 400);
}

TEST_F(LongPollingTest, AMessageIsReadFromItsPiecesInWhateverOrderTheyCome) {
  EXPECT_EQ(status("PUT", "/a.json", "\"ü\""), 200);
  const std::string text = base64(request(1, "g", {{"p", "/a"}}));
  hold(pieces({text.substr(20)}, 1, 2));
  hold(pieces({text.substr(0, 20)}, 0, 2));
  const json expected = json::array({{{"t", "d"}, {"d", {{"r", 1}, {"b", {{"s", "ok"}, {"d", "ü"}}}}}}});
  EXPECT_EQ(all_held(), expected);
}

TEST_F(LongPollingTest, APollWaitsForAPushAndAnswersAreNumbered) {
  const std::string answer = ask_more(pieces({base64(request(1, "q", {{"p", "/a"}, {"h", ""}}))}, 0, 1));
  EXPECT_EQ(answer.find("pRTLPCB(1,["), 0U) << answer;
  EXPECT_EQ(messages(answer).size(), 2U) << "the value, then the answer";
  auto held = std::async(std::launch::async, [&] { return ask_more(); });
  EXPECT_EQ(held.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  EXPECT_EQ(status("PUT", "/a.json", "1"), 200);
  const std::string push = held.get();
  EXPECT_EQ(push.find("pRTLPCB(2,["), 0U) << push;
  EXPECT_EQ(messages(push)[0]["d"], json::parse(R"({"a":"d","b":{"p":"a","d":1}})"));
}

TEST_F(LongPollingTest, AnotherPollEndsTheOneThatWaits) {
  hold();
  hold();
  EXPECT_TRUE(eventually([&] { return held_[0].wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
  EXPECT_EQ(held_[1].wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  EXPECT_EQ(all_held(), json::array());
}

TEST_F(LongPollingTest, AnUnknownSessionIsToldToBeginAgain) {
  EXPECT_EQ(poll("id=nobody&pw=nobody&ser=1"), "pLPCommand('close');\n");
  WebSocketClient socket(emulator().url(), "v=5&ns=demo&s=nobody");
  EXPECT_EQ(socket.next()["d"]["t"], "r");
}

TEST_F(LongPollingTest, WhatIsNoMessageEndsTheSession) {
  EXPECT_EQ(ask_more(pieces({base64("{\"t\":\"d\"}")}, 0, 1)), "pLPCommand('close');\n");
  EXPECT_EQ(ask_more(), "pLPCommand('close');\n");
}

TEST_F(LongPollingTest, APageThatIsClosedSaysSoByItsFrameAndWhatWasLeftIsDone) {
  EXPECT_EQ(messages(ask_more(pieces({base64(request(1, "o", {{"p", "/a"}, {"d", "gone"}}))}, 0, 1))).size(), 1U);
  EXPECT_NE(poll("dframe=t&id=" + session_ + "&pw=" + password_).find("sendBeacon"), std::string::npos);
  EXPECT_EQ(value("/a.json"), "null");
  test_support::http("POST", emulator().url() + "/.lp?ns=demo&disconn=t&id=" + session_ + "&pw=" + password_);
  EXPECT_EQ(value("/a.json"), "\"gone\"");
}

TEST_F(LongPollingTest, AWebSocketTakesOverWhenPollingHasSaidItsLast) {
  messages(ask_more(pieces({base64(request(1, "q", {{"p", "/a"}, {"h", ""}}))}, 0, 1)));
  WebSocketClient socket(emulator().url(), "v=5&ns=demo&s=" + session_);
  EXPECT_EQ(socket.next(), json::parse(R"({"t":"c","d":{"t":"a","d":{}}})"));
  socket.send_frame(R"({"t":"c","d":{"t":"p","d":{}}})");
  EXPECT_EQ(socket.next()["d"]["t"], "o") << "tells that it is healthy";
  socket.send_frame(R"({"t":"c","d":{"t":"a","d":{}}})");
  socket.send_frame(request(3, "p", {{"p", "/a"}, {"d", "second"}}));
  socket.send_frame(R"({"t":"c","d":{"t":"p","d":{}}})");
  EXPECT_EQ(socket.next()["d"]["t"], "o");
  EXPECT_EQ(value("/a.json"), "null") << "what was polled before it may still be on its way";
  const std::string last = ask_more(pieces(
      {base64(request(2, "p", {{"p", "/a"}, {"d", "first"}})), base64(R"({"t":"c","d":{"t":"n","d":{}}})")}, 1, 1));
  const json polled = messages(last);
  ASSERT_EQ(polled.size(), 3U) << polled;
  EXPECT_EQ(polled[0]["d"]["b"]["d"], "first");
  EXPECT_EQ(polled[1]["d"]["r"], 2);
  EXPECT_EQ(polled[2], json::parse(R"({"t":"c","d":{"t":"n","d":{}}})"));
  EXPECT_NE(last.find("pLPCommand('close',2);"), std::string::npos) << last << ": once answer 2, this one, is read";
  EXPECT_EQ(socket.next()["d"]["b"]["d"], "second");
  EXPECT_EQ(socket.next()["d"]["r"], 3);
  EXPECT_EQ(value("/a.json"), "\"second\"");
  test_support::http("POST", emulator().url() + "/.lp?ns=demo&disconn=t&id=" + session_ + "&pw=" + password_);
  EXPECT_EQ(status("PUT", "/a.json", "\"third\""), 200);
  EXPECT_EQ(socket.next()["d"]["b"]["d"], "third") << "only the polling has ended";
}

TEST_F(LongPollingTest, AWebSocketThatFailsBeforeItTakesOverLeavesPollingAsItWas) {
  {
    WebSocketClient socket(emulator().url(), "v=5&ns=demo&s=" + session_);
    EXPECT_EQ(socket.next()["d"]["t"], "a");
  }
  EXPECT_EQ(messages(ask_more(pieces({base64(request(1, "g", {{"p", "/a"}}))}, 0, 1))).size(), 1U);
}

}  // namespace
}  // namespace emulator_test
