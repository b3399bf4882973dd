#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace firebase_relay::bus {

/// Does `text` match the glob `pattern` as Redis matches channels: `*`, `?`, `[a-z]`, `[^a]`, and `\` in front of a
/// character that shall mean itself; all of it by bytes? (redis.io/commands/psubscribe; tests compare it with a Redis.)
bool glob_matches(std::string_view pattern, std::string_view text);

/// Redis' own notifications, which are nobody's messages.
inline bool is_redis_own_channel(std::string_view channel) {
  if (channel.size() < 2 || channel[0] != '_' || channel[1] != '_') return false;  // nearly always, and cheaply
  return channel.starts_with("__keyspace@") || channel.starts_with("__keyevent@") ||
         channel.starts_with("__sentinel__:");
}

/// Which channels are taken: what to subscribe to, and what of that is left out again, because its pattern has a `!` in
/// front. Redis itself knows no such patterns.
class ChannelFilter {
 public:
  /// `patterns` in any order; those with `!` alone mean all channels but those. (A channel that begins with `!` itself
  /// is asked for as `\!…`.)
  explicit ChannelFilter(const std::vector<std::string>& patterns);

  /// For PSUBSCRIBE, at least one.
  [[nodiscard]] const std::vector<std::string>& subscriptions() const { return subscriptions_; }
  /// Whether a channel is taken, where Redis has not looked at the subscriptions.
  [[nodiscard]] bool takes(std::string_view channel) const;
  [[nodiscard]] bool leaves_out(std::string_view channel) const {
    for (const std::string& pattern : left_out_) {
      if (glob_matches(pattern, channel)) return true;
    }
    return false;
  }

 private:
  std::vector<std::string> subscriptions_;
  std::vector<std::string> left_out_;
};

}  // namespace firebase_relay::bus
