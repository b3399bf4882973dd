#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/channel_filter.h"
#include "bus/dialer.h"
#include "bus/name_lookup.h"
#include "bus/redis_url.h"
#include "bus/redis_words.h"
#include "bus/reply_reader.h"
#include "bus/socket.h"
#include "bus/tls_context.h"
#include "bus/tls_session.h"
#include "firebase_relay/message.h"
#include "firebase_relay/time.h"

namespace firebase_relay::bus {

/// One connection to Redis, from the first look-up of its name to its end, never blocking: connects, shakes hands where
/// it goes over TLS, says who we are, subscribes, and reads. After a read nothing is left that poll() would not see.
///
/// Threads: the subscriber's. Reads no clock.
class Connection {
 public:
  /// How far it has come; kClosed is the end.
  enum class State : std::uint8_t { kConnecting, kHandshaking, kSubscribing, kSubscribed, kClosed };

  /// Begins to connect. `tls` is TlsContext::make()'s for `url`; `names` must outlive it. Closed when it has not
  /// subscribed by `until`.
  Connection(const RedisUrl& url, std::shared_ptr<const TlsContext> tls, const ChannelFilter& channels,
             NameLookup& names, SteadyTime now, SteadyTime until);

  /// Changes in proceed() only.
  [[nodiscard]] State state() const { return state_; }
  /// Why it is kClosed: what failed, at which address while it was not subscribed, and what to do about it.
  [[nodiscard]] const Error& error() const { return error_; }
  /// What to poll for, while it is not kClosed; until it is kSubscribed proceed() is due at deadline() all the same.
  [[nodiscard]] int fd() const { return state_ == State::kConnecting ? dialer_.fd() : socket_.fd(); }
  [[nodiscard]] short poll_events() const;
  [[nodiscard]] SteadyTime deadline() const { return state_ == State::kConnecting ? dialer_.deadline() : until_; }

  /// Call when poll() says so. Messages are appended to `block`. True: something was heard.
  bool proceed(MessageBlock& block, SteadyTime now);
  /// Whom it speaks with over TLS, once it is kSubscribing; nothing without TLS.
  [[nodiscard]] std::optional<TlsPeer> tls_peer() const;

  /// Wants no more messages: those published before come yet, and then it closes.
  void unsubscribe();

  /// How to ask for a sign of life: PING, or, where that is refused, a subscription that stands already, once more.
  /// Any answer is one, a refusal too.
  enum class Question : std::uint8_t { kPing, kSubscription };
  /// proceed() returns true when the answer comes.
  void ask(Question question);
  /// Is a question under way?
  [[nodiscard]] bool awaits_answer() const { return !asked_.empty(); }
  /// With what error the last question was answered, once; kUnavailable: Redis says that this will pass.
  std::optional<Error> take_refusal() { return std::exchange(refusal_, std::nullopt); }

 private:
  struct Asked {
    Command command;
    std::string pattern;
  };

  void finish_dialing(SteadyTime now);
  void say_hello();
  void say(Command command, std::initializer_list<std::string_view> words);
  bool read(MessageBlock& block);
  void hear_through_tls(std::string_view sealed, MessageBlock& block);
  void hear(std::string_view bytes, MessageBlock& block);
  void take(const std::vector<Reply>& replies);
  void take_error(const std::string& text);
  void answered(std::initializer_list<Command> commands);
  void write();
  void give_up_if_late(SteadyTime now);
  void end_of_stream(const std::string& how);
  void close(Error error);

  RedisUrl url_;
  std::shared_ptr<const TlsContext> tls_context_;  ///< null: the URL asks for no TLS
  std::vector<std::string> patterns_;
  Dialer dialer_;
  SteadyTime until_;
  Socket socket_;
  std::unique_ptr<TlsSession> tls_;  ///< from kHandshaking on
  ReplyReader reader_;
  State state_ = State::kConnecting;
  Error error_{};
  std::string out_;          ///< not yet written, as it goes over the wire
  std::deque<Asked> asked_;  ///< not yet answered, in their order, which is that of the answers
  bool was_answered_ = false;
  std::size_t subscribed_ = 0;
  std::optional<Error> refusal_;
  std::vector<char> buffer_;
};

}  // namespace firebase_relay::bus
