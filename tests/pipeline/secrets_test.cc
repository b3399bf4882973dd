// What nobody may see stays unseen: every output of runs that know all kinds of secrets is searched for each of them.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "pipeline/credentials_fixture.h"

namespace pipeline_test {
namespace {

using Secrets = std::vector<std::pair<std::string, std::string>>;  // name and text
using Outputs = std::vector<std::pair<std::string, std::string>>;

std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void expect_unseen(const Secrets& secrets, const Outputs& outputs) {
  for (const auto& [place, output] : outputs) {
    EXPECT_NE(output, "") << place << " says nothing, so this proves nothing";
    for (const auto& [name, secret] : secrets)
      EXPECT_EQ(output.find(secret), std::string::npos) << name << " is in " << place << ":\n" << output;
  }
}

class SecretsTest : public CredentialsFixture {
 protected:
  void SetUp() override {
    RedisClient(redis_).command({"CONFIG", "SET", "requirepass", kPassword});
    const std::string pem = key().pem();
    secrets_ = {{"Redis' password", kPassword},
                {"the key", pem.substr(100, 60)},
                {"the key as JSON", nlohmann::json(pem).dump().substr(100, 40)},
                {"the legacy secret", "legacy5ecret"},  // the part that looks the same in a URL
                {"an access token", "token-1"},
                {"the emulator's token", "Bearer"}};
  }
  /// `unix://:PASSWORD@/path`, by the environment: a command line shows what is on it.
  [[nodiscard]] std::vector<std::string> environment() const {
    return {"REDIS_URL=unix://:" + std::string(kPassword) + "@" + redis_.socket(), "FIREBASE_RELAY_LOG_LEVEL=debug",
            "FIREBASE_RELAY_HTTP_LISTEN=127.0.0.1:0", "FIREBASE_DATABASE_URL=" + emulator_.database_url()};
  }
  /// All that a run shows, from its start until it has ended.
  Outputs outputs_of(const std::vector<std::string>& words, const std::string& line_to_wait_for) {
    std::vector<std::string> command = {test_support::built("src/firebase-relay")};
    command.insert(command.end(), words.begin(), words.end());
    Process process(command, environment());
    const std::string url = process.wait_for("http listening on ");
    process.wait_for(line_to_wait_for);
    const std::string proc = "/proc/" + std::to_string(process.pid()) + "/";
    Outputs outputs = {{"/metrics", test_support::http("GET", url + "/metrics").body},
                       {"/readyz", test_support::http("GET", url + "/readyz").body},
                       {"cmdline", content_of(proc + "cmdline")},
                       {"comm", content_of(proc + "comm")}};
    const std::string limits = content_of(proc + "limits");
    EXPECT_TRUE(std::regex_search(limits, std::regex("Max core file size +0 +0 "))) << limits;
    process.signal(SIGTERM);
    process.wait();
    outputs.emplace_back("stdout and stderr", process.out() + process.err());
    return outputs;
  }

  static constexpr const char* kPassword = "pa55word-of-redis";
  static constexpr const char* kLegacy = "legacy5ecret/+of-the-database";
  Secrets secrets_;
};

TEST_F(SecretsTest, OfAServiceAccountAreInNoOutput) {
  expect_unseen(secrets_, outputs_of({"run", "--credentials", key_file()}, "access token obtained"));
  ASSERT_EQ(tokens_->tokens().size(), 1u);
  secrets_.emplace_back("an assertion", tokens_->assertions().front().substr(0, 60));
  secrets_.emplace_back("the second token", "token-2");
  emulator_.control("POST", "faults", {{"kind", "status"}, {"status", 401}, {"count", 100}});
  expect_unseen(secrets_,
                outputs_of({"run", "--credentials", key_file(), "--drain-timeout-ms", "500"}, "unauthorized"));
}

TEST_F(SecretsTest, OfARefusedKeyAreInNoOutput) {
  tokens_->set({.status = 400, .error = "invalid_grant"});
  expect_unseen(secrets_, outputs_of({"run", "--credentials", key_file(), "--drain-timeout-ms", "500"}, "revoked"));
}

TEST_F(SecretsTest, OfTheLegacyKindAreInNoOutputAlsoWhenTheDatabaseIsNotThere) {
  write("secret", kLegacy);
  const std::vector<std::string> words = {"run", "--auth-secret-file", dir_.file("secret"), "--drain-timeout-ms",
                                          "500"};
  expect_unseen(secrets_, outputs_of(words, "unauthorized"));
  auto elsewhere = words;
  elsewhere.insert(elsewhere.end(), {"--database-url", "http://127.0.0.1:1/?ns=demo"});
  expect_unseen(secrets_, outputs_of(elsewhere, "connect"));
}

TEST_F(SecretsTest, AreInNoHelpNoCheckAndNoComplaint) {
  write("secret", kLegacy);
  const auto outputs = [&](const std::vector<std::string>& words) {
    std::vector<std::string> command = {test_support::built("src/firebase-relay")};
    command.insert(command.end(), words.begin(), words.end());
    Process process(command, environment());
    process.wait();
    return Outputs{{words.front(), process.out() + process.err()}};
  };
  expect_unseen(secrets_, outputs({"--help"}));
  expect_unseen(secrets_, outputs({"check", "--credentials", key_file()}));
  expect_unseen(secrets_, outputs({"check", "--auth-secret-file", dir_.file("secret")}));
  expect_unseen(secrets_, outputs({"run", "--credentials", dir_.file("secret")}));
  expect_unseen(secrets_, outputs({"run", "--auth-secret-file", key_file()}));
  expect_unseen(secrets_, outputs({"run", "--database-url", std::string("https://x.example/?auth=") + kLegacy}));
  expect_unseen(secrets_, outputs({"run", "--database-url", std::string("https://u:") + kPassword + "@x.example"}));
  expect_unseen(secrets_, outputs({"run", "--redis-url", std::string("redis://u:") + kPassword + "@h:port"}));
}

}  // namespace
}  // namespace pipeline_test
