#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firebase_relay/stored_history.h"
#include "firebase_relay/time.h"
#include "observe/snapshot.h"

namespace firebase_relay::observe {

/// How much history comes a day on balance, in bytes: the mean of the last week, or of the time since counting began.
/// 0 where that is less than a day, or more goes than comes. What is removed on one day counts up to what the busiest
/// day has brought: removal by `keep` takes a day at a time, and a person who has removed a month has not made the
/// database grow more slowly.
double bytes_a_day(const StoredSums& sums, UtcMillis now);

/// In how many days the database is full if it goes on growing like this; 0: it is. Nothing: it does not grow, or has
/// no limit.
std::optional<double> days_until_full(const Snapshot& snapshot);

/// `412.0 of 1073.7 MB, 14.0 MB a day: full in 43 days`
std::string room_text(const Snapshot& snapshot);

}  // namespace firebase_relay::observe
