#include "deliver/throttle.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::uint64_t Throttle::history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes, std::uint64_t bytes_max,
                                     SteadyTime now) {
  invariant(live_bytes <= bytes_max, "history is to go into a request that is full");
  constexpr std::uint64_t kBrace = 1;  // two of them, for the last comma
  const std::uint64_t left = quota.history_room(entry_bytes + kBrace, live_bytes, now);
  return left == 0 ? 0 : std::min(left - kBrace, bytes_max - live_bytes);
}

}  // namespace firebase_relay::deliver
