#include "deliver/state.h"

#include <algorithm>

namespace firebase_relay::deliver {

std::chrono::milliseconds State::half_window() const {
  constexpr std::chrono::milliseconds kLeast{250};
  return std::max(options.flush_interval, kLeast);
}

SteadyTime State::window_end(SteadyTime since) const {
  return std::min(now.steady, since + half_window()) + half_window();
}

std::uint64_t State::memory_kept_max() const {
  return std::min(options.loaded_bytes_max, options.batch_bytes_max * (options.in_flight_max + 1));
}

}  // namespace firebase_relay::deliver
