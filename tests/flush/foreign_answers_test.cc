// What a sender makes of answers that are no 204.
#include <gtest/gtest.h>

#include "deliver/verdicts.h"
#include "flush/one_answer.h"

namespace firebase_relay::flush {
namespace {

Answer answer_of(int status, const std::string& type, const std::string& body) {
  return answer_to("HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Type: " + type +
                   "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST(PatchSender, AcknowledgesA200ThatGivesBackWhatWasSentAndNoOther) {
  for (const char* body : {"{\"a\":1}", "{\"a\":1.0,\"b\":{\"c\":2}}"}) {
    const Answer echoed = answer_of(200, "application/json", body);
    EXPECT_TRUE(echoed.gives_back) << body;
    EXPECT_EQ(deliver::judge(echoed).verdict, deliver::Verdict::kAcknowledged);
    EXPECT_EQ(echoed.detail, "");
  }
  struct Case {
    int status;
    const char* type;
    const char* body;
    const char* detail;
  };
  const Case cases[] = {
      {202, "application/json", "{\"a\":1}", "202 application/json: {\"a\":1}"},
      {200, "text/html", "<html>\r\nSign in</html>", "200 text/html: <html>  Sign in</html>"},
      {200, "application/json", "{\"error\":\"no\"}", "200 application/json: {\"error\":\"no\"}"},
      {200, "application/json", "{\"status\":\"ok\"}", "200 application/json: {\"status\":\"ok\"}"},
      {200, "application/json", "{\"a\":2}", "200 application/json: {\"a\":2}"},
      {200, "application/json", "", "200 application/json, without a body"},
  };
  for (const Case& one : cases) {
    const Answer answer = answer_of(one.status, one.type, one.body);
    EXPECT_EQ(answer.transport, Answer::Transport::kAnswered);
    EXPECT_EQ(deliver::judge(answer).hold, HoldReason::kUnknownAnswer) << one.body;
    EXPECT_EQ(answer.detail, one.detail);
  }
}

TEST(PatchSender, ReadsA200UpTo16MiB) {
  constexpr std::size_t kMost = 16 << 20;
  const std::string small(1000, 'x');
  std::string tree = "{\"b\":[";
  while (tree.size() + small.size() + 20 < kMost) tree += "\"" + small + "\",";
  tree += "0],\"a\":1}";
  ASSERT_LE(tree.size(), kMost);
  EXPECT_TRUE(answer_of(200, "application/json", tree).gives_back);
  tree.insert(tree.size() - 1, std::string(kMost + 1 - tree.size(), ' '));
  const Answer too_long = answer_of(200, "application/json", tree);
  EXPECT_FALSE(too_long.gives_back);
  EXPECT_NE(too_long.detail.find("longer than any answer that is read"), std::string::npos) << too_long.detail;
}

TEST(PatchSender, ShowsWhatCameWithoutTheCredential) {
  for (const Credential& credential : {Credential{Secret(std::string_view("Bearer s3cret-token-of-ours")), Secret()},
                                       Credential{Secret(), Secret(std::string_view("s3cret-token-of-ours"))}}) {
    const std::string body = "<a href='/login?next=%2F.json%3Fauth=s3cret-token-of-ours'>";
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Type: text/s3cret-token-of-ours\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
    SenderOptions with = options(server.url());
    with.credentials = std::make_shared<FixedCredential>(credential);
    PatchSender sender(with);
    const Answer answer = send(sender);
    EXPECT_EQ(answer.detail.find("s3cret"), std::string::npos) << answer.detail;
    EXPECT_NE(answer.detail.find("/login?next="), std::string::npos) << answer.detail;
  }
}

TEST(PatchSender, ShowsWhereARedirectLeadsAndNoSecretOfIt) {
  struct Case {
    const char* location;
    const char* shown;
  };
  const Case cases[] = {
      {"https://x.europe-west1.firebasedatabase.app/.json?auth=s3cret",
       "https://x.europe-west1.firebasedatabase.app/.json"},
      {"https://user:s3cret@login.example/a@b#s3cret", "https://login.example/a@b"},
      {"/login?next=s3cret", "/login"},
      {"//mailto:s3cret@login.example", "//login.example"},
  };
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const Case& one : cases) {
      const Answer answer = answer_to("HTTP/1.1 " + std::to_string(status) + " x\r\nlocation: " + one.location +
                                      "\r\nContent-Length: 6\r\n\r\n<html>");
      EXPECT_EQ(deliver::judge(answer).hold, HoldReason::kUnknownAnswer);
      EXPECT_TRUE(answer.detail.starts_with(std::to_string(status) + " to " + one.shown + ": no redirect is followed"))
          << answer.detail;
      EXPECT_EQ(answer.detail.find("s3cret"), std::string::npos) << answer.detail;
    }
  }
}

}  // namespace
}  // namespace firebase_relay::flush
