#include "flush/patch_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <mutex>
#include <thread>

#include "flush/http_client.h"
#include "flush/one_answer.h"

namespace firebase_relay::flush {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(PatchSender, SendsOnePatchAndTellsTheStatus) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  PatchSender sender(options(server.url()));
  const Answer answer = send(sender, "history/BRK%2EB/prices");
  EXPECT_EQ(answer.transport, Answer::Transport::kAnswered);
  EXPECT_EQ(answer.status, 204);
  const std::string request = server.request();
  EXPECT_TRUE(request.starts_with("PATCH /history/BRK%252EB/prices.json?")) << request;
  EXPECT_NE(request.find("print=silent"), std::string::npos);
  EXPECT_NE(request.find("writeSizeLimit=unlimited"), std::string::npos);
  EXPECT_NE(request.find("ns=demo"), std::string::npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}")) << request;
}

TEST(PatchSender, TellsWhyThereIsNoAnswer) {
  EXPECT_EQ(answer_to("").transport, Answer::Transport::kReset);
  EXPECT_EQ(answer_to("HTTP/1.1 204").transport, Answer::Transport::kReset);

  OneAnswer silent(OneAnswer::kNever);
  PatchSender impatient(options(silent.url(), milliseconds(200)));
  EXPECT_EQ(send(impatient).transport, Answer::Transport::kTimeout);

  PatchSender nobody(options("http://127.0.0.1:1/?ns=demo"));
  EXPECT_EQ(send(nobody).transport, Answer::Transport::kConnect);
  PatchSender nowhere(options("http://no-such-host.invalid/?ns=demo"));
  EXPECT_EQ(send(nowhere).transport, Answer::Transport::kDns);
  OneAnswer plain("HTTP/1.1 400 This is no TLS\r\n\r\n}");
  PatchSender secret(options("https" + plain.url().substr(4)));
  EXPECT_EQ(send(secret).transport, Answer::Transport::kTls);
}

/// A network that swallows packets: its queue is full, so the system lets nobody in and says nothing.
class Swallower {
 public:
  Swallower() {
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      ::connect(filler, reinterpret_cast<const sockaddr*>(&listener_.address()), sizeof listener_.address());
    }
  }
  ~Swallower() {
    for (const int filler : fillers_) ::close(filler);
  }
  [[nodiscard]] std::string url() const { return listener_.url(); }

 private:
  Listener listener_{0};
  std::array<int, 4> fillers_{};
};

TEST(PatchSender, BeginsAnewWhenANetworkSwallowsItsConnection) {
  const Swallower network;
  PatchSender sender(options(network.url(), seconds(19)));
  const auto begin = steady_clock::now();
  const Answer answer = send(sender);
  EXPECT_EQ(answer.transport, Answer::Transport::kConnect) << "nothing was sent: " << answer.detail;
  EXPECT_LT(steady_clock::now() - begin, seconds(12));
}

TEST(PatchSender, ReadsRetryAfterAndWhatTheRefusalIsAbout) {
  const Answer busy = answer_to("HTTP/1.1 503 Busy\r\nRetry-After: 12\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.retry_after, seconds(12));
  const std::string size =
      R"({"error":"Data to write exceeds the maximum size that can be modified with a single request."})";
  const Answer big =
      answer_to("HTTP/1.1 400 Bad\r\nContent-Length: " + std::to_string(size.size()) + "\r\n\r\n" + size);
  EXPECT_TRUE(big.write_too_big);
  const Answer bad = answer_to("HTTP/1.1 400 Bad\r\nContent-Length: 11\r\n\r\n{\"error\":1}");
  EXPECT_FALSE(bad.write_too_big);
  EXPECT_NE(bad.detail.find("error"), std::string::npos);
}

/// Says what a test tells it to.
class ScriptedSource final : public CredentialSource {
 public:
  Result<std::optional<Credential>> current() override {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void refused() override { ++refusals_; }
  void watch(const std::function<void()>& changed) override {
    const std::lock_guard lock(mutex_);
    changed_ = changed;
  }
  void set(Result<std::optional<Credential>> current) {
    const std::lock_guard lock(mutex_);
    current_ = std::move(current);
    if (changed_) changed_();
  }
  static Credential bearer(std::string_view token) { return {Secret("Bearer " + std::string(token)), Secret()}; }
  [[nodiscard]] bool is_watched() const { return static_cast<bool>(changed_); }
  int refusals_ = 0;

 private:
  std::mutex mutex_;
  Result<std::optional<Credential>> current_ = std::optional<Credential>();
  std::function<void()> changed_;
};

TEST(PatchSender, AsksForTheCredentialOfEachRequest) {
  const auto source = std::make_shared<ScriptedSource>();
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  SenderOptions with = options(server.url());
  with.credentials = source;
  PatchSender sender(with);
  source->set(std::optional(ScriptedSource::bearer("new")));
  EXPECT_EQ(send(sender).status, 204);
  EXPECT_NE(server.request().find("\r\nAuthorization: Bearer new\r\n"), std::string::npos) << server.request();
  sender.refresh_credentials();
  EXPECT_EQ(source->refusals_, 1);
}

TEST(PatchSender, RequestWaitsForACredentialThatIsOnItsWay) {
  const auto source = std::make_shared<ScriptedSource>();
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  SenderOptions with = options(server.url());
  with.credentials = source;
  PatchSender sender(with);
  std::uint64_t bytes_started = 0;
  sender.on_start([&](const Send& started) { bytes_started += started.bytes; });
  sender.send({7, "", {"{", "}"}, 2, 0});
  std::vector<PatchSender::Finished> finished;
  sender.wait(steady_clock::now(), finished);
  EXPECT_TRUE(finished.empty());
  EXPECT_EQ(bytes_started, 0u);

  std::jthread minter([&] { source->set(std::optional(ScriptedSource::bearer("late"))); });

  const auto deadline = steady_clock::now() + seconds(9);  // less than wait() takes without being woken
  while (finished.empty() && steady_clock::now() < deadline) sender.wait(deadline + seconds(60), finished);
  ASSERT_EQ(finished.size(), 1u);
  EXPECT_EQ(finished[0].answer.status, 204);
  EXPECT_EQ(bytes_started, 2u);
  EXPECT_NE(server.request().find("Authorization: Bearer late"), std::string::npos);
}

TEST(PatchSender, RequestWithoutACredentialNeverGoesOut) {
  const auto source = std::make_shared<ScriptedSource>();
  OneAnswer server(OneAnswer::kNever);
  SenderOptions with = options(server.url(), milliseconds(100));
  with.credentials = source;
  PatchSender sender(with);
  sender.on_start([](const Send& /*started*/) { ADD_FAILURE() << "it did go out"; });
  const Answer late = send(sender);
  EXPECT_EQ(late.transport, Answer::Transport::kConnect) << "the database has not seen it";
  EXPECT_NE(late.detail.find("no access token yet: the token endpoint has not answered"), std::string::npos);

  source->set(fail(ErrorCode::kRefused, "key\nrevoked"));
  const Answer refused = send(sender);
  EXPECT_EQ(refused.transport, Answer::Transport::kConnect);
  EXPECT_EQ(refused.detail, "no access token yet: key revoked");
}

TEST(PatchSender, WatchesTheCredentialNoLongerThanItLives) {
  const auto source = std::make_shared<ScriptedSource>();
  {
    SenderOptions with = options("http://127.0.0.1:1/?ns=demo");
    with.credentials = source;
    const PatchSender sender(with);
    EXPECT_TRUE(source->is_watched());
  }
  EXPECT_FALSE(source->is_watched());
}

/// A name server that never answers: tests/support/names.cc.
TEST(PatchSender, NameThatNobodyResolvesHoldsUpNeitherTheWaitNorTheEnd) {
  const auto begin = steady_clock::now();
  {
    PatchSender sender(options("http://database.silent.test/?ns=demo", milliseconds(200)));
    const Answer answer = send(sender);
    EXPECT_EQ(answer.transport, Answer::Transport::kDns) << "the database has not seen it";
    EXPECT_EQ(answer.detail, "no name server has answered for database.silent.test");
  }
  {
    PatchSender sender(options("http://database.silent.test/?ns=demo", seconds(30)));
    sender.send({7, "", {"{", "}"}, 2, 0});
    std::vector<PatchSender::Finished> finished;
    sender.wait(steady_clock::now() + milliseconds(50), finished);
    EXPECT_TRUE(finished.empty());
  }
  EXPECT_LT(steady_clock::now() - begin, seconds(10));
}

TEST(HttpRequest, IsGivenUpAtOnceAlthoughNobodyResolvesTheNameOrAnswers) {
  const OneAnswer silent(OneAnswer::kNever);
  const auto begin = steady_clock::now();
  for (const std::string& url : {std::string("http://tokens.silent.test/"), silent.url()}) {
    std::stop_source source;
    HttpRequest request;
    request.url = url;
    request.timeout = seconds(30);
    request.stop = source.get_token();
    std::jthread stopper([&] { source.request_stop(); });
    EXPECT_FALSE(http_request(request));
    HttpRequest impatient;
    impatient.url = url;
    impatient.timeout = milliseconds(100);
    EXPECT_FALSE(http_request(impatient));
  }
  EXPECT_LT(steady_clock::now() - begin, milliseconds(900)) << "at once, not with the next look";
}

TEST(PatchSender, WhatOnlyBeginsLikeHttpAcknowledgesNothing) {
  for (const char* garbage :
       {"HTTP/HTTP/0.9 garb0.9 garbage\r\n\r\n", "HTTP/1.1 2x4 No Content\r\n\r\n", "hTTP/1HTT.1 429 x\r\n\r\n",
        "HTTP/x 1\r\nHTTP/1.1 204 No Content\r\n\r\n", "HTTP/\r\n\r\n"}) {
    const Answer answer = answer_to(garbage);
    EXPECT_FALSE(answer.transport == Answer::Transport::kAnswered && answer.status != 0) << garbage << answer.status;
  }
}

TEST(HttpRequest, WhatOnlyBeginsLikeHttpIsNoAnswer) {
  HttpRequest request;
  request.method = "PATCH";
  request.body = Secret(std::string("{\"a\":1}"));
  // libcurl 7.88 takes both for a 200; what it refuses by itself would prove nothing there. 8.14 refuses both.
  for (const char* text : {"HTTP/HTTP/0.9 garb0.9 garbage\r\n\r\n", "hTTP/1HTT.1 429 x\r\n\r\n"}) {
    OneAnswer garbage(text);
    request.url = garbage.url();
    const Result<HttpResponse> refused = http_request(request);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().what, testing::AnyOf("the answer is no HTTP", "Unsupported protocol"));
  }

  OneAnswer good("HTTP/1.1 204 No Content\r\nDate: Wed, 06 May 2026 14:39:21 GMT\r\n\r\n");
  request.url = good.url();
  const Result<HttpResponse> answer = http_request(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(answer->date, "Wed, 06 May 2026 14:39:21 GMT");
}

TEST(PatchSender, WakeEndsTheWait) {
  PatchSender sender(options("http://127.0.0.1:1/?ns=demo"));
  std::vector<PatchSender::Finished> finished;
  const auto begin = steady_clock::now();
  std::jthread waker([&] { sender.wake(); });
  sender.wait(begin + seconds(30), finished);
  EXPECT_LT(steady_clock::now() - begin, seconds(20));
}

TEST(RetryAfter, IsSecondsOrADate) {
  const UtcMillis now(milliseconds(1'778'078'351'000));  // Wed, 06 May 2026 14:39:11 GMT
  EXPECT_EQ(parse_retry_after("120", now), seconds(120));
  EXPECT_EQ(parse_retry_after("0", now), seconds(0));
  EXPECT_EQ(parse_retry_after("Wed, 06 May 2026 14:39:21 GMT", now), seconds(10));
  EXPECT_EQ(parse_retry_after("Wed, 06 May 2026 14:39:01 GMT", now), seconds(0)) << "it has passed";
  for (const char* wrong : {"", "soon", "-5", "1.5x"}) EXPECT_FALSE(parse_retry_after(wrong, now)) << wrong;
}

}  // namespace
}  // namespace firebase_relay::flush
