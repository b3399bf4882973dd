#pragma once

#include <chrono>
#include <cmath>
#include <numeric>

#include "firebase_relay/lag_buckets.h"

namespace firebase_relay::flush {

/// The mean of what `lag` holds, which is not empty.
inline std::chrono::milliseconds mean_of(const LagBuckets& lag) {
  const double count = std::accumulate(lag.counts().begin(), lag.counts().end(), 0.0);
  return std::chrono::milliseconds(std::llround(lag.sum_seconds() * 1000 / count));
}

}  // namespace firebase_relay::flush
