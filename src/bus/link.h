#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bus/dialer.h"
#include "bus/name_lookup.h"
#include "bus/redis_url.h"
#include "bus/redis_words.h"
#include "bus/socket.h"
#include "bus/tls_context.h"
#include "bus/tls_session.h"
#include "firebase_relay/result.h"
#include "firebase_relay/time.h"

namespace firebase_relay::bus {

/// One connection to Redis as far as it is the same whatever is asked over it, never blocking: connects, shakes hands
/// where it goes over TLS, says who we are, carries bytes both ways, and remembers what has not been answered. What the
/// answers mean is its owner's. After a read nothing is left that poll() would not see.
///
/// Threads: the subscriber's. Reads no clock.
class Link {
 public:
  /// How far it has come. From kGreeting on commands may be said; kReady says the owner; kClosed is the end.
  enum class State : std::uint8_t { kConnecting, kHandshaking, kGreeting, kReady, kClosed };
  /// What was said and not yet answered. `object`: which pattern, or which stream, it is about.
  struct Asked {
    Command command;
    std::string object;
  };
  using Words = std::span<const std::string_view>;
  using Hear = std::function<void(std::string_view)>;

  /// `tls` is TlsContext::make()'s for `url`; `names` must outlive it. Closed when TLS does not stand by `until`.
  /// `opened` is called once, when the greeting has been said: what is said then goes out with it.
  Link(const RedisUrl& url, std::shared_ptr<const TlsContext> tls, NameLookup& names, SteadyTime now, SteadyTime until,
       std::function<void()> opened);
  /// Begins to connect, which may succeed at once. To be called once, before anything else.
  void begin(SteadyTime now) { finish_dialing(now); }

  [[nodiscard]] State state() const { return state_; }
  /// Why it is kClosed: what failed, at which address while it was not kReady, and what to do about it.
  [[nodiscard]] const Error& error() const { return error_; }
  /// What to poll for, while it is not kClosed; until it is kReady proceed() is due at deadline() all the same.
  [[nodiscard]] int fd() const { return state_ == State::kConnecting ? dialer_.fd() : socket_.fd(); }
  [[nodiscard]] short poll_events() const;
  [[nodiscard]] SteadyTime deadline() const { return state_ == State::kConnecting ? dialer_.deadline() : until_; }
  /// Whom it speaks with over TLS, once it is kGreeting; nothing without TLS.
  [[nodiscard]] std::optional<TlsPeer> tls_peer() const;

  /// Call when poll() says so. `hear` gets what Redis said, as it came. True: something was heard.
  bool proceed(SteadyTime now, const Hear& hear);
  /// Says `words` with the next write(), or the next proceed().
  void say(Command command, Words words, std::string_view object = {});
  void say(Command command, std::initializer_list<std::string_view> words, std::string_view object = {}) {
    say(command, Words(words.begin(), words.size()), object);
  }
  void write();
  /// The owner has got what it wanted of the greeting.
  void ready() { state_ = State::kReady; }
  /// Nothing more is said or heard. The first error counts.
  void close(Error error);

  /// Is anything unanswered, and what is the first of it?
  [[nodiscard]] bool awaits_answer() const { return !asked_.empty(); }
  [[nodiscard]] const Asked& awaited() const { return asked_.front(); }
  /// awaited() was answered.
  Asked take_awaited();
  /// One of `commands` was answered. Answers come in the order of what was asked; one that is missing shall not shift
  /// the others.
  void answered(std::initializer_list<Command> commands);
  /// What awaited() is about was answered with the error `text`. What the greeting asked is dealt with here; anything
  /// else comes back, to be dealt with by the owner.
  std::optional<Asked> refused(const std::string& text);
  /// HELLO was answered; what is no Redis to ask is closed.
  void greeted(std::string_view mode);
  /// A whole reply has come: whoever closes from now on is a Redis that closes.
  void note_reply() { was_answered_ = true; }
  [[nodiscard]] bool was_answered() const { return was_answered_; }
  /// What has come, `bytes`, is no reply. `error`: the parser's.
  void close_to_stranger(std::string_view bytes, const std::string& error);
  /// An answer's text, fit to be shown.
  [[nodiscard]] std::string shown(std::string_view text) const;
  /// What a refusal of `asked` with the error `text` means.
  [[nodiscard]] Error explained(const Asked& asked, std::string_view text) const;

 private:
  void finish_dialing(SteadyTime now);
  void greet();
  bool read(const Hear& hear);
  void hear_through_tls(std::string_view sealed, const Hear& hear);
  void end_of_stream(const std::string& how);

  RedisUrl url_;
  std::shared_ptr<const TlsContext> tls_context_;  ///< null: the URL asks for no TLS
  Dialer dialer_;
  SteadyTime until_;
  std::function<void()> opened_;
  Socket socket_;
  std::unique_ptr<TlsSession> tls_;  ///< from kHandshaking on
  State state_ = State::kConnecting;
  Error error_{};
  std::string out_;          ///< not yet written, as it goes over the wire
  std::deque<Asked> asked_;  ///< in their order, which is that of the answers
  bool was_answered_ = false;
  std::vector<char> buffer_;
};

}  // namespace firebase_relay::bus
