#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <istream>
#include <streambuf>

#include "base/wakeup.h"
#include "observe/log.h"
#include "relay/relay.h"
#include "terminal/commands.h"
#include "terminal/complain.h"
#include "terminal/drain.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {
namespace {

/// Whoever replays waits for the last answer; a signal ends it sooner.
constexpr std::chrono::hours kNoHurry{24 * 365};

/// A file, or standard input, whose reader can be told to stop while it waits for more: a pipe may stay silent for
/// ever.
///
/// Threads: read by one; stop() from any.
class Input final : public std::streambuf {
 public:
  explicit Input(int fd) : fd_(fd) {}
  ~Input() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  /// The reader finds the end here.
  void stop() const { stopped_.signal(); }

 protected:
  int_type underflow() override {
    pollfd either[] = {{fd_, POLLIN, 0}, {stopped_.fd(), POLLIN, 0}};
    while (::poll(either, 2, -1) < 0 && errno == EINTR) {
    }
    const ssize_t size = either[1].revents != 0 ? 0 : ::read(fd_, bytes_.data(), bytes_.size());
    if (size <= 0) return traits_type::eof();
    setg(bytes_.data(), bytes_.data(), bytes_.data() + size);
    return traits_type::to_int_type(bytes_[0]);
  }

 private:
  int fd_;
  Wakeup stopped_;
  std::array<char, 64 * 1024> bytes_;
};

/// -1: it cannot be read, and stderr says why.
int open_input(const std::string& name) {
  if (name == "-") return STDIN_FILENO;
  const int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  const bool is_folder = fd >= 0 && ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  if (fd >= 0 && !is_folder) return fd;
  complain(
      {ErrorCode::kInvalid, "replay " + name + ": cannot be read: " + std::strerror(is_folder ? EISDIR : errno), ""});
  if (fd >= 0) ::close(fd);
  return -1;
}

int report(const relay::Outcome& outcome, bool was_ended) {
  std::printf("replayed %llu messages: %llu delivered, %llu set aside, %llu not delivered\n",
              static_cast<unsigned long long>(outcome.received), static_cast<unsigned long long>(outcome.delivered),
              static_cast<unsigned long long>(outcome.dead), static_cast<unsigned long long>(outcome.left));
  if (outcome.unread > 0) {
    std::printf("%llu lines were left out: stderr says which and why\n",
                static_cast<unsigned long long>(outcome.unread));
  }
  // Nothing but what cannot be read is not the file that was meant.
  const bool has_read_nothing = outcome.received == 0 && outcome.unread > 0;
  if (was_ended) std::puts("ended by a signal: what was not read of the input is not in these numbers");
  return outcome.left == 0 && outcome.dead == 0 && !has_read_nothing && !was_ended ? kExitOk : kExitFailed;
}

}  // namespace

int replay(const CommandLine& line) {
  const Signals signals;
  observe::Log log({line.options.log_level, line.options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  const int fd = open_input(line.arguments.front());
  if (fd < 0) return kExitInvalid;
  Input input(fd);
  std::istream lines(&input);
  relay::Options options = line.options;
  options.drain_timeout = kNoHurry;
  auto relay = relay::Relay::start(options, log, relay::FromLines{lines, line.live});
  if (!relay) {
    log.logger().error("{}; {}", relay.error().what, relay.error().remedy);
    return relay.error().code == ErrorCode::kInvalid ? kExitInvalid : kExitFailed;
  }
  const int source_ended = (*relay)->source_ended_fd();
  const bool was_ended = signals.wait(std::chrono::milliseconds(-1), source_ended) != 0;
  if (was_ended) {
    input.stop();
    (*relay)->end_now();
  }
  return report(drain(**relay, signals), was_ended);
}

}  // namespace firebase_relay::terminal
