#include "classify/path_limits.h"

#include "classify/key_codec.h"

namespace firebase_relay::classify {
namespace {

std::optional<DeadLetterReason> beyond_limit(std::size_t keys, std::size_t bytes) {
  if (keys > kPathKeysMax) return DeadLetterReason::kTooDeep;
  if (1 + bytes > kPathBytesMax) return DeadLetterReason::kPathTooLong;
  return std::nullopt;
}

/// How far the value of `target` reaches below its path.
Reach reach_of(const LiveTarget& target, const Opened& payload) {
  if (target.source == LiveTarget::Source::kMessage) return payload.message.reach;
  const Value* value = target.source == LiveTarget::Source::kField ? payload.fields().find(target.field) : nullptr;
  return value ? value->reach : Reach{};
}

}  // namespace

std::optional<DeadLetterReason> over_path_limit(const Opened& payload, const Routed& routed, const Place& place,
                                                const Reach& base, bool history) {
  const Route& route = routed.route;
  const Reach& reach = payload.message.reach;
  const auto beyond = [&base](std::size_t keys, std::size_t bytes) {
    return beyond_limit(base.keys + keys, base.path_bytes + bytes);
  };
  // No field reaches further than the message, so this settles it for nearly all.
  if (!beyond(place.keys_max + reach.keys, place.path_bytes_max + routed.id.size() + reach.path_bytes))
    return std::nullopt;
  if (history) {
    if (const auto reason = beyond(route.history->keys + 1 + reach.keys, place.history_path_bytes + reach.path_bytes))
      return reason;
  }
  for (std::size_t i = 0; i < route.live.size(); ++i) {
    const Place::Path& path = place.paths[i];
    if (path.has_id && routed.id.empty()) continue;
    const Reach below = reach_of(route.live[i], payload);
    const std::size_t bytes = path.path_bytes + (path.has_id ? routed.id.size() : 0) + below.path_bytes;
    if (const auto reason = beyond(route.live[i].path.keys + below.keys, bytes)) return reason;
  }
  return std::nullopt;
}

}  // namespace firebase_relay::classify
