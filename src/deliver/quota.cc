#include "deliver/quota.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {
namespace {

std::int64_t second_of(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::uint64_t less(std::uint64_t from, std::uint64_t what) { return from - std::min(from, what); }

}  // namespace

Quota::Quota(std::uint64_t bytes_per_minute_max)
    : limit_(bytes_per_minute_max), live_expected_(bytes_per_minute_max / kShare) {}

void Quota::advance(SteadyTime now) {
  const std::int64_t second = second_of(now);
  const std::int64_t passed = std::min(second - newest_, kSeconds);
  for (std::int64_t i = 1; i <= passed; ++i) {
    Sent& bucket = seconds_[static_cast<std::size_t>((second - passed + i) % kSeconds)];
    invariant(bucket.live <= total_.live && bucket.history <= total_.history, "a second held more than its minute");
    total_.live -= bucket.live;
    total_.history -= bucket.history;
    bucket = {};
  }
  newest_ = std::max(newest_, second);
}

void Quota::sent(const Sent& bytes, SteadyTime now) {
  advance(now);
  Sent& bucket = seconds_[static_cast<std::size_t>(newest_ % kSeconds)];
  invariant(newest_ >= second_of(now), "a request is counted in a second that has passed");
  bucket.live += bytes.live;
  bucket.history += bytes.history;
  total_.live += bytes.live;
  total_.history += bytes.history;
  live_expected_ = std::max(live_expected_, total_.live);
  if (bytes.history > 0) waits_since_.reset();
}

void Quota::not_sent(const Sent& bytes, SteadyTime sent_at, SteadyTime now) {
  advance(now);
  invariant(sent_at <= now, "a request comes back before it was sent");
  const std::int64_t second = second_of(sent_at);
  if (second <= newest_ - kSeconds) return;  // it has left the window
  Sent& bucket = seconds_[static_cast<std::size_t>(second % kSeconds)];
  invariant(bytes.live <= bucket.live && bytes.history <= bucket.history, "more bytes are taken back than were sent");
  bucket.live -= bytes.live;
  bucket.history -= bytes.history;
  total_.live -= bytes.live;
  total_.history -= bytes.history;
}

/// The expectation of live bytes falls back within some ten minutes of less traffic. In an outage it stays: that
/// nothing is acknowledged then says nothing about what will be sent afterwards.
void Quota::acknowledged(SteadyTime now) {
  constexpr std::uint64_t kForgottenInSeconds = 600;
  advance(now);
  const std::int64_t passed = std::min(newest_ - live_expected_at_, kSeconds);
  live_expected_ -= live_expected_ * static_cast<std::uint64_t>(passed) / kForgottenInSeconds;
  live_expected_ = std::max(live_expected_, total_.live);
  live_expected_at_ = newest_;
  invariant(live_expected_ >= total_.live, "fewer live bytes are expected than were sent");
}

std::uint64_t Quota::history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes, SteadyTime now) {
  if (limit_ == 0) return UINT64_MAX;
  advance(now);
  const std::uint64_t live = std::max(total_.live + live_bytes, live_expected_);
  const std::uint64_t room = std::max(less(limit_, live + total_.history), less(limit_ / kShare, total_.history));
  invariant(room <= limit_, "more history may go than the quota is");
  if (entry_bytes <= room) return room;
  if (total_.live + total_.history == 0) return entry_bytes;
  if (!waits_since_) waits_since_ = now;
  return now - *waits_since_ >= std::chrono::seconds(kSeconds) ? entry_bytes : 0;
}

bool Quota::is_exceeded_by_live(SteadyTime now) {
  advance(now);
  invariant(live_expected_ >= total_.live || limit_ == 0, "live bytes were sent that nobody expects");
  return limit_ > 0 && total_.live > limit_;
}

SteadyTime Quota::next_release(SteadyTime now) {
  advance(now);
  for (std::int64_t i = 1; i <= kSeconds; ++i) {
    const std::int64_t second = newest_ - kSeconds + i;
    if (second < 0) continue;
    const Sent& bucket = seconds_[static_cast<std::size_t>(second % kSeconds)];
    if (bucket.live + bucket.history == 0) continue;
    const SteadyTime release(std::chrono::seconds(second + kSeconds));
    invariant(release > now, "a second has left the minute and still counts");
    return release;
  }
  return now;
}

}  // namespace firebase_relay::deliver
