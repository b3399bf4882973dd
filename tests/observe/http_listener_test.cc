#include "observe/http_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

namespace firebase_relay::observe {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A raw connection to 127.0.0.1, so that a test can say anything to the server.
class Client {
 public:
  explicit Client(std::uint16_t port, milliseconds patience = milliseconds(10'000))
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval timeout{patience.count() / 1000, patience.count() % 1000 * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void say(std::string_view text) const {
    [[maybe_unused]] const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// Everything until the server closes the connection, or patience ends.
  [[nodiscard]] std::string hear() const {
    std::string answer;
    std::array<char, 4096> part{};
    for (::ssize_t count = 0; (count = ::recv(fd_, part.data(), part.size(), 0)) > 0;) {
      answer.append(part.data(), static_cast<std::size_t>(count));
    }
    return answer;
  }

 private:
  int fd_;
  bool connected_ = false;
};

class HttpListenerTest : public testing::Test {
 protected:
  void SetUp() override {
    HttpAnswers answers;
    answers.metrics = [this] { return metrics_; };
    answers.health_flaw = [this]() -> std::optional<std::string> { return flaw(unhealthy_, "the flusher is stuck"); };
    answers.ready_flaw = [this]() -> std::optional<std::string> { return flaw(unready_, "not subscribed"); };
    answers.ready_remark = [this]() -> std::optional<std::string> { return flaw(remarks_, "the disk is full"); };
    auto started = HttpListener::start("127.0.0.1", 0, std::move(answers));
    ASSERT_TRUE(started) << started.error().what;
    listener_ = std::move(*started);
  }
  static std::optional<std::string> flaw(bool there, const char* text) {
    return there ? std::optional<std::string>(text) : std::nullopt;
  }
  std::string ask(const std::string& method, const std::string& path,
                  milliseconds patience = milliseconds(10'000)) const {
    const Client client(listener_->port(), patience);
    client.say(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return client.hear();
  }
  milliseconds time_to_stop() {
    const auto begin = steady_clock::now();
    listener_->stop();
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }

  std::string metrics_ = "firebase_relay_build_info 1\n";
  std::atomic<bool> unhealthy_ = false;
  std::atomic<bool> unready_ = false;
  std::atomic<bool> remarks_ = false;
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(HttpListenerTest, ServesTheMetricsAsPrometheusText) {
  const std::string answer = ask("GET", "/metrics");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nfirebase_relay_build_info 1\n"));
}

TEST_F(HttpListenerTest, ServesMetricsThatAreLongerThanAnyBuffer) {
  metrics_ = std::string(1'000'000, 'm');

  const std::string answer = ask("GET", "/metrics");

  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), metrics_);
}

TEST_F(HttpListenerTest, IsHealthyUntilThereIsAFlaw) {
  EXPECT_THAT(ask("GET", "/healthz"), EndsWith("\r\n\r\nok\n"));

  unhealthy_ = true;

  const std::string answer = ask("GET", "/healthz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nthe flusher is stuck\n"));
  EXPECT_THAT(ask("GET", "/readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpListenerTest, IsReadyUntilThereIsAFlaw) {
  unready_ = true;

  EXPECT_THAT(ask("GET", "/readyz"), EndsWith("\r\n\r\nnot subscribed\n"));
  EXPECT_THAT(ask("GET", "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpListenerTest, IsReadyWithARemarkAboutWhatIsNoReasonNotToBe) {
  remarks_ = true;

  EXPECT_THAT(ask("GET", "/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\nthe disk is full\n")));
  EXPECT_THAT(ask("GET", "/healthz"), EndsWith("\r\n\r\nok\n"));

  unready_ = true;

  EXPECT_THAT(ask("GET", "/readyz"), EndsWith("\r\n\r\nnot subscribed\n"));
}

TEST_F(HttpListenerTest, AnswersHeadWithoutABody) {
  const std::string answer = ask("HEAD", "/healthz");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(HttpListenerTest, IgnoresAQuery) { EXPECT_THAT(ask("GET", "/healthz?x=1"), StartsWith("HTTP/1.1 200 ")); }

TEST_F(HttpListenerTest, HasNoOtherMethod) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    EXPECT_THAT(ask(method, "/metrics"), StartsWith("HTTP/1.1 405 ")) << method;
  }
}

TEST_F(HttpListenerTest, HasNoOtherPathAndNoFile) {
  for (const char* path :
       {"/", "/metric", "/metrics/", "/healthz/x", "/../../etc/passwd", "/etc/passwd", "/%2e%2e/etc/passwd"}) {
    EXPECT_THAT(ask("GET", path), StartsWith("HTTP/1.1 404 ")) << path;
  }
}

TEST_F(HttpListenerTest, RefusesARequestThatIsTooLarge) {
  const Client client(listener_->port());

  client.say("GET /healthz HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n");

  EXPECT_THAT(client.hear(), testing::Not(HasSubstr(" 200 ")));
  EXPECT_THAT(ask("GET", "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpListenerTest, SurvivesGarbage) {
  for (const std::string& garbage :
       {std::string("\0\xFF\x01\r\n\r\n", 7), std::string("GET\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\r\n\r\n", 10)}) {
    const Client client(listener_->port());
    client.say(garbage);
    EXPECT_THAT(client.hear(), testing::Not(HasSubstr(" 200 ")));
  }
  EXPECT_THAT(ask("GET", "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpListenerTest, HangsUpOnAClientThatNeverAsks) {
  const Client idle(listener_->port());
  const auto begin = steady_clock::now();

  [[maybe_unused]] const std::string answer = idle.hear();

  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(HttpListenerTest, AnswersWhileAnotherClientSaysNothing) {
  const Client idle(listener_->port());
  const Client half(listener_->port());
  half.say("GET /healthz HT");

  EXPECT_THAT(ask("GET", "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpListenerTest, StopsAtOnce) {
  [[maybe_unused]] const std::string answer = ask("GET", "/healthz");

  EXPECT_LT(time_to_stop(), milliseconds(250));  // 5 ms; the rest is for a busy machine and sanitizers
}

TEST_F(HttpListenerTest, StopsAtOnceAlthoughAClientSaysNothing) {
  const Client idle(listener_->port());

  EXPECT_LT(time_to_stop(), milliseconds(250));
}

TEST_F(HttpListenerTest, AsksNobodyAnyMoreOnceItHasStopped) {
  std::atomic<bool> done = false;
  std::vector<std::jthread> askers;
  for (int i = 0; i < 3; ++i) {
    askers.emplace_back([&] {
      // civetweb forgets a connection that waits in its queue when it stops: nobody ever answers that one.
      while (!done) [[maybe_unused]] const std::string answer = ask("GET", "/metrics", milliseconds(200));
    });
  }
  for (int i = 0; i < 20; ++i) [[maybe_unused]] const std::string answer = ask("GET", "/metrics");

  listener_->stop();
  metrics_.clear();  // nobody may be reading it: ThreadSanitizer watches
  done = true;
}

TEST_F(HttpListenerTest, RefusesAPortThatIsTaken) {
  auto second = HttpListener::start("127.0.0.1", listener_->port(), {});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_EQ(second.error().what,
            "cannot listen at 127.0.0.1:" + std::to_string(listener_->port()) + ": the port is taken");
  EXPECT_THAT(second.error().remedy, HasSubstr("--http-listen"));
}

TEST(HttpListener, RefusesAHostThatIsNone) {
  for (const char* host : {"", "[::1]", "::1::", "127.0.0.1:1,0.0.0.0", "+8080", "no such host", "192.0.2.1"}) {
    const auto listener = HttpListener::start(host, 0, {});
    ASSERT_FALSE(listener) << host;
    EXPECT_EQ(listener.error().code, ErrorCode::kInvalid) << host;
  }
}

}  // namespace
}  // namespace firebase_relay::observe
