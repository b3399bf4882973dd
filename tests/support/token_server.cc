#include "support/token_server.h"

#include <civetweb.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "support/eventually.h"
#include "support/http.h"

namespace test_support {
namespace {

std::string http_date(std::chrono::seconds ahead) {
  const std::time_t time = std::time(nullptr) + ahead.count();
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

std::string body_of(mg_connection* connection) {
  std::string body;
  std::array<char, 4096> buffer{};
  for (int size = 0; (size = mg_read(connection, buffer.data(), buffer.size())) > 0;)
    body.append(buffer.data(), static_cast<std::size_t>(size));
  return body;
}

std::string field(const std::string& form, const char* name) {
  std::string value(form.size() + 1, '\0');
  const int size = mg_get_var(form.data(), form.size(), name, value.data(), value.size());
  value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return value;
}

}  // namespace

TokenServer::TokenServer(const RsaKey& key, std::uint16_t port) : key_(key) {
  mg_init_library(0);
  const std::string place = "127.0.0.1:" + std::to_string(port);
  const std::array<const char*, 7> options = {"listening_ports",   place.c_str(), "num_threads", "4",
                                              "enable_keep_alive", "no",          nullptr};
  mg_callbacks callbacks{};
  callbacks.begin_request = &TokenServer::handle;
  context_ = mg_start(&callbacks, this, const_cast<const char**>(options.data()));
  if (context_ == nullptr) throw std::runtime_error("the token server does not start");
  mg_server_port ports{};
  if (mg_get_server_ports(context_, 1, &ports) != 1) throw std::runtime_error("the token server has no port");
  port_ = static_cast<std::uint16_t>(ports.port);
}

TokenServer::~TokenServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ended_.notify_all();
  // civetweb looks only every two seconds whether it shall stop, unless a connection wakes it.
  std::atomic<bool> is_stopped = false;
  const std::jthread waker([&] {
    eventually([&] {
      http("GET", url(), {}, {}, std::chrono::milliseconds(100));
      return is_stopped.load();
    });
  });
  mg_stop(context_);
  is_stopped = true;
  mg_exit_library();
}

void TokenServer::set(const Script& script) {
  const std::lock_guard lock(mutex_);
  script_ = script;
  ended_.notify_all();
}

void TokenServer::on_token(std::function<void(const std::string&, const std::vector<std::string>&)> tell) {
  const std::lock_guard lock(mutex_);
  tell_ = std::move(tell);
}

std::vector<std::string> TokenServer::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

std::vector<std::string> TokenServer::assertions() const {
  const std::lock_guard lock(mutex_);
  return assertions_;
}

int TokenServer::handle(mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  auto* self = static_cast<TokenServer*>(info->user_data);
  const std::string body = body_of(connection);
  Reply reply{404, "{}"};
  if (std::string_view(info->local_uri) == "/token" && std::string_view(info->request_method) == "POST")
    reply = self->answer(body);
  std::chrono::seconds clock{};
  {
    std::unique_lock lock(self->mutex_);
    self->ended_.wait(lock, [&] { return self->stopping_ || !self->script_.hangs; });
    clock = self->script_.clock;
  }
  mg_printf(connection,
            "HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\nDate: %s\r\nContent-Length: %zu\r\n"
            "Connection: close\r\n\r\n%s",
            reply.status, http_date(clock).c_str(), reply.body.size(), reply.body.c_str());
  return reply.status;
}

TokenServer::Reply TokenServer::answer(const std::string& form) {
  const std::lock_guard lock(mutex_);
  const std::string assertion = field(form, "assertion");
  assertions_.push_back(assertion);
  if (script_.hangs) return {503, "{}"};
  const auto refusal = [](const std::string& error, const std::string& description) {
    return nlohmann::json{{"error", error}, {"error_description", description}}.dump();
  };
  if (script_.status != 200)
    return {script_.status, script_.error.empty() ? "no" : refusal(script_.error, "as the script says")};
  if (field(form, "grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer")
    return {400, refusal("unsupported_grant_type", "Invalid grant_type")};
  nlohmann::json claims;
  try {
    claims = key_.verified(assertion).claims;
  } catch (const std::exception&) {
    return {400, refusal("invalid_grant", "Invalid JWT Signature.")};
  }
  const std::int64_t now = std::time(nullptr) + script_.clock.count();
  const std::int64_t issued = claims.at("iat");
  if (std::abs(issued - now) > 300 || claims.at("exp").get<std::int64_t>() > issued + 3600)
    return {400, refusal("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")};
  if (claims.at("aud") != url()) return {400, refusal("invalid_grant", "Invalid JWT: wrong audience")};
  const std::string token = "token-" + std::to_string(tokens_.size() + 1);
  if (tell_) tell_(token, tokens_);
  tokens_.push_back(token);
  return {200,
          nlohmann::json{{"access_token", token}, {"expires_in", script_.expires_in}, {"token_type", "Bearer"}}.dump()};
}

}  // namespace test_support
