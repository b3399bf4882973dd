#include "bus/connection.h"

#include <utility>

namespace firebase_relay::bus {

Connection::Connection(const RedisUrl& url, std::shared_ptr<const TlsContext> tls, const ChannelFilter& channels,
                       NameLookup& names, SteadyTime now, SteadyTime until)
    : patterns_(channels.subscriptions()),
      until_(until),
      reader_(channels),
      link_(url, std::move(tls), names, now, until, [this] { subscribe(); }) {
  link_.begin(now);
}

Connection::State Connection::state() const {
  switch (link_.state()) {
    case Link::State::kConnecting: return State::kConnecting;
    case Link::State::kHandshaking: return State::kHandshaking;
    case Link::State::kGreeting: return State::kSubscribing;
    case Link::State::kReady: return State::kSubscribed;
    case Link::State::kClosed: break;
  }
  return State::kClosed;
}

bool Connection::proceed(MessageBlock& block, SteadyTime now) {
  const bool heard = link_.proceed(now, [&](std::string_view bytes) { hear(bytes, block); });
  give_up_if_late(now);
  return heard;
}

void Connection::give_up_if_late(SteadyTime now) {
  if (now < until_ || state() != State::kSubscribing) return;
  link_.close({ErrorCode::kUnavailable,
               link_.was_answered() ? "no answer to PSUBSCRIBE" : "it took the connection and says nothing",
               "is this Redis, and does it hang? An HTTP server waits so for more"});
}

/// With the greeting, to be subscribed after one round trip.
void Connection::subscribe() {
  for (const std::string& pattern : patterns_) link_.say(Command::kSubscribe, {"PSUBSCRIBE", pattern}, pattern);
}

void Connection::unsubscribe() {
  if (state() != State::kSubscribed) return;
  link_.say(Command::kUnsubscribe, {"PUNSUBSCRIBE"});
  link_.write();
}

void Connection::ask(Question question) {
  if (state() != State::kSubscribed) return;
  if (question == Question::kPing) {
    link_.say(Command::kPing, {"PING"});
  } else {
    link_.say(Command::kAskAgain, {"PSUBSCRIBE", patterns_.front()}, patterns_.front());
  }
  link_.write();
}

void Connection::hear(std::string_view bytes, MessageBlock& block) {
  std::vector<Reply> replies;
  block.expect(bytes.size());
  const bool is_redis = reader_.feed(bytes, block, replies);
  take(replies);
  if (!is_redis) link_.close_to_stranger(bytes, reader_.error());
}

void Connection::take(const std::vector<Reply>& replies) {
  for (const Reply& reply : replies) {
    if (state() == State::kClosed) return;
    link_.note_reply();
    switch (reply.type) {
      case Reply::Type::kError: take_error(reply.text); break;
      case Reply::Type::kStatus: link_.answered({Command::kAuth, Command::kSelect, Command::kPing}); break;
      case Reply::Type::kMode: link_.greeted(reply.text); break;
      case Reply::Type::kSubscribed:
        link_.answered({Command::kSubscribe, Command::kAskAgain});
        if (state() == State::kSubscribing && ++subscribed_ == patterns_.size()) link_.ready();
        break;
      case Reply::Type::kUnsubscribed:
        if (subscribed_ > 0 && --subscribed_ == 0) link_.close({ErrorCode::kUnavailable, "unsubscribed", ""});
        break;
      case Reply::Type::kPong: link_.answered({Command::kPing}); break;
      case Reply::Type::kOther: link_.answered({Command::kHello, Command::kPing}); break;
    }
  }
}

void Connection::take_error(const std::string& text) {
  if (!link_.awaits_answer()) {  // nobody asked, so it refuses nothing; on a subscription it is a sign of life
    Error complaint{ErrorCode::kUnavailable, "Redis says: " + link_.shown(text), ""};
    if (state() != State::kSubscribed) return link_.close(std::move(complaint));
    refusal_ = std::move(complaint);
    return;
  }
  const std::optional<Link::Asked> asked = link_.refused(text);
  if (!asked) return;
  Error why = link_.explained(*asked, text);
  if (asked->command != Command::kPing && asked->command != Command::kAskAgain) return link_.close(std::move(why));
  refusal_ = std::move(why);
}

}  // namespace firebase_relay::bus
