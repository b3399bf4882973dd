// Whoever reaches the port of /metrics gets the three answers and nothing else, and cannot keep others from them.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "support/http.h"
#include "support/relay_process.h"

namespace hostile_test {
namespace {

using std::chrono::steady_clock;
using test_support::Emulator;
using test_support::http;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

/// A raw connection, which says what it is told to, or nothing.
class RawClient {
 public:
  explicit RawClient(const std::string& url) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  void say(std::string_view text) const { (void)!::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  [[nodiscard]] std::string hear() const {
    std::string heard(65'536, '\0');
    const ssize_t size = ::recv(fd_, heard.data(), heard.size(), 0);
    heard.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return heard;
  }

 private:
  int fd_;
  bool is_connected_ = false;
};

class HostileHttp : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(relay_.wait_ready());
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  /// Asks as Docker's health check does; fails when it takes longer than that waits.
  void expect_healthy_within_two_seconds() {
    const auto begin = steady_clock::now();
    EXPECT_EQ(http("GET", relay_.http_url() + "/healthz", {}, {}, std::chrono::seconds(10)).status, 200);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(2));
  }

  const RedisServer redis_;
  const Emulator emulator_;
  RelayProcess relay_{redis_, emulator_, {"--flush-interval-ms", "10"}};
};

TEST_F(HostileHttp, ThousandIdleConnectionsKeepNobodyFromAnAnswer) {
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 1'000; ++i) {
    idle.push_back(std::make_unique<RawClient>(relay_.http_url()));
    ASSERT_TRUE(idle.back()->is_connected()) << i;
    if (i % 2 == 0) idle.back()->say("GET /metrics HT");
    if (i % 100 == 99) expect_healthy_within_two_seconds();
  }
  expect_healthy_within_two_seconds();
  EXPECT_EQ(relay_.stop(), 0);
}

TEST_F(HostileHttp, GarbageIsRefusedAndNothingElseHappens) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string garbage;
    for (std::uint64_t size = 1 + random() % 3'000; size > 0; --size) garbage += static_cast<char>(random());
    const RawClient client(relay_.http_url());
    client.say(garbage + "\r\n\r\n");
    EXPECT_EQ(client.hear().find(" 200 "), std::string::npos) << i;
  }
  expect_healthy_within_two_seconds();
}

TEST_F(HostileHttp, RequestWithoutEndIsCutOffAtFourKilobytes) {
  const RawClient client(relay_.http_url());
  client.say("GET /healthz HTTP/1.1\r\n");
  for (int i = 0; i < 5'000; ++i) client.say("X-Header: value\r\n");
  EXPECT_EQ(client.hear().find(" 200 "), std::string::npos);
  expect_healthy_within_two_seconds();
}

TEST_F(HostileHttp, ReaderThatTakesNothingIsLeftBehind) {
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<RawClient>(relay_.http_url()));
    slow.back()->say("GET /metrics HTTP/1.1\r\n\r\n");
  }
  expect_healthy_within_two_seconds();
}

TEST_F(HostileHttp, OnlyGetHasAnAnswer) {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"}) {
    const RawClient client(relay_.http_url());
    client.say(std::string(method) + " /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 405 ")) << method;
  }
}

TEST_F(HostileHttp, NoPathLeadsToAFileOrAFolder) {
  for (const char* path :
       {"/", "/.", "/..", "/../../../../etc/passwd", "//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/metrics/../../etc/passwd", "/metrics/", "/data/outbox.db", "http://169.254.169.254/", "*"}) {
    const RawClient client(relay_.http_url());
    client.say(std::string("GET ") + path + " HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 404 ")) << path;
  }
}

TEST_F(HostileHttp, NothingOfAMessageStandsOnIt) {
  RedisClient client(redis_);
  client.publish("TICKER_UPDATES_SECRETTICKER", R"({"type":"price","price":"secretprice"})");
  client.publish("SECRETCHANNEL", R"({"secretfield":"secretvalue"})");
  client.publish("SECRETCHANNEL", "secretgarbage");
  ASSERT_TRUE(relay_.wait_delivered(3));

  for (const char* path : {"/metrics", "/healthz", "/readyz", "/secret"}) {
    std::string body = http("GET", relay_.http_url() + path).body;
    for (char& c : body) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_EQ(body.find("secret"), std::string::npos) << body;
  }
}

TEST_F(HostileHttp, ListensOnThisMachineOnlyUnlessToldOtherwise) {
  EXPECT_TRUE(relay_.http_url().starts_with("http://127.0.0.1:"));
  test_support::Process printed({test_support::built("src/firebase-relay"), "run", "--help"});
  printed.wait();
  EXPECT_NE(printed.out().find("127.0.0.1:9464"), std::string::npos) << printed.out();
}

}  // namespace
}  // namespace hostile_test
