#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/emulator.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/relay_process.h"
#include "support/rsa_key.h"
#include "support/temp_dir.h"
#include "support/token_server.h"

namespace pipeline_test {

using test_support::Emulator;
using test_support::eventually;
using test_support::Process;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;

/// A Redis, a database that takes the token server's newest two tokens and no others, and a key file.
class CredentialsFixture : public testing::Test {
 protected:
  CredentialsFixture() {
    start_tokens(0);
    write_key(key());
  }
  static const test_support::RsaKey& key() {
    static const test_support::RsaKey made;
    return made;
  }
  void start_tokens(std::uint16_t port) {
    tokens_ = std::make_unique<test_support::TokenServer>(key(), port);
    tokens_->on_token([this](const std::string& token, std::vector<std::string> earlier) {
      if (!earlier.empty()) earlier.pop_back();  // requests that carry it may still be on their way
      emulator_.control("POST", "tokens", {{"accept", {token}}, {"revoke", earlier}});
    });
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(dir_.file(name), std::ios::binary) << content;
    ::chmod(dir_.file(name).c_str(), 0600);
  }
  void write_key(const test_support::RsaKey& written) const {
    write("key.json", test_support::account_json(written, tokens_->url()).dump());
  }
  [[nodiscard]] std::string key_file() const { return dir_.file("key.json"); }
  [[nodiscard]] std::vector<std::string> flags(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"--credentials", key_file(), "--flush-interval-ms", "20"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  [[nodiscard]] std::vector<std::string> command(const std::string& name) const {
    return {test_support::built("src/firebase-relay"),
            name,
            "--redis-url",
            redis_.url(),
            "--database-url",
            emulator_.database_url(),
            "--credentials",
            key_file()};
  }

  static std::string price(int value) {
    return nlohmann::json{{"type", "price"}, {"price", std::to_string(value)}, {"symbol", "AAPL"}}.dump();
  }
  void publish(int count, int first = 0) const {
    RedisClient client(redis_);
    for (int i = first; i < first + count; ++i) client.publish("TICKER_UPDATES_AAPL", price(i));
  }
  [[nodiscard]] std::size_t stored() const { return emulator_.entries("history/AAPL/prices").size(); }
  [[nodiscard]] int patches_answered(int status) const {
    return emulator_.control("GET", "stats").at("answers").value("PATCH " + std::to_string(status), 0);
  }

  const test_support::TempDir dir_;
  const RedisServer redis_;
  const Emulator emulator_{{"--require-auth", "--test-controls"}};
  std::unique_ptr<test_support::TokenServer> tokens_;
};

}  // namespace pipeline_test
