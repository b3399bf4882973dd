#include "bus/link.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/secret.h"

namespace firebase_relay::bus {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr const char* kClosedByPeer = "closed by Redis";

/// Appends a command in Redis' protocol, with hiredis' formatter, so that arguments may hold any byte.
void append_command(Link::Words arguments, std::string& out) {
  std::vector<const char*> values;
  std::vector<std::size_t> sizes;
  for (const std::string_view argument : arguments) {
    values.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* command = nullptr;
  const auto size = redisFormatCommandArgv(&command, static_cast<int>(values.size()), values.data(), sizes.data());
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

Link::Link(const RedisUrl& url, std::shared_ptr<const TlsContext> tls, NameLookup& names, SteadyTime now,
           SteadyTime until, std::function<void()> opened)
    : url_(url),
      tls_context_(std::move(tls)),
      dialer_(url, names, now, until),
      until_(until),
      opened_(std::move(opened)) {
  assert(url.is_tls == (tls_context_ != nullptr));
}

short Link::poll_events() const {
  if (state_ == State::kConnecting) return dialer_.poll_events();
  return static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT));
}

bool Link::proceed(SteadyTime now, const Hear& hear) {
  if (state_ == State::kConnecting) finish_dialing(now);
  if (state_ == State::kClosed || state_ == State::kConnecting) return false;
  write();
  const bool heard = state_ != State::kClosed && read(hear);
  if (state_ == State::kHandshaking && now >= until_) close(explain_mute_handshake());
  return heard;
}

void Link::finish_dialing(SteadyTime now) {
  dialer_.proceed(now);
  if (dialer_.state() == Dialer::State::kFailed) return close(dialer_.error());
  if (dialer_.state() != Dialer::State::kConnected) return;
  socket_ = dialer_.take_socket();
  if (!url_.is_unix_socket()) keep_alive(socket_.fd());
  if (!url_.is_tls) return greet();
  tls_ = std::make_unique<TlsSession>(*tls_context_);
  state_ = State::kHandshaking;
  write();
}

std::optional<TlsPeer> Link::tls_peer() const {
  if (!tls_ || !tls_->is_established()) return std::nullopt;
  return tls_->peer();
}

/// All at once, for one round trip. HELLO tells a Sentinel from Redis, and is allowed to every user; before Redis 6 it
/// is not known, which is no matter.
void Link::greet() {
  state_ = State::kGreeting;
  if (!url_.user.empty()) {  // one without a password, too: else we would be the default user
    say(Command::kAuth, {"AUTH", url_.user, url_.password.reveal()});
  } else if (!url_.password.empty()) {
    say(Command::kAuth, {"AUTH", url_.password.reveal()});
  }
  if (url_.database != 0) say(Command::kSelect, {"SELECT", std::to_string(url_.database)});
  say(Command::kHello, {"HELLO"});
  opened_();
}

void Link::say(Command command, Words words, std::string_view object) {
  std::string command_text;
  append_command(words, tls_ ? command_text : out_);
  if (tls_) tls_->say(command_text);
  wipe(command_text);  // there may be the password in it
  asked_.push_back({command, std::string(object)});
}

void Link::write() {
  if (tls_) tls_->take_unsent(out_);
  while (!out_.empty()) {
    const ssize_t written = ::send(fd(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (written < 0 && (errno == EPIPE || errno == ECONNRESET)) return;  // read() finds why it was closed, and its end
    if (written < 0) return close({ErrorCode::kUnavailable, std::strerror(errno), ""});
    out_.erase(0, static_cast<std::size_t>(written));
  }
  wipe(out_);  // the password was in it
}

bool Link::read(const Hear& hear) {
  buffer_.resize(kReadBytes);
  const ssize_t size = ::read(fd(), buffer_.data(), buffer_.size());
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
  if (size <= 0) {
    end_of_stream(size == 0 ? kClosedByPeer : std::strerror(errno));
    return false;
  }
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
  if (tls_) {
    hear_through_tls(bytes, hear);
  } else {
    hear(bytes);
  }
  return true;
}

/// What was said before the session failed is heard yet, and what the session has to say to that (an alert) is sent.
void Link::hear_through_tls(std::string_view sealed, const Hear& hear) {
  const std::string_view words = tls_->open(sealed);
  if (!words.empty()) hear(words);
  if (state_ == State::kClosed) return;
  if (state_ == State::kHandshaking && tls_->is_established()) greet();
  write();
  if (const auto& failure = tls_->failure()) close(*failure);
  if (tls_->has_ended()) end_of_stream(kClosedByPeer);
}

void Link::answered(std::initializer_list<Command> commands) {
  const auto asked = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& each) {
    return std::find(commands.begin(), commands.end(), each.command) != commands.end();
  });
  if (asked != asked_.end()) asked_.erase(asked_.begin(), asked + 1);
}

Link::Asked Link::take_awaited() {
  Asked asked = std::move(asked_.front());
  asked_.pop_front();
  return asked;
}

std::optional<Link::Asked> Link::refused(const std::string& text) {
  Asked asked = take_awaited();
  switch (asked.command) {
    case Command::kHello:  // too old to know it, say: what is asked next tells what is wrong, if anything is
      if (turns_away(text)) close(explained(asked, text));
      return std::nullopt;
    case Command::kAuth:
    case Command::kSelect: close(explained(asked, text)); return std::nullopt;
    default: return asked;
  }
}

void Link::greeted(std::string_view mode) {
  answered({Command::kHello});
  if (mode == "sentinel") close(explain_sentinel());
}

void Link::close_to_stranger(std::string_view bytes, const std::string& error) {
  if (!was_answered_) return close(explain_stranger(shown(bytes)));
  close({ErrorCode::kRefused, "not Redis' protocol: " + error, "is there a proxy in between?"});
}

std::string Link::shown(std::string_view text) const { return without(text, url_.password.reveal()); }

Error Link::explained(const Asked& asked, std::string_view text) const {
  return explain({asked.command, asked.object, url_.user, shown(text)});
}

void Link::end_of_stream(const std::string& how) {
  if (was_answered_) return close({ErrorCode::kUnavailable, how, ""});
  close(tls_ ? explain_closed_tls(how) : explain_silent_close(how));
}

void Link::close(Error error) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kHandshaking || state_ == State::kGreeting) error.what = dialer_.address() + ": " + error.what;
  error_ = std::move(error);
  state_ = State::kClosed;
  socket_.reset();
}

}  // namespace firebase_relay::bus
