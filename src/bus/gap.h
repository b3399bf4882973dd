#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firebase_relay/stream_id.h"
#include "firebase_relay/time.h"

namespace firebase_relay::bus {

/// A time of which messages are lost for good: over pub/sub nobody was subscribed in it, of a stream what was added in
/// it cannot be read any more.
struct Gap {
  UtcMillis from;  ///< the last sign of life before it; of a stream the last entry that was read
  UtcMillis to;    ///< the new subscription; of a stream when it was found
  std::string cause;
  std::string stream = {};                    ///< its key; empty: pub/sub
  std::optional<std::uint64_t> entries = {};  ///< how many are lost; nothing: not known
  /// Of a stream what was read before it: told again after a crash, the same gap has the same. Nothing: it is at the
  /// stream's beginning, or over pub/sub, and is told once.
  std::optional<StreamPosition> behind = {};
};

}  // namespace firebase_relay::bus
