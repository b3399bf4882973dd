#include "observe/http_listener.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <shared_mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

struct Reply {
  int status;
  std::string_view reason;
  std::string body;
  std::string_view extra_header{};
  std::string_view content_type = "text/plain; charset=utf-8";
};

Reply reply_of_flaw(const std::function<std::optional<std::string>()>& flaw) {
  const std::optional<std::string> text = flaw();
  if (!text) return {200, "OK", "ok\n"};
  return {503, "Service Unavailable", printable(*text) + "\n"};
}

Reply reply_to(std::string_view method, std::string_view path, const HttpAnswers& answers) {
  const bool known = path == "/metrics" || path == "/healthz" || path == "/readyz";
  if (!known) return {404, "Not Found", "not found; there are /metrics, /healthz and /readyz\n"};
  if (method != "GET" && method != "HEAD") return {405, "Method Not Allowed", "GET only\n", "Allow: GET, HEAD\r\n"};
  if (path == "/healthz") return reply_of_flaw(answers.health_flaw);
  if (path == "/readyz") return reply_of_flaw(answers.ready_flaw);
  return {200, "OK", answers.metrics(), "", "text/plain; version=0.0.4; charset=utf-8"};
}

void send(mg_connection* connection, const Reply& reply, bool with_body) {
  std::string bytes = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      reply.status, reply.reason, reply.content_type, reply.body.size(), reply.extra_header);
  if (with_body) bytes += reply.body;
  mg_write(connection, bytes.data(), bytes.size());
}

int discard_log_message(const mg_connection* /*connection*/, const char* /*message*/) { return 1; }

/// The listening thread of civetweb looks only every two seconds whether it shall end, unless a connection wakes it.
void wake(in_addr address, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(port);
  target.sin_addr = address;
  // In progress or refused: the attempt alone is what counts.
  [[maybe_unused]] const int connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target);
  ::close(fd);
}

/// civetweb says of every cause the same; so the system is asked once more.
Error why_not(const std::string& host, std::uint16_t port) {
  const std::string what = fmt::format("cannot listen at {}:{}: ", host, port);
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
    return {ErrorCode::kInvalid, what + ::gai_strerror(error), "give an address of this machine, such as 127.0.0.1"};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, &::freeaddrinfo);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int reuse = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  const int error = ::bind(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
  ::close(fd);
  if (error == EADDRINUSE) {
    return {ErrorCode::kBusy, what + "the port is taken", "is another relay running? give another by --http-listen"};
  }
  const std::string cause = error == 0 ? "the HTTP server does not start" : std::generic_category().message(error);
  return {ErrorCode::kInvalid, what + cause, "give another address by --http-listen"};
}

/// Where a connection from this machine reaches a socket that listens at `host`.
in_addr reachable_address_of(const std::string& host) {
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) != 1 || address.s_addr == htonl(INADDR_ANY)) {
    address.s_addr = htonl(INADDR_LOOPBACK);
  }
  return address;
}

/// civetweb reads more than an address from its option: lists, `s` and `r` behind a port, `+` before one.
bool is_plain_host(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

struct HttpListener::State {
  HttpAnswers answers;
  in_addr wake_address{};
  std::uint16_t port = 0;
  mg_context* context = nullptr;
  std::shared_mutex mutex;  // shared by those who answer, so that stop() can wait for them
  bool stopped = false;     // guarded by mutex

  Reply make_reply(std::string_view method, std::string_view path) {
    const std::shared_lock lock(mutex);
    if (stopped) return {503, "Service Unavailable", "stopping\n"};
    return reply_to(method, path, answers);
  }

  int answer(mg_connection* connection) {
    const mg_request_info* request = mg_get_request_info(connection);
    const std::string_view method = request->request_method;
    const Reply reply = make_reply(method, request->local_uri == nullptr ? "" : request->local_uri);
    send(connection, reply, method != "HEAD");
    return reply.status;
  }
};

Result<std::unique_ptr<HttpListener>> HttpListener::start(const std::string& host, std::uint16_t port,
                                                          HttpAnswers answers) {
  const std::string place = fmt::format("{}:{}", host, port);
  if (!is_plain_host(host)) {
    return fail(ErrorCode::kInvalid, "cannot listen at " + printable(place),
                "give an IPv4 address or a host's name (the packaged civetweb has no IPv6)");
  }
  auto state = std::make_shared<State>();
  state->answers = std::move(answers);
  state->wake_address = reachable_address_of(host);

  const char* options[] = {"listening_ports",
                           place.c_str(),
                           "num_threads",
                           "4",
                           "request_timeout_ms",
                           "1000",
                           "enable_keep_alive",
                           "no",
                           "max_request_size",
                           "4096",
                           "linger_timeout_ms",
                           "500",
                           "enable_directory_listing",
                           "no",
                           "connection_queue",
                           "64",
                           nullptr};
  mg_callbacks callbacks{};
  callbacks.log_message = discard_log_message;
  mg_init_data init{&callbacks, state.get(), options};
  state->context = mg_start2(&init, nullptr);
  if (state->context == nullptr) return tl::unexpected(why_not(host, port));
  mg_server_port bound{};
  if (mg_get_server_ports(state->context, 1, &bound) == 1) state->port = static_cast<std::uint16_t>(bound.port);
  mg_set_request_handler(
      state->context, "**",
      [](mg_connection* connection, void* data) { return static_cast<State*>(data)->answer(connection); }, state.get());
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(state)));
}

HttpListener::HttpListener(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpListener::~HttpListener() { stop(); }

std::uint16_t HttpListener::port() const { return state_->port; }

void HttpListener::stop() {
  {
    const std::unique_lock lock(state_->mutex);
    if (std::exchange(state_->stopped, true)) return;
    state_->answers = {};  // nothing they refer to is held on to
  }
  std::promise<void> ended;
  auto end = ended.get_future();
  std::thread([state = state_, ended = std::move(ended)]() mutable {
    mg_stop(state->context);
    ended.set_value();
  }).detach();
  for (int attempt = 0; attempt < 8; ++attempt) {
    wake(state_->wake_address, state_->port);
    if (end.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready) return;
  }
}

}  // namespace firebase_relay::observe
