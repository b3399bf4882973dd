#include "bus/connection.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/secret.h"

namespace firebase_relay::bus {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr const char* kClosedByPeer = "closed by Redis";

/// Appends a command in Redis' protocol, with hiredis' formatter, so that arguments may hold any byte.
void append_command(std::initializer_list<std::string_view> arguments, std::string& out) {
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

Connection::Connection(const RedisUrl& url, std::shared_ptr<const TlsContext> tls, const ChannelFilter& channels,
                       NameLookup& names, SteadyTime now, SteadyTime until)
    : url_(url),
      tls_context_(std::move(tls)),
      patterns_(channels.subscriptions()),
      dialer_(url, names, now, until),
      until_(until),
      reader_(channels) {
  assert(url.is_tls == (tls_context_ != nullptr));
  finish_dialing(now);
}

short Connection::poll_events() const {
  if (state_ == State::kConnecting) return dialer_.poll_events();
  return static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT));
}

bool Connection::proceed(MessageBlock& block, SteadyTime now) {
  if (state_ == State::kConnecting) finish_dialing(now);
  if (state_ == State::kClosed || state_ == State::kConnecting) return false;
  write();
  const bool heard = state_ != State::kClosed && read(block);
  give_up_if_late(now);
  return heard;
}

void Connection::give_up_if_late(SteadyTime now) {
  if (now < until_) return;
  if (state_ == State::kHandshaking) return close(explain_mute_handshake());
  if (state_ != State::kSubscribing) return;
  close({ErrorCode::kUnavailable, was_answered_ ? "no answer to PSUBSCRIBE" : "it took the connection and says nothing",
         "is this Redis, and does it hang? An HTTP server waits so for more"});
}

void Connection::finish_dialing(SteadyTime now) {
  dialer_.proceed(now);
  if (dialer_.state() == Dialer::State::kFailed) return close(dialer_.error());
  if (dialer_.state() != Dialer::State::kConnected) return;
  socket_ = dialer_.take_socket();
  if (!url_.is_unix_socket()) keep_alive(socket_.fd());
  if (!url_.is_tls) return say_hello();
  tls_ = std::make_unique<TlsSession>(*tls_context_);
  state_ = State::kHandshaking;
  write();
}

std::optional<TlsPeer> Connection::tls_peer() const {
  if (!tls_ || !tls_->is_established()) return std::nullopt;
  return tls_->peer();
}

/// All at once, to be subscribed after one round trip. HELLO tells a Sentinel from Redis, and is allowed to every user;
/// before Redis 6 it is not known, which is no matter.
void Connection::say_hello() {
  state_ = State::kSubscribing;
  if (!url_.user.empty()) {  // one without a password, too: else we would be the default user
    say(Command::kAuth, {"AUTH", url_.user, url_.password.reveal()});
  } else if (!url_.password.empty()) {
    say(Command::kAuth, {"AUTH", url_.password.reveal()});
  }
  if (url_.database != 0) say(Command::kSelect, {"SELECT", std::to_string(url_.database)});
  say(Command::kHello, {"HELLO"});
  for (const std::string& pattern : patterns_) say(Command::kSubscribe, {"PSUBSCRIBE", pattern});
}

void Connection::unsubscribe() {
  if (state_ != State::kSubscribed) return;
  say(Command::kUnsubscribe, {"PUNSUBSCRIBE"});
  write();
}

void Connection::ask(Question question) {
  if (state_ != State::kSubscribed) return;
  if (question == Question::kPing) {
    say(Command::kPing, {"PING"});
  } else {
    say(Command::kAskAgain, {"PSUBSCRIBE", patterns_.front()});
  }
  write();
}

void Connection::say(Command command, std::initializer_list<std::string_view> words) {
  std::string command_text;
  append_command(words, tls_ ? command_text : out_);
  if (tls_) tls_->say(command_text);
  wipe(command_text);  // there may be the password in it
  const bool has_pattern = command == Command::kSubscribe || command == Command::kAskAgain;
  asked_.push_back({command, has_pattern ? std::string(words.begin()[1]) : std::string()});
}

void Connection::write() {
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

bool Connection::read(MessageBlock& block) {
  buffer_.resize(kReadBytes);
  const ssize_t size = ::read(fd(), buffer_.data(), buffer_.size());
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
  if (size <= 0) {
    end_of_stream(size == 0 ? kClosedByPeer : std::strerror(errno));
    return false;
  }
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
  if (tls_) {
    hear_through_tls(bytes, block);
  } else {
    hear(bytes, block);
  }
  return true;
}

/// What was said before the session failed is heard yet, and what the session has to say to that (an alert) is sent.
void Connection::hear_through_tls(std::string_view sealed, MessageBlock& block) {
  const std::string_view words = tls_->open(sealed);
  if (!words.empty()) hear(words, block);
  if (state_ == State::kClosed) return;
  if (state_ == State::kHandshaking && tls_->is_established()) say_hello();
  write();
  if (const auto& failure = tls_->failure()) close(*failure);
  if (tls_->has_ended()) end_of_stream(kClosedByPeer);
}

void Connection::hear(std::string_view bytes, MessageBlock& block) {
  std::vector<Reply> replies;
  const bool is_redis = reader_.feed(bytes, block, replies);
  take(replies);
  if (!is_redis && !was_answered_) close(explain_stranger(without(bytes, url_.password.reveal())));
  if (!is_redis)
    close({ErrorCode::kRefused, "not Redis' protocol: " + reader_.error(), "is there a proxy in between?"});
}

void Connection::take(const std::vector<Reply>& replies) {
  for (const Reply& reply : replies) {
    if (state_ == State::kClosed) return;
    was_answered_ = true;
    switch (reply.type) {
      case Reply::Type::kError: take_error(reply.text); break;
      case Reply::Type::kStatus: answered({Command::kAuth, Command::kSelect, Command::kPing}); break;
      case Reply::Type::kMode:
        answered({Command::kHello});
        if (reply.text == "sentinel") close(explain_sentinel());
        break;
      case Reply::Type::kSubscribed:
        answered({Command::kSubscribe, Command::kAskAgain});
        if (state_ == State::kSubscribing && ++subscribed_ == patterns_.size()) state_ = State::kSubscribed;
        break;
      case Reply::Type::kUnsubscribed:
        if (subscribed_ > 0 && --subscribed_ == 0) close({ErrorCode::kUnavailable, "unsubscribed", ""});
        break;
      case Reply::Type::kPong: answered({Command::kPing}); break;
      case Reply::Type::kOther: answered({Command::kHello, Command::kPing}); break;
    }
  }
}

/// Answers come in the order of what was asked; one that is missing shall not shift the others.
void Connection::answered(std::initializer_list<Command> commands) {
  const auto asked = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& each) {
    return std::find(commands.begin(), commands.end(), each.command) != commands.end();
  });
  if (asked != asked_.end()) asked_.erase(asked_.begin(), asked + 1);
}

void Connection::take_error(const std::string& text) {
  const std::string shown = without(text, url_.password.reveal());
  if (asked_.empty()) {  // nobody asked, so it refuses nothing; on a subscription it is a sign of life
    Error complaint{ErrorCode::kUnavailable, "Redis says: " + shown, ""};
    if (state_ != State::kSubscribed) return close(std::move(complaint));
    refusal_ = std::move(complaint);
    return;
  }
  const Asked asked = std::move(asked_.front());
  asked_.pop_front();
  Error why = explain({asked.command, asked.pattern, url_.user, shown});
  switch (asked.command) {
    case Command::kHello:  // too old to know it, say: PSUBSCRIBE tells what is wrong, if anything is
      if (turns_away(text)) close(std::move(why));
      return;
    case Command::kPing:
    case Command::kAskAgain: refusal_ = std::move(why); return;
    case Command::kAuth:
    case Command::kSelect:
    case Command::kSubscribe:
    case Command::kUnsubscribe: return close(std::move(why));
  }
}

void Connection::end_of_stream(const std::string& how) {
  if (was_answered_) return close({ErrorCode::kUnavailable, how, ""});
  close(tls_ ? explain_closed_tls(how) : explain_silent_close(how));
}

void Connection::close(Error error) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kHandshaking || state_ == State::kSubscribing)
    error.what = dialer_.address() + ": " + error.what;
  error_ = std::move(error);
  state_ = State::kClosed;
  socket_.reset();
}

}  // namespace firebase_relay::bus
