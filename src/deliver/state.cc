#include "deliver/state.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::chrono::milliseconds State::half_window() const {
  constexpr std::chrono::milliseconds kLeast{250};
  return std::max(options.flush_interval, kLeast);
}

SteadyTime State::window_end(SteadyTime since) const {
  const SteadyTime end = std::min(now.steady, since + half_window()) + half_window();
  invariant(end <= now.steady + half_window(), "what is sent now may stay unsaved for too long");
  return end;
}

std::uint64_t State::memory_kept_max() const {
  const std::uint64_t bytes = std::min(options.loaded_bytes_max, options.batch_bytes_max * (options.in_flight_max + 1));
  invariant(bytes <= options.loaded_bytes_max, "memory would keep more history than it may load");
  return bytes;
}

}  // namespace firebase_relay::deliver
