#pragma once

#include <cstdint>

namespace firebase_relay::outbox {

/// What of a power cut the outbox is proof against. Either is proof against SIGKILL.
enum class Sync : std::uint8_t {
  kNormal,  ///< what was written since the last checkpoint may be gone (SQLite: synchronous=NORMAL)
  kFull,    ///< nothing that was written is ever gone (synchronous=FULL): a sync to disk per write
};

}  // namespace firebase_relay::outbox
