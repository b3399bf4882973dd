#include "bus/dialer.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

namespace firebase_relay::bus {
namespace {

// Twice what browsers give the first of a name's addresses (RFC 8305): at home an answer takes a millisecond.
constexpr std::chrono::milliseconds kSilenceMax{500};
constexpr const char* kRemedy = "start Redis, or correct --redis-url";

}  // namespace

Dialer::Dialer(const RedisUrl& url, NameLookup& names, SteadyTime now, SteadyTime until)
    : names_(names), begin_(now), until_(until), address_(url.host) {
  if (url.is_unix_socket()) {
    addresses_ = {unix_address(url.socket_path)};
  } else if (const auto literal = literal_address(url.host, url.port)) {
    addresses_ = {*literal};
  } else {
    names_.ask(url.host, url.port);
    return;
  }
  try_next(now);
}

short Dialer::poll_events() const { return state_ == State::kLookingUp ? POLLIN : POLLOUT; }

void Dialer::proceed(SteadyTime now) {
  if (state_ == State::kLookingUp) finish_looking_up(now);
  if (state_ == State::kConnecting) finish_connecting(now);
}

void Dialer::finish_looking_up(SteadyTime now) {
  auto answer = names_.take();
  if (answer && *answer) {
    addresses_ = std::move(**answer);
    return try_next(now);
  }
  if (answer) return fail_with(answer->error());
  if (now < until_) return;
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_);
  fail_with(
      {ErrorCode::kUnavailable,
       "the name '" + address_ + "': no answer from the name servers within " + std::to_string(waited.count()) + " ms",
       "see /etc/resolv.conf and the network, or give an address in --redis-url"});
}

void Dialer::finish_connecting(SteadyTime now) {
  pollfd writable{socket_.fd(), POLLOUT, 0};
  if (::poll(&writable, 1, 0) == 0) {
    if (now < address_until_) return;
    note_failure("no answer");
    return try_next(now);
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) {
    state_ = State::kConnected;
    return;
  }
  note_failure(std::strerror(error));
  try_next(now);
}

void Dialer::try_next(SteadyTime now) {
  while (next_ < addresses_.size() && (now < until_ || next_ == 0)) {
    const auto left = static_cast<int>(addresses_.size() - next_);
    const Address& address = addresses_[next_++];
    address_ = address.shown();
    const int error = begin_to_connect(address);
    if (error == 0 || error == EINPROGRESS) {
      state_ = error == 0 ? State::kConnected : State::kConnecting;
      const SteadyTime::duration share = (until_ - now) / left;
      address_until_ = left == 1 ? until_ : now + std::min<SteadyTime::duration>(share, kSilenceMax);
      return;
    }
    note_failure(std::strerror(error));
  }
  fail_with({ErrorCode::kUnavailable, failures_, kRemedy});
}

/// errno, as connect() has it; 0: connected.
int Dialer::begin_to_connect(const Address& address) {
  socket_ = Socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket_.fd() < 0) return errno;
  const bool connected =
      ::connect(socket_.fd(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0;
  return connected ? 0 : errno;
}

void Dialer::note_failure(const std::string& why) {
  failures_ += (failures_.empty() ? "" : ", ") + address_ + ": " + why;
}

void Dialer::fail_with(Error error) {
  state_ = State::kFailed;
  socket_.reset();
  error_ = std::move(error);
}

}  // namespace firebase_relay::bus
