#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/channel_filter.h"
#include "bus/link.h"
#include "bus/name_lookup.h"
#include "bus/redis_url.h"
#include "bus/reply_reader.h"
#include "bus/tls_context.h"
#include "bus/tls_session.h"
#include "firebase_relay/message.h"
#include "firebase_relay/time.h"

namespace firebase_relay::bus {

/// One connection to Redis that subscribes, from the first look-up of its name to its end, never blocking: a Link, the
/// subscription over it, and the messages that come. After a read nothing is left that poll() would not see.
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
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Changes in proceed() only.
  [[nodiscard]] State state() const;
  /// Why it is kClosed: what failed, at which address while it was not subscribed, and what to do about it.
  [[nodiscard]] const Error& error() const { return link_.error(); }
  /// What to poll for, while it is not kClosed; until it is kSubscribed proceed() is due at deadline() all the same.
  [[nodiscard]] int fd() const { return link_.fd(); }
  [[nodiscard]] short poll_events() const { return link_.poll_events(); }
  [[nodiscard]] SteadyTime deadline() const { return link_.deadline(); }

  /// Call when poll() says so. Messages are appended to `block`. True: something was heard.
  bool proceed(MessageBlock& block, SteadyTime now);
  /// Whom it speaks with over TLS, once it is kSubscribing; nothing without TLS.
  [[nodiscard]] std::optional<TlsPeer> tls_peer() const { return link_.tls_peer(); }

  /// Wants no more messages: those published before come yet, and then it closes.
  void unsubscribe();

  /// How to ask for a sign of life: PING, or, where that is refused, a subscription that stands already, once more.
  /// Any answer is one, a refusal too.
  enum class Question : std::uint8_t { kPing, kSubscription };
  /// proceed() returns true when the answer comes.
  void ask(Question question);
  /// Is a question under way?
  [[nodiscard]] bool awaits_answer() const { return link_.awaits_answer(); }
  /// With what error the last question was answered, once; kUnavailable: Redis says that this will pass.
  std::optional<Error> take_refusal() { return std::exchange(refusal_, std::nullopt); }

 private:
  void subscribe();
  void hear(std::string_view bytes, MessageBlock& block);
  void take(const std::vector<Reply>& replies);
  void take_error(const std::string& text);
  void give_up_if_late(SteadyTime now);

  std::vector<std::string> patterns_;
  SteadyTime until_;
  ReplyReader reader_;
  std::size_t subscribed_ = 0;
  std::optional<Error> refusal_;
  Link link_;
};

}  // namespace firebase_relay::bus
