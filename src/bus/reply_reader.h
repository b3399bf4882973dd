#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/channel_filter.h"
#include "firebase_relay/message.h"

namespace firebase_relay::bus {

/// What came besides messages.
struct Reply {
  /// What kind of reply it is, as far as a subscriber has to know.
  enum class Type : std::uint8_t { kStatus, kError, kSubscribed, kUnsubscribed, kPong, kMode, kOther };
  Type type;
  std::string text;  ///< of kMode: what HELLO calls it, `standalone`, `cluster` or `sentinel`
};

/// Turns the bytes of a subscribed connection into messages, with hiredis' reader and object functions of our own:
/// channel and payload go from the reader's buffer straight into the block, without an object in between.
///
/// A message that matches several of our patterns comes once for each; it is taken once. They come one after the other,
/// and a pattern comes only once for a message: so the same channel and payload under a pattern that this run has not
/// had yet is the same message.
///
/// Threads: the subscriber's.
class ReplyReader {
 public:
  /// `channels`: what is subscribed to (with one pattern, nothing has to be compared), and what of it is left out.
  explicit ReplyReader(ChannelFilter channels);
  ~ReplyReader();

  /// Feeds `bytes`. Messages are appended to `block`, the rest to `replies`. False: this is no Redis; error() says why.
  bool feed(std::string_view bytes, MessageBlock& block, std::vector<Reply>& replies);
  [[nodiscard]] std::string error() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Redis' own notifications, which are nobody's messages.
bool is_redis_own_channel(std::string_view channel);

}  // namespace firebase_relay::bus
