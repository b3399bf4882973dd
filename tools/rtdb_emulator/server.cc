#include "rtdb_emulator/server.h"

#include <civetweb.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "rtdb_emulator/clock.h"
#include "rtdb_emulator/page.h"

namespace rtdb_emulator {
namespace {

std::string read_body(mg_connection* connection) {
  std::string body;
  char buffer[64 * 1024];
  for (int size; (size = mg_read(connection, buffer, sizeof buffer)) > 0;)
    body.append(buffer, static_cast<std::size_t>(size));
  return body;
}

std::optional<std::string> header(mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

/// The connection ends without an answer.
int cut_off(mg_connection* connection) {
  mg_disable_connection_keep_alive(connection);
  return 444;
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(options),
      access_(options_.access, switches_),
      rest_(database_, access_, options_.rest, switches_),
      control_(database_, faults_, switches_, stats_),
      long_polling_({database_, access_, requests_}, options_.rest),
      web_sockets_({database_, access_, requests_}, options_.rest, long_polling_) {
  switches_.size_limit_bytes = options.size_limit_bytes;
}

Server::~Server() { stop(); }

std::string Server::start() {
  mg_init_library(0);
  const std::string listen = options_.host + ":" + std::to_string(options_.port);
  // Hanging requests, event streams and WebSockets keep a thread each.
  const char* settings[] = {"listening_ports",
                            listen.c_str(),
                            "num_threads",
                            "256",
                            "enable_keep_alive",
                            "yes",
                            "keep_alive_timeout_ms",
                            "120000",
                            "request_timeout_ms",
                            "120000",
                            "enable_websocket_ping_pong",
                            "yes",
                            "websocket_timeout_ms",
                            "30000",
                            "tcp_nodelay",
                            "1",
                            nullptr};
  mg_callbacks callbacks{};
  callbacks.log_message = &Server::on_complaint;
  context_ = mg_start(&callbacks, this, settings);
  // civetweb goes on with the threads that it got, and then answers nobody.
  if (const std::lock_guard lock(stop_mutex_); complaint_.find("thread") != std::string::npos)
    return "cannot start a thread for each of 256 connections: allow it more (pids_limit, ulimit -u)";
  const bool is_ipv6 = options_.host.starts_with('[');
  if (!context_ && is_ipv6 && mg_check_feature(MG_FEATURES_IPV6) == 0)
    return "cannot listen at " + listen + ": Debian builds civetweb without IPv6; listen at 127.0.0.1 or 0.0.0.0";
  if (!context_) return "cannot listen at " + listen + ": is the port taken?";
  mg_server_port ports[1];
  port_ = mg_get_server_ports(context_, 1, ports) == 1 ? static_cast<std::uint16_t>(ports[0].port) : options_.port;
  web_sockets_.serve_at(context_);
  mg_set_request_handler(context_, "**", &Server::on_request, this);
  return {};
}

void Server::stop() {
  if (!context_) return;
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_signal_.notify_all();
  long_polling_.end();
  mg_stop(std::exchange(context_, nullptr));
  stragglers_.clear();
  mg_exit_library();
}

int Server::send(mg_connection* connection, const Response& response, std::int64_t clock_ahead_seconds) {
  const std::string answer = head_of(connection, response, clock_ahead_seconds) + response.body;
  mg_write(connection, answer.data(), answer.size());
  return response.status;
}

/// What send() would send, without the body.
int Server::send_head(mg_connection* connection, const Response& response) {
  const std::string head = head_of(connection, response, 0);
  mg_write(connection, head.data(), head.size());
  return response.status;
}

std::string Server::head_of(mg_connection* connection, const Response& response, std::int64_t clock_ahead_seconds) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     mg_get_response_code_text(connection, response.status) +
                     "\r\nContent-Type: " + response.content_type +
                     "\r\nCache-Control: no-cache\r\nAccess-Control-Allow-Origin: *\r\n";
  char date[64];
  const std::time_t now = std::time(nullptr) + clock_ahead_seconds;
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  head += std::string("Date: ") + date + "\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  if (response.status != 204 && response.status != 304)
    head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  return head + "\r\n";
}

int Server::on_complaint(const mg_connection* connection, const char* message) {
  auto* self = static_cast<Server*>(mg_get_user_data(mg_get_context(connection)));
  const std::lock_guard lock(self->stop_mutex_);
  if (self->complaint_.empty()) self->complaint_ = message;
  return 0;
}

int Server::on_request(mg_connection* connection, void* self) { return static_cast<Server*>(self)->serve(connection); }

int Server::serve(mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  Request request;
  request.method = info->request_method;
  request.url_path = info->request_uri ? info->request_uri : "/";  // percent-decoded once, and not cleaned of `..`
  request.parameters = parse_parameters(info->query_string ? info->query_string : "");
  request.authorization = header(connection, "Authorization");
  request.if_match = header(connection, "if-match");
  request.if_none_match = header(connection, "if-none-match");
  request.wants_etag = header(connection, "X-Firebase-ETag").value_or("") == "true";
  if (const auto method = header(connection, "X-HTTP-Method-Override"); method && request.method == "POST")
    request.method = *method;
  constexpr std::string_view kControls = "/.test/";
  if (options_.test_controls && request.url_path.starts_with(kControls)) {
    return send(connection, control_.handle(request.method, request.url_path.substr(kControls.size()),
                                            request.parameters, read_body(connection)));
  }
  const bool wants_stream = header(connection, "Accept").value_or("").find("text/event-stream") != std::string::npos;
  const bool is_head = request.method == "HEAD";
  if ((request.method == "GET" && !wants_stream) || is_head) {
    if (auto page = page_at(request.url_path)) return is_head ? send_head(connection, *page) : send(connection, *page);
  }
  if (request.url_path == "/.lp")
    return send(connection, long_polling_.handle(request.parameters, header(connection, "Host").value_or("")));
  if (request.url_path == "/")
    return send(connection, {200, "\"rtdb-emulator: append .json to a path to use the REST API\"\n", {}});
  if (request.method == "GET" && wants_stream) return stream(connection, request);
  return serve_rest(connection, std::move(request));
}

int Server::serve_rest(mg_connection* connection, Request request) {
  const bool is_patch = request.method == "PATCH";
  if (is_patch) stats_.patch_began();
  request.body = read_body(connection);
  const std::uint64_t number = ++requests_;
  std::chrono::milliseconds delay{0};
  const std::optional<Fault> fault = faults_.strike(request.method, request.url_path, request.body, delay);
  if (delay.count() > 0) sleep_unless_stopping(delay);
  const auto apply = [&] { return rest_.handle(request, number, now_ms()); };
  // Counted before it is sent, so that whoever has the answer finds it counted.
  const auto answer = [&](const Response& response) {
    stats_.count(request.method, response.status, request.body.size());
    if (is_patch) stats_.patch_ended();
    return send(connection, response, switches_.clock_ahead_seconds);
  };
  const auto leave_unanswered = [&] {
    stats_.count(request.method, 0, request.body.size());
    if (is_patch) stats_.patch_ended();
    return cut_off(connection);
  };
  if (!fault) return answer(apply());
  switch (fault->kind) {
    case Fault::Kind::kStatus: {
      if (fault->after_apply) apply();
      Response response = error(fault->status, "injected fault");
      if (!fault->body.empty()) response.body = fault->body;
      if (!fault->content_type.empty()) response.content_type = fault->content_type;
      if (!fault->location.empty()) response.headers.emplace_back("Location", fault->location);
      if (fault->retry_after) response.headers.emplace_back("Retry-After", *fault->retry_after);
      return answer(response);
    }
    case Fault::Kind::kPoison: return answer(error(400, "Invalid data; couldn't parse JSON object, array, or value."));
    case Fault::Kind::kHang: sleep_unless_stopping(std::chrono::minutes(10)); break;
    case Fault::Kind::kStraggle: apply_later(request, number, fault->delay); break;
    case Fault::Kind::kClose:
      if (fault->after_apply) apply();
      break;
    case Fault::Kind::kRefuse:
    case Fault::Kind::kDelay: break;
  }
  return leave_unanswered();
}

void Server::apply_later(Request request, std::uint64_t number, std::chrono::milliseconds delay) {
  const std::lock_guard lock(stop_mutex_);
  if (stopping_) return;
  stragglers_.emplace_back([this, request = std::move(request), number, delay] {
    if (sleep_unless_stopping(delay)) rest_.handle(request, number, now_ms());
  });
}

/// False: the server is stopping.
bool Server::sleep_unless_stopping(std::chrono::milliseconds time) {
  std::unique_lock lock(stop_mutex_);
  return !stop_signal_.wait_for(lock, time, [this] { return stopping_; });
}

}  // namespace rtdb_emulator
