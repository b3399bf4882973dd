#include "deliver/state.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::chrono::milliseconds State::half_window() const {
  constexpr std::chrono::milliseconds kLeast{250};
  invariant(options.flush_interval.count() >= 0, "a flush interval is below zero");
  return std::max(options.flush_interval, kLeast);
}

SteadyTime State::window_end(SteadyTime since) const {
  return std::min(now.steady, since + half_window()) + half_window();
}

std::uint64_t State::memory_kept_max() const {
  invariant(options.in_flight_max > 0 && options.batch_bytes_max > 0, "no request may be sent");
  return std::min(options.loaded_bytes_max, options.batch_bytes_max * (options.in_flight_max + 1));
}

}  // namespace firebase_relay::deliver
