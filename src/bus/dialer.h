#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bus/addresses.h"
#include "bus/name_lookup.h"
#include "bus/redis_url.h"
#include "bus/socket.h"
#include "firebase_relay/result.h"
#include "firebase_relay/time.h"

namespace firebase_relay::bus {

/// From a URL to a connected socket, never blocking: looks the name up, and tries each of its addresses in turn until
/// one takes the connection. An address that is silent has half a second (or its share of the time, if that is less)
/// while there are others behind it; the last has all that is left.
///
/// Threads: one. Reads no clock.
class Dialer {
 public:
  /// How far it has come; the last two are the end.
  enum class State : std::uint8_t { kLookingUp, kConnecting, kConnected, kFailed };

  /// Begins. `names` must outlive it. Gives up at `until`.
  Dialer(const RedisUrl& url, NameLookup& names, SteadyTime now, SteadyTime until);

  /// Changes in proceed() only.
  [[nodiscard]] State state() const { return state_; }
  /// What to poll for while it looks up or connects; proceed() is due at deadline() all the same.
  [[nodiscard]] int fd() const { return state_ == State::kLookingUp ? names_.fd() : socket_.fd(); }
  [[nodiscard]] short poll_events() const;
  [[nodiscard]] SteadyTime deadline() const { return state_ == State::kConnecting ? address_until_ : until_; }
  void proceed(SteadyTime now);

  /// When kConnected, once: nonblocking, closed on exec.
  Socket take_socket() { return std::move(socket_); }
  /// The address that is tried, or has taken the connection; the URL's host while that is looked up.
  [[nodiscard]] const std::string& address() const { return address_; }
  /// Why it is kFailed: each address, with what it said.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  void finish_looking_up(SteadyTime now);
  void finish_connecting(SteadyTime now);
  void try_next(SteadyTime now);
  int begin_to_connect(const Address& address);
  void note_failure(const std::string& why);
  void fail_with(Error error);

  NameLookup& names_;
  SteadyTime begin_;
  SteadyTime until_;
  State state_ = State::kLookingUp;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;  ///< of addresses_
  SteadyTime address_until_{};
  Socket socket_;
  std::string address_;
  std::string failures_;
  Error error_{};
};

}  // namespace firebase_relay::bus
