// A database that answers 204 to everything and keeps nothing: HTTP/1.1, bodies by Content-Length, one thread, epoll.
// Costs far less than whoever sends to it: bodies are thrown away in the kernel.
// Usage: sink [--latency-ms N] [--record FILE] [--record-bytes N]
//   --latency-ms N     answers that much later
//   --record FILE      for every request a line `MS SIZE` (time of its answer, in ms since 1970; bytes that follow) and
//   --record-bytes N   the first N bytes of its body (all of it without this)
// SIGUSR1: goes away (connections are refused). SIGUSR2: is back. SIGTERM: says what came, and ends.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kReadBytes = 256 * 1024;

struct Flags {
  std::chrono::milliseconds latency{0};
  const char* record = nullptr;
  std::size_t record_bytes = SIZE_MAX;
};

struct Connection {
  int fd;
  std::uint64_t number;
  std::string head;      ///< of the request being read, while it is not whole
  std::string kept;      ///< of its body, for the record
  std::size_t left = 0;  ///< bytes of the body that are to come
  bool in_body = false;
};

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2);
    if (line.size() > kName.size() && strncasecmp(line.data(), kName.data(), kName.size()) == 0)
      return std::strtoull(line.data() + kName.size(), nullptr, 10);
  }
  return 0;
}

std::int64_t utc_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Sink {
 public:
  explicit Sink(const Flags& flags) : flags_(flags), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes) {
    if (flags.record && !(record_ = std::fopen(flags.record, "wb")))
      throw std::runtime_error("cannot write the record");
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
    watch(signals_);
    listen();
    std::printf("listening on http://127.0.0.1:%d\n", port_);
    std::fflush(stdout);
  }

  void run() {
    std::array<epoll_event, 64> events{};
    while (!stopped_) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), patience());
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)].data.fd);
      answer_due();
    }
    if (record_) std::fclose(record_);
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    std::printf("%llu requests, %llu bytes, %.3f s of CPU\n", static_cast<unsigned long long>(requests_),
                static_cast<unsigned long long>(bytes_),
                static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                    static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6);
  }

 private:
  struct Due {
    Clock::time_point at;
    int fd;
    std::uint64_t number;
    std::string body;  ///< to be recorded with the answer
  };

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int one = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0)
      throw std::runtime_error(std::string("cannot listen: ") + std::strerror(errno));
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    watch(listener_);
  }

  void handle(int fd) {
    if (fd == signals_) return take_signal();
    if (fd == listener_) return accept();
    const auto found = connections_.find(fd);
    if (found != connections_.end() && !read(*found->second)) close(fd);
  }

  void take_signal() {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) return;
    switch (info.ssi_signo) {
      case SIGUSR1:
        ::close(listener_);
        listener_ = -1;
        while (!connections_.empty()) close(connections_.begin()->first);
        break;
      case SIGUSR2:
        if (listener_ < 0) listen();
        break;
      default: stopped_ = true;
    }
  }

  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections_[fd] = std::make_unique<Connection>(Connection{fd, ++accepted_, {}, {}});
    watch(fd);
  }

  void close(int fd) {
    ::close(fd);
    connections_.erase(fd);
  }

  /// False: the connection is over.
  bool read(Connection& connection) {
    // MSG_TRUNC on TCP: the kernel drops the bytes instead of copying them.
    const bool drop = connection.in_body && !record_;
    const std::size_t room = drop ? connection.left : buffer_.size();
    const ssize_t size = ::recv(connection.fd, drop ? nullptr : buffer_.data(), room, drop ? MSG_TRUNC : 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    if (drop) {
      connection.left -= static_cast<std::size_t>(size);
      bytes_ += static_cast<std::uint64_t>(size);
      if (connection.left == 0) end_request(connection);
      return true;
    }
    take({buffer_.data(), static_cast<std::size_t>(size)}, connection);
    return true;
  }

  void take(std::string_view bytes, Connection& connection) {
    while (!bytes.empty()) {
      if (connection.in_body) {
        const std::size_t taken = std::min(bytes.size(), connection.left);
        if (record_)
          connection.kept.append(
              bytes, 0, std::min(taken, flags_.record_bytes - std::min(flags_.record_bytes, connection.kept.size())));
        connection.left -= taken;
        bytes_ += taken;
        bytes.remove_prefix(taken);
        if (connection.left == 0) end_request(connection);
        continue;
      }
      const std::size_t before = connection.head.size();
      connection.head += bytes;
      const std::size_t end = connection.head.find("\r\n\r\n", before < 3 ? 0 : before - 3);
      if (end == std::string::npos) return;
      bytes.remove_prefix(end + 4 - before);
      connection.head.resize(end + 2);
      begin_body(connection);
    }
  }

  void begin_body(Connection& connection) {
    connection.left = content_length(connection.head);
    connection.in_body = connection.left > 0;
    if (connection.head.find("100-continue") != std::string::npos) send(connection.fd, kContinue);
    connection.head.clear();
    if (!connection.in_body) end_request(connection);
  }

  void end_request(Connection& connection) {
    connection.in_body = false;
    ++requests_;
    std::string body = std::exchange(connection.kept, {});
    if (flags_.latency.count() == 0) {
      record(body);
      return send(connection.fd, kAnswer);
    }
    due_.push_back({Clock::now() + flags_.latency, connection.fd, connection.number, std::move(body)});
  }

  /// When it is answered, or would be if its connection were still there.
  void record(const std::string& body) {
    if (!record_) return;
    std::fprintf(record_, "%lld %zu\n", static_cast<long long>(utc_ms()), body.size());
    std::fwrite(body.data(), 1, body.size(), record_);
    std::fputc('\n', record_);
  }

  static void send(int fd, std::string_view text) {
    [[maybe_unused]] const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  }

  [[nodiscard]] int patience() const {
    if (due_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_.front().at - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
  }

  void answer_due() {
    for (; !due_.empty() && due_.front().at <= Clock::now(); due_.pop_front()) {
      record(due_.front().body);
      const auto found = connections_.find(due_.front().fd);  // its number tells a later connection with the same fd
      if (found != connections_.end() && found->second->number == due_.front().number) send(due_.front().fd, kAnswer);
    }
  }

  Flags flags_;
  int epoll_;
  int signals_ = -1;
  int listener_ = -1;
  int port_ = 0;
  bool stopped_ = false;
  std::FILE* record_ = nullptr;
  std::vector<char> buffer_;
  std::map<int, std::unique_ptr<Connection>> connections_;
  std::deque<Due> due_;
  std::uint64_t accepted_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--latency-ms") flags.latency = std::chrono::milliseconds(std::atoi(argv[i + 1]));
    if (name == "--record") flags.record = argv[i + 1];
    if (name == "--record-bytes") flags.record_bytes = std::strtoull(argv[i + 1], nullptr, 10);
  }
  try {
    Sink(flags).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sink: %s\n", error.what());
    return 1;
  }
}
