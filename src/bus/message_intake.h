#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "bus/channel_filter.h"
#include "firebase_relay/message.h"

namespace firebase_relay::bus {

/// Which of the messages that come are taken: none of Redis' own, and none from a channel that is left out.
///
/// A message that matches several of our patterns comes once for each; it is taken once. They come one after the other,
/// and a pattern comes only once for a message: so the same channel and payload under a pattern that this run has not
/// had yet is the same message.
///
/// Threads: the subscriber's.
class MessageIntake {
 public:
  /// `channels`: what is subscribed to (with one pattern, nothing has to be compared), and what of it is left out.
  explicit MessageIntake(ChannelFilter channels);

  /// A message came, under `pattern`; it is appended to `block` if it is taken.
  void take(std::string_view pattern, std::string_view channel, std::string_view payload, MessageBlock& block) {
    if (is_redis_own_channel(channel) || channels_.leaves_out(channel)) return;
    if (has_one_pattern_ || !repeats_last(pattern, channel, payload)) block.append(channel, payload);
  }

 private:
  bool repeats_last(std::string_view pattern, std::string_view channel, std::string_view payload);

  ChannelFilter channels_;
  bool has_one_pattern_;
  // Of the message taken last, with more than one pattern.
  std::string last_channel_;
  std::string last_payload_;
  std::set<std::string, std::less<>> patterns_;  ///< under which it has come
};

}  // namespace firebase_relay::bus
