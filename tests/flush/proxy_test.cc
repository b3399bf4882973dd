// One environment, one way: what goes to the database goes as what goes for its tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "flush/http_client.h"
#include "flush/patch_sender.h"
#include "flush/tls_server.h"
#include "flush/token_keeper.h"
#include "support/connect_proxy.h"
#include "support/temp_dir.h"

namespace firebase_relay::flush {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kProxyVariables[] = {"HTTPS_PROXY", "https_proxy", "ALL_PROXY",  "all_proxy",
                                           "NO_PROXY",    "no_proxy",    "HTTP_PROXY", "http_proxy"};

/// Asks one server in all the ways in which the relay asks, by names (tests/support/names.cc) or as this machine.
class ProxyTest : public testing::Test {
 protected:
  ProxyTest() {
    for (const char* variable : kProxyVariables) ::unsetenv(variable);
    std::ofstream(dir_.file("ca.pem")) << server_.certificate_pem();
    ca_ = CaFile::read("--ca-file", dir_.file("ca.pem")).value();
  }
  ~ProxyTest() override {
    for (const char* variable : kProxyVariables) ::unsetenv(variable);
  }

  [[nodiscard]] std::string at(const std::string& host, const std::string& path = "/") const {
    return "https://" + host + ":" + std::to_string(server_.port()) + path;
  }
  Answer patch(const std::string& host) {
    SenderOptions options;
    options.database = parse_database_url(at(host), false).value();
    options.ca = ca_;
    PatchSender sender(options);
    sender.send({1, "", {"{", "}"}, 2, 0});
    std::vector<PatchSender::Finished> finished;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (finished.empty() && std::chrono::steady_clock::now() < deadline) sender.wait(deadline, finished);
    return finished.empty() ? Answer{} : finished[0].answer;
  }
  /// The server has no tokens: what it says to the question shows that it was asked.
  std::string ask_for_token(const std::string& host) {
    const ServiceAccount account =
        parse_service_account(test_support::account_json(key(), at(host, "/token")).dump()).value();
    std::optional<Error> flaw;
    return fetch_once(account, ca_, flaw).error().what;
  }
  int check(const std::string& host) {
    HttpRequest request;
    request.url = at(host);
    request.ca = ca_;
    const auto answer = http_request(request);
    EXPECT_TRUE(answer) << answer.error().what;
    return answer ? answer->status : 0;
  }
  void ask_all(const std::string& database, const std::string& tokens, const std::string& checked) {
    const Answer answer = patch(database);
    EXPECT_EQ(answer.status, 204) << answer.detail;
    EXPECT_FALSE(answer.retry_after) << "that was the proxy's";
    EXPECT_THAT(ask_for_token(tokens), HasSubstr("answers 204"));
    EXPECT_EQ(check(checked), 204);
  }
  static const test_support::RsaKey& key() {
    static const test_support::RsaKey made;
    return made;
  }

  const test_support::TempDir dir_;
  TlsServer server_;
  test_support::ConnectProxy proxy_;
  std::shared_ptr<const CaFile> ca_;
};

class ProxyOf : public ProxyTest, public testing::WithParamInterface<const char*> {};

TEST_P(ProxyOf, TheEnvironmentIsTakenByEveryRequest) {
  ::setenv(GetParam(), proxy_.url().c_str(), 1);
  ask_all("database.here.test", "tokens.here.test", "check.here.test");
  EXPECT_THAT(proxy_.requests(),
              ElementsAre(HasSubstr("CONNECT database.here.test:"), HasSubstr("CONNECT tokens.here.test:"),
                          HasSubstr("CONNECT check.here.test:")));
}

INSTANTIATE_TEST_SUITE_P(Variables, ProxyOf, testing::Values("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"),
                         [](const auto& variable) { return std::string(variable.param); });

class NoProxyOf : public ProxyTest, public testing::WithParamInterface<const char*> {};

TEST_P(NoProxyOf, TheEnvironmentIsObeyedByEveryRequest) {
  ::setenv("HTTPS_PROXY", proxy_.url().c_str(), 1);
  ::setenv(GetParam(), "example.org,.here.test", 1);
  ask_all("database.here.test", "tokens.here.test", "check.here.test");
  EXPECT_THAT(proxy_.requests(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Variables, NoProxyOf, testing::Values("NO_PROXY", "no_proxy"),
                         [](const auto& variable) { return std::string(variable.param); });

TEST_F(ProxyTest, WhatIsAskedOfThisMachineGoesDirectWhateverTheEnvironmentSays) {
  for (const char* variable : {"HTTPS_PROXY", "ALL_PROXY", "http_proxy"}) ::setenv(variable, proxy_.url().c_str(), 1);
  ::setenv("NO_PROXY", "example.org", 1);
  ask_all("127.0.0.1", "localhost", "0.0.0.0");
  EXPECT_THAT(proxy_.requests(), IsEmpty());
}

TEST_F(ProxyTest, TheRelayItselfIsAskedDirectByWhateverAddress) {
  for (const char* variable : {"HTTPS_PROXY", "http_proxy"}) ::setenv(variable, proxy_.url().c_str(), 1);
  HttpRequest request;
  request.url = at("relay.here.test");
  request.ca = ca_;
  request.is_to_relay = true;
  EXPECT_TRUE(http_request(request));
  EXPECT_THAT(proxy_.requests(), IsEmpty());
}

}  // namespace
}  // namespace firebase_relay::flush
