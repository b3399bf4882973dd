#include "deliver/gate.h"

#include <algorithm>

namespace firebase_relay::deliver {

std::uint64_t Gate::history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes, std::uint64_t bytes_max,
                                 SteadyTime now) {
  constexpr std::uint64_t kBrace = 1;  // two of them, for the last comma
  const std::uint64_t left = quota.history_room(entry_bytes + kBrace, live_bytes, now);
  return left == 0 ? 0 : std::min(left - kBrace, bytes_max - live_bytes);
}

}  // namespace firebase_relay::deliver
