#include "bus/retry_pace.h"

#include <algorithm>

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRefusedMin{20};
constexpr milliseconds kRefusedMax{450};  // with the attempt itself less than 500 ms between two tries
constexpr int kShareOfTimeAway = 40;
constexpr int kJitterShare = 5;
constexpr milliseconds kHung{1000};  // an answer at once takes less over any network
constexpr Backoff::Options kAfterHanging{milliseconds(500), milliseconds(2000)};
constexpr std::chrono::seconds kLasts{5};

}  // namespace

RetryPace::RetryPace(std::uint64_t seed) : random_(seed), hung_(kAfterHanging, seed) {}

void RetryPace::subscribed(SteadyTime now) {
  subscribed_at_ = now;
  hung_.reset();
}

void RetryPace::lost(SteadyTime now) {
  const bool lasted = subscribed_at_ && now - *subscribed_at_ >= kLasts;
  if (lasted || !away_since_) away_since_ = now;
}

milliseconds RetryPace::next(SteadyTime now, SteadyTime::duration took) {
  if (!away_since_) away_since_ = now - took;
  if (took >= kHung) return hung_.next();
  hung_.reset();
  const auto away = std::chrono::duration_cast<milliseconds>(now - *away_since_);
  const milliseconds most = std::clamp(away / kShareOfTimeAway, kRefusedMin, kRefusedMax);
  const auto width = static_cast<std::uint64_t>((most / kJitterShare).count()) + 1;
  return most - milliseconds(static_cast<std::int64_t>(random_() % width));
}

}  // namespace firebase_relay::bus
