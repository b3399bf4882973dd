// Name servers that never answer: a look-up hangs, and nobody waits for it.
#include <gtest/gtest.h>
#include <signal.h>

#include "pipeline/credentials_fixture.h"
#include "support/http.h"
#include "support/names.h"

namespace pipeline_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// A relay whose database, and whose key's token endpoint, have names that nobody resolves.
class SilentNames : public testing::Test {
 protected:
  SilentNames() {
    nlohmann::json account = test_support::account_json(key_, "https://tokens.silent.test/token");
    std::ofstream(dir_.file("key.json")) << account.dump();
    ::chmod(dir_.file("key.json").c_str(), 0600);
  }
  std::unique_ptr<Process> start(bool has_key, const std::string& drain_timeout_ms) {
    std::vector<std::string> command = {test_support::built("src/firebase-relay"),
                                        "run",
                                        "--redis-url",
                                        redis_.url(),
                                        "--database-url",
                                        "https://database.silent.test",
                                        "--http-listen",
                                        "127.0.0.1:0",
                                        "--outbox",
                                        dir_.file("outbox.db"),
                                        "--request-timeout-ms",
                                        "200",
                                        "--drain-timeout-ms",
                                        drain_timeout_ms};
    if (has_key) command.insert(command.end(), {"--credentials", dir_.file("key.json")});
    auto relay = std::make_unique<Process>(command, test_support::with_test_names());
    url_ = relay->wait_for("http listening on ");
    EXPECT_TRUE(eventually([&] { return get("/readyz") == 200; })) << relay->err();
    RedisClient(redis_).publish("TICKER_UPDATES_AAPL", R"({"type":"price","price":"1","symbol":"AAPL"})");
    return relay;
  }
  [[nodiscard]] int get(const std::string& path) const { return test_support::http("GET", url_ + path).status; }
  [[nodiscard]] bool has_line(const std::string& line) const {
    return test_support::http("GET", url_ + "/metrics").body.find(line) != std::string::npos;
  }

  const test_support::RsaKey key_;
  const test_support::TempDir dir_;
  const RedisServer redis_;
  std::string url_;
};

TEST_F(SilentNames, HoldUpNeitherTheFlusherNorTheDrain) {
  for (const bool has_key : {false, true}) {
    // The second start finds a run that was killed, and asks the database when that was.
    const auto relay = start(has_key, "700");
    ASSERT_TRUE(eventually([&] { return has_line("patches_total{result=\"failed\"} 3"); })) << relay->err();
    EXPECT_EQ(get("/healthz"), 200);
    const auto begin = steady_clock::now();
    relay->signal(SIGTERM);
    EXPECT_EQ(relay->wait(seconds(20)), 0) << relay->err();
    EXPECT_LT(steady_clock::now() - begin, milliseconds(700 + 1500)) << relay->err();
    EXPECT_NE(relay->err().find(" wait in the outbox"), std::string::npos) << relay->err();
    start(has_key, "700")->signal(SIGKILL);
  }
}

TEST_F(SilentNames, HoldUpNoSecondSignal) {
  const auto relay = start(true, "60000");
  ASSERT_TRUE(eventually([&] { return has_line("patches_total{result=\"failed\"} 1"); })) << relay->err();
  relay->signal(SIGTERM);
  relay->wait_for("draining");
  const auto begin = steady_clock::now();
  relay->signal(SIGTERM);
  EXPECT_EQ(relay->wait(seconds(20)), 0) << relay->err();
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1500));
}

TEST_F(SilentNames, OfTheHttpAddressEndTheStartSoon) {
  Process relay(
      {test_support::built("src/firebase-relay"), "run", "--redis-url", redis_.url(), "--database-url",
       "https://database.silent.test", "--http-listen", "http.silent.test:9464", "--outbox", dir_.file("outbox.db")},
      test_support::with_test_names());
  const auto begin = steady_clock::now();
  EXPECT_NE(relay.wait(seconds(20)), 0) << relay.err();
  EXPECT_LT(steady_clock::now() - begin, seconds(10));
  EXPECT_NE(relay.err().find("cannot listen at http.silent.test:9464"), std::string::npos) << relay.err();
}

}  // namespace
}  // namespace pipeline_test
