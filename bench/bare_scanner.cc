// A second floor of receiving, lower than the bare subscriber's: reads, scans, throws away, and says at SIGTERM how
// much came and what it cost. Knows plain messages and nothing else. Usage: bare-scanner REDIS_SOCKET
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "bus/message_scanner.h"

namespace {

using firebase_relay::bus::scan_message;
using firebase_relay::bus::Scanned;

constexpr std::string_view kSubscribe = "PSUBSCRIBE *\r\n";
constexpr std::string_view kSubscribed = "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n";
constexpr std::size_t kReadBytes = 256 * 1024;

volatile std::sig_atomic_t stopped = 0;
int fd = -1;

bool subscribe(std::string_view socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return false;
  socket_path.copy(address.sun_path, socket_path.size());
  fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  char answer[kSubscribed.size()];
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         ::write(fd, kSubscribe.data(), kSubscribe.size()) == static_cast<ssize_t>(kSubscribe.size()) &&
         ::recv(fd, answer, sizeof answer, MSG_WAITALL) == static_cast<ssize_t>(sizeof answer) &&
         std::string_view(answer, sizeof answer) == kSubscribed;
}

/// Counts the messages at the front of `bytes`, which keep what is cut. False: there is something else.
bool count(std::string_view& bytes, unsigned long long& messages) {
  for (;;) {
    const Scanned found = scan_message(bytes);
    if (found.kind != Scanned::Kind::kMessage) return bytes.empty() || found.kind == Scanned::Kind::kCut;
    bytes.remove_prefix(found.size);
    ++messages;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: bare-scanner REDIS_SOCKET\n", stderr), 2;
  if (!subscribe(argv[1])) return std::fputs("bare-scanner: no Redis there\n", stderr), 1;
  std::signal(SIGTERM, [](int) {
    stopped = 1;
    shutdown(fd, SHUT_RDWR);  // the next read finds the end
  });
  unsigned long long messages = 0;
  std::vector<char> buffer(kReadBytes);
  std::size_t kept = 0;
  for (;;) {
    const ssize_t size = ::read(fd, buffer.data() + kept, buffer.size() - kept);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    std::string_view bytes(buffer.data(), kept + static_cast<std::size_t>(size));
    if (!count(bytes, messages)) return std::fputs("bare-scanner: no plain message\n", stderr), 1;
    std::memmove(buffer.data(), bytes.data(), bytes.size());
    kept = bytes.size();
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  std::printf("%llu messages, %.3f s of CPU\n", messages, seconds);
  return stopped ? 0 : 1;
}
