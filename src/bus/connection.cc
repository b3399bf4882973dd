#include "bus/connection.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/secret.h"

namespace firebase_relay::bus {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

/// Appends a command in Redis' protocol, with hiredis' formatter, so that arguments may hold any byte.
void append_command(std::initializer_list<std::string_view> arguments, std::string& out) {
  std::vector<const char*> values;
  std::vector<std::size_t> sizes;
  for (const std::string_view argument : arguments) {
    values.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* command = nullptr;
  const int size = redisFormatCommandArgv(&command, static_cast<int>(values.size()), values.data(), sizes.data());
  if (size > 0) out.append(command, static_cast<std::size_t>(size));
  redisFreeCommand(command);
}

/// The system notices a peer that is gone even while we have nothing to say.
void keep_alive(int fd) {
  const auto set = [fd](int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 2);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
}

}  // namespace

Connection::Connection(const RedisUrl& url, const std::vector<std::string>& patterns)
    : url_(url), patterns_(patterns), context_(nullptr, redisFree), reader_(patterns.size()) {
  context_.reset(url.is_unix_socket() ? redisConnectUnixNonBlock(url.socket_path.c_str())
                                      : redisConnectNonBlock(url.host.c_str(), url.port));
  if (!context_) {
    close("out of memory");
  } else if (context_->err) {
    close(context_->errstr);
  } else {
    ::fcntl(context_->fd, F_SETFD, FD_CLOEXEC);
  }
}

Connection::~Connection() = default;

int Connection::fd() const { return context_ ? context_->fd : -1; }

short Connection::poll_events() const {
  if (state_ == State::kConnecting) return POLLOUT;
  return static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT));
}

bool Connection::proceed(MessageBlock& block) {
  if (state_ == State::kConnecting) finish_connecting();
  if (state_ == State::kClosed) return false;
  write();
  return state_ != State::kClosed && read(block);
}

void Connection::finish_connecting() {
  pollfd writable{fd(), POLLOUT, 0};
  if (::poll(&writable, 1, 0) == 0) return;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return close(std::strerror(error));
  if (!url_.is_unix_socket()) keep_alive(fd());
  say_hello();
}

void Connection::say_hello() {
  if (!url_.user.empty()) {  // one without a password, too: else we would be the default user
    append_command({"AUTH", url_.user, url_.password.reveal()}, out_);
    ++expected_ok_;
  } else if (!url_.password.empty()) {
    append_command({"AUTH", url_.password.reveal()}, out_);
    ++expected_ok_;
  }
  if (url_.database != 0) {
    append_command({"SELECT", std::to_string(url_.database)}, out_);
    ++expected_ok_;
  }
  for (const std::string& pattern : patterns_) append_command({"PSUBSCRIBE", pattern}, out_);
  state_ = State::kSubscribing;
}

void Connection::unsubscribe() {
  if (state_ != State::kSubscribed) return;
  append_command({"PUNSUBSCRIBE"}, out_);
  write();
}

void Connection::ping() {
  if (state_ != State::kSubscribed) return;
  append_command({"PING"}, out_);
  write();
}

void Connection::write() {
  while (!out_.empty()) {
    const ssize_t written = ::send(fd(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (written < 0) return close(std::strerror(errno));
    out_.erase(0, static_cast<std::size_t>(written));
  }
  wipe(out_);  // the password was in it
}

bool Connection::read(MessageBlock& block) {
  buffer_.resize(kReadBytes);
  const ssize_t size = ::read(fd(), buffer_.data(), buffer_.size());
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
  if (size <= 0) {
    close(size == 0 ? "closed by Redis" : std::strerror(errno));
    return false;
  }
  std::vector<Reply> replies;
  if (!reader_.feed({buffer_.data(), static_cast<std::size_t>(size)}, block, replies))
    close("not Redis' protocol: " + reader_.error());
  take(replies);
  return true;
}

void Connection::take(const std::vector<Reply>& replies) {
  for (const Reply& reply : replies) {
    switch (reply.type) {
      case Reply::Type::kError: return close("Redis says: " + without(reply.text, url_.password.reveal()));
      case Reply::Type::kStatus:
        if (expected_ok_ > 0) --expected_ok_;
        break;
      case Reply::Type::kSubscribed:
        if (++subscribed_ == patterns_.size() && state_ == State::kSubscribing) state_ = State::kSubscribed;
        break;
      case Reply::Type::kUnsubscribed:
        if (subscribed_ > 0 && --subscribed_ == 0) return close("unsubscribed");
        break;
      case Reply::Type::kPong:
      case Reply::Type::kOther: break;
    }
  }
}

void Connection::close(std::string error) {
  if (state_ == State::kClosed) return;
  error_ = std::move(error);
  state_ = State::kClosed;
  context_.reset();
}

}  // namespace firebase_relay::bus
