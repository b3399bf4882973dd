#include "bus/message_intake.h"

#include <utility>

namespace firebase_relay::bus {
namespace {

/// Copies into memory that is used again, unless it is much more than what comes now.
void keep(std::string_view text, std::string& kept) {
  constexpr std::size_t kIdleBytesMax = 64 * 1024;
  if (kept.capacity() > kIdleBytesMax && text.size() <= kIdleBytesMax) std::string().swap(kept);  // assigned, it stays
  kept.assign(text);
}

}  // namespace

MessageIntake::MessageIntake(ChannelFilter channels)
    : channels_(std::move(channels)), has_one_pattern_(channels_.subscriptions().size() == 1) {}

bool MessageIntake::repeats_last(std::string_view pattern, std::string_view channel, std::string_view payload) {
  const bool is_same = !patterns_.empty() && channel == last_channel_ && payload == last_payload_;
  if (is_same && patterns_.emplace(pattern).second) return true;
  patterns_.clear();
  patterns_.emplace(pattern);
  keep(channel, last_channel_);
  keep(payload, last_payload_);
  return false;
}

}  // namespace firebase_relay::bus
