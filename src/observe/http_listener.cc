#include "observe/http_listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <future>
#include <list>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/thread.h"
#include "base/wakeup.h"
#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kConnectionsMax = 128;
constexpr std::size_t kRequestBytesMax = 4096;
constexpr milliseconds kPatience{1000};  // for a client to ask, and then to take its answer
constexpr int kBacklog = 1024;

struct Reply {
  int status;
  std::string_view reason;
  std::string body;
  std::string_view extra_header{};
  std::string_view content_type = "text/plain; charset=utf-8";
};

using Line = std::function<std::optional<std::string>()>;

Reply reply_of_flaw(const Line& flaw, const Line& remark = {}) {
  const std::optional<std::string> text = flaw();
  const std::optional<std::string> also = text || !remark ? std::nullopt : remark();
  if (!text) return {200, "OK", "ok\n" + (also ? printable(*also) + "\n" : "")};
  return {503, "Service Unavailable", printable(*text) + "\n"};
}

Reply reply_to(std::string_view method, std::string_view path, const HttpAnswers& answers) {
  const bool known = path == "/metrics" || path == "/healthz" || path == "/readyz";
  if (!known) return {404, "Not Found", "not found; there are /metrics, /healthz and /readyz\n"};
  if (method != "GET" && method != "HEAD") return {405, "Method Not Allowed", "GET only\n", "Allow: GET, HEAD\r\n"};
  if (path == "/healthz") return reply_of_flaw(answers.health_flaw);
  if (path == "/readyz") return reply_of_flaw(answers.ready_flaw, answers.ready_remark);
  return {200, "OK", answers.metrics(), "", "text/plain; version=0.0.4; charset=utf-8"};
}

std::string bytes_of(const Reply& reply, bool with_body) {
  std::string bytes = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      reply.status, reply.reason, reply.content_type, reply.body.size(), reply.extra_header);
  if (with_body) bytes += reply.body;
  return bytes;
}

/// `METHOD /path[?query] HTTP/1.x` is all that matters of a request; its path is compared as it stands.
std::string answer_to(std::string_view request, const HttpAnswers& answers) {
  const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !line.substr(last).starts_with(" HTTP/1.")) {
    return bytes_of({400, "Bad Request", "not HTTP/1\n"}, true);
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  return bytes_of(reply_to(method, target.substr(0, target.find('?')), answers), method != "HEAD");
}

/// One client, in one of three states: it sends its request, it takes the answer, it hangs up. Each has its time.
struct Connection {
  int fd;
  SteadyTime deadline;
  std::string request{};
  std::string answer{};
  std::size_t sent = 0;

  explicit Connection(int accepted) : fd(accepted), deadline(std::chrono::steady_clock::now() + kPatience) {}
  ~Connection() { ::close(fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool has_asked() const { return !answer.empty(); }
  [[nodiscard]] bool is_answered() const { return has_asked() && sent == answer.size(); }
  [[nodiscard]] short events() const { return has_asked() && !is_answered() ? POLLOUT : POLLIN; }

  /// Does what can be done without waiting. False: it is over.
  bool proceed(const HttpAnswers& answers) {
    if (!has_asked() && !hear(answers)) return false;
    return !has_asked() || say();
  }

 private:
  static bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

  bool hear(const HttpAnswers& answers) {
    std::array<char, kRequestBytesMax> part;
    const ssize_t size = ::recv(fd, part.data(), part.size(), 0);
    if (size <= 0) return size < 0 && would_block();
    request.append(part.data(), static_cast<std::size_t>(size));
    if (request.find("\r\n\r\n") != std::string::npos) {
      answer = answer_to(request, answers);
    } else if (request.size() >= kRequestBytesMax) {
      answer = bytes_of({431, "Request Header Fields Too Large", "the request is over 4096 bytes\n"}, true);
    } else {
      return true;
    }
    deadline = std::chrono::steady_clock::now() + kPatience;
    return true;
  }

  bool say() {
    while (sent < answer.size()) {
      const ssize_t size = ::send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (size < 0) return would_block();
      sent += static_cast<std::size_t>(size);
      // Closing at once could take the answer back from a client that has said more than we read.
      if (is_answered()) ::shutdown(fd, SHUT_WR);
    }
    std::array<char, kRequestBytesMax> rest;
    const ssize_t size = ::recv(fd, rest.data(), rest.size(), 0);
    return size > 0 || (size < 0 && would_block());
  }
};

std::string place_of(const std::string& host, std::uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

/// Error: as getaddrinfo() gives it.
std::variant<AddressList, int> addresses_of(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0 && hints.ai_family == AF_INET) {  // a name that has an IPv6 address alone
    hints.ai_family = AF_INET6;
    error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  }
  if (error != 0) return error;
  return AddressList(found, &::freeaddrinfo);
}

/// The same in a thread that is left behind when it takes too long: silent name servers take half a minute, and no
/// signal would be heard meanwhile.
std::variant<AddressList, int> addresses_in_time(const std::string& host, std::uint16_t port) {
  constexpr std::chrono::seconds kPatienceForNames{3};
  auto promise = std::make_shared<std::promise<std::variant<AddressList, int>>>();
  auto answer = promise->get_future();
  start_detached_thread("look-up of --http-listen",
                        [promise, host, port] { promise->set_value(addresses_of(host, port)); });
  if (answer.wait_for(kPatienceForNames) != std::future_status::ready) return EAI_AGAIN;
  return answer.get();
}

/// A socket that listens at `host`:`port`.
Result<int> listen_at(const std::string& host, std::uint16_t port) {
  const std::string what = fmt::format("cannot listen at {}: ", place_of(host, port));
  const auto found = addresses_in_time(host, port);
  if (const int* error = std::get_if<int>(&found)) {
    return fail(ErrorCode::kInvalid, what + ::gai_strerror(*error),
                "give an address of this machine, such as 127.0.0.1");
  }
  const AddressList& address = std::get<AddressList>(found);
  const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int reuse = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  if (::bind(fd, address->ai_addr, address->ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  if (error == EADDRINUSE) {
    return fail(ErrorCode::kBusy, what + "the port is taken",
                "is another relay running? give another by --http-listen");
  }
  return fail(ErrorCode::kInvalid, what + std::generic_category().message(error),
              "give another address by --http-listen");
}

bool is_plain_host(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

struct HttpListener::Server {
  Server(int listening, HttpAnswers given) : fd(listening), answers(std::move(given)) {
    sockaddr_in6 address{};  // its port stands where IPv4's does
    socklen_t size = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) port = ntohs(address.sin6_port);
  }
  ~Server() { ::close(fd); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void run(const std::stop_token& stop) {
    std::stop_callback wake(stop, [this] { wakeup.signal(); });
    while (!stop.stop_requested()) {
      wait();
      accept_all();
      const SteadyTime now = std::chrono::steady_clock::now();
      connections.remove_if([&](Connection& each) { return each.deadline <= now || !each.proceed(answers); });
    }
    connections.clear();
  }

  void wait() {
    std::vector<pollfd> fds = {{wakeup.fd(), POLLIN, 0}, {fd, POLLIN, 0}};
    SteadyTime deadline = SteadyTime::max();
    for (const Connection& each : connections) {
      fds.push_back({each.fd, each.events(), 0});
      deadline = std::min(deadline, each.deadline);
    }
    int timeout = -1;
    if (!connections.empty()) {
      const auto left = deadline - std::chrono::steady_clock::now();
      timeout = static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(left).count()));
    }
    ::poll(fds.data(), fds.size(), timeout);
  }

  /// Who asks at once is answered at once, however many wait for whatever: of these the oldest has to go.
  void accept_all() {
    for (int i = 0; i < kBacklog; ++i) {  // and then the others have their turn
      const int client = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      const bool is_out_of_files = client < 0 && (errno == EMFILE || errno == ENFILE);
      if (client < 0 && !is_out_of_files) return;
      if (is_out_of_files && connections.empty()) return wakeup_later();
      if (is_out_of_files || connections.size() == kConnectionsMax) connections.pop_front();
      if (client >= 0 && !connections.emplace_back(client).proceed(answers)) connections.pop_back();
    }
  }

  /// Others have used up this process's files: asking again at once would only spin.
  void wakeup_later() const { wakeup.wait(milliseconds(100)); }

  int fd;
  std::uint16_t port = 0;
  HttpAnswers answers;
  Wakeup wakeup;
  std::list<Connection> connections;  ///< oldest first
};

Result<std::unique_ptr<HttpListener>> HttpListener::start(const std::string& host, std::uint16_t port,
                                                          HttpAnswers answers) {
  if (!is_plain_host(host)) {
    return fail(ErrorCode::kInvalid, "cannot listen at " + printable(fmt::format("{}:{}", host, port)),
                "give an address or a host's name");
  }
  const Result<int> fd = listen_at(host, port);
  if (!fd) return error_of(fd);
  return std::unique_ptr<HttpListener>(new HttpListener(std::make_unique<Server>(*fd, std::move(answers))));
}

HttpListener::HttpListener(std::unique_ptr<Server> server)
    : server_(std::move(server)),
      thread_(start_thread("HTTP", [this](const std::stop_token& stop) { server_->run(stop); })) {}

HttpListener::~HttpListener() { stop(); }

std::uint16_t HttpListener::port() const { return server_->port; }

void HttpListener::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

}  // namespace firebase_relay::observe
