#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/tls_context.h"
#include "bus/tls_words.h"
#include "firebase_relay/result.h"
#include "firebase_relay/time.h"

struct bio_st;
struct ssl_st;

namespace firebase_relay::bus {

/// The other side, as its certificate and the handshake say.
struct TlsPeer {
  std::string version;  ///< `TLSv1.3`
  std::string issuer;   ///< who signed its certificate
  UtcMillis expires;    ///< until when that is valid
};

/// TLS of one connection, without a socket: turns the bytes that came into what the other side said, and what we say
/// into bytes to be sent. So the socket stays its owner's, who polls, reads and writes it the same with TLS and
/// without: open() decrypts all that it is given, and what OpenSSL then still holds is less than a record, of which the
/// rest has yet to come. Nothing that could be read hides behind poll().
///
/// Threads: one.
class TlsSession {
 public:
  /// Begins the handshake: what is to be sent stands in take_unsent() at once.
  explicit TlsSession(const TlsContext& context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Takes what came on the socket, and returns what the other side says by it: a view until the next call, empty
  /// while it shakes hands. Afterwards there may be something to be sent.
  std::string_view open(std::string_view sealed);
  /// Has the handshake succeeded, and is the certificate good? Nothing may be said before.
  [[nodiscard]] bool is_established() const { return is_established_; }
  void say(std::string_view words);
  /// Appends what is to be sent now to `out`.
  void take_unsent(std::string& out);
  /// Has the other side taken its leave? Nothing more comes, as at the end of a socket.
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  /// Why TLS failed, with what to do about it: nothing more comes.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  /// Once it is established.
  [[nodiscard]] TlsPeer peer() const;

 private:
  void shake_hands();
  void read_records();
  void note_failure(int result);

  std::string name_;
  ssl_st* session_;
  bio_st* incoming_;  ///< the session's, as is the next
  bio_st* outgoing_;
  bool was_heard_ = false;
  bool is_established_ = false;
  bool has_ended_ = false;
  std::vector<char> plain_;
  std::size_t plain_size_ = 0;
  std::optional<Error> failure_;
  RefusedCertificate refused_;  ///< why, when the certificate is not good
};

}  // namespace firebase_relay::bus
