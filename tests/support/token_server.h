#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/rsa_key.h"

struct mg_context;
struct mg_connection;

namespace test_support {

/// Google's side of a token exchange, on a free port of this machine: takes assertions that are signed by `key`, issued
/// within five minutes of its clock, and meant for it; answers with tokens `token-1`, `token-2`, ….
///
/// Threads: any, for everything.
class TokenServer {
 public:
  struct Script {
    int expires_in = 3600;
    int status = 200;              ///< other than 200: answered whatever is asked, with `error` if there is one
    std::string error{};           ///< `error` of the answer, such as invalid_grant
    bool hangs = false;            ///< never answers
    std::chrono::seconds clock{};  ///< its clock is ahead of ours by this
  };
  explicit TokenServer(const RsaKey& key, std::uint16_t port = 0);
  ~TokenServer();
  TokenServer(const TokenServer&) = delete;
  TokenServer& operator=(const TokenServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/token"; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void set(const Script& script);
  /// Called with each token before it is handed out, and the tokens before it.
  void on_token(std::function<void(const std::string& token, const std::vector<std::string>& earlier)> tell);

  [[nodiscard]] std::vector<std::string> tokens() const;
  /// Assertions that came, also those that were refused.
  [[nodiscard]] std::vector<std::string> assertions() const;
  [[nodiscard]] std::size_t requests() const { return assertions().size(); }

 private:
  static int handle(mg_connection* connection);
  struct Reply {
    int status;
    std::string body;
  };
  Reply answer(const std::string& form);

  const RsaKey& key_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool stopping_ = false;  // guarded by mutex_, as all below
  Script script_;
  std::vector<std::string> tokens_;
  std::vector<std::string> assertions_;
  std::function<void(const std::string&, const std::vector<std::string>&)> tell_;
  std::uint16_t port_ = 0;
  mg_context* context_ = nullptr;
};

}  // namespace test_support
