#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "firebase_relay/kind.h"
#include "firebase_relay/time.h"
#include "observe/metrics.h"
#include "observe/rate_limit.h"

namespace firebase_relay::observe {

/// As Events, of old history that is removed since a route keeps only so many days of it: counts and logs.
///
/// Threads: one. Reads no clock.
class HistoryEvents {
 public:
  /// Both must outlive it.
  HistoryEvents(Metrics& metrics, spdlog::logger& logger) : metrics_(metrics), logger_(logger) {}

  /// The day that stood at `path` is gone: a line each.
  void day_removed(Kind kind, std::string_view path);
  /// Entries without a day stand in `path`, so nothing is removed there.
  void entries_without_day(std::string_view path, SteadyTime now);
  /// `key`, which is no entry's, stands in `path` in front of the days, so nothing is removed there.
  void stranger_before_days(std::string_view path, std::string_view key, SteadyTime now);
  /// What stands at `path` is too large to be listed, or even one entry of it to be removed.
  void day_refused(std::string_view path, SteadyTime now);
  /// Nothing is removed, since this clock is `skew` ahead of the database's; nothing: its answer had no Date.
  void day_not_known(std::optional<std::chrono::seconds> skew, SteadyTime now);
  /// A request for it failed; it begins again in `again_in`. `remedy`: what a person can do; empty: wait.
  void removal_broken_off(std::string_view detail, std::string_view remedy, std::chrono::seconds again_in,
                          SteadyTime now);
  /// All places were gone through, and `count` days removed; `held_back` are too old, and stay for the archive's sake;
  /// `waiting` have just ended, and are looked at again once the archive may have sealed them.
  void removal_ended(std::uint64_t count, std::uint64_t held_back, std::uint64_t waiting);
  /// Removing has been due for `due_for` and has not come to its end; `overdue` days are too old and could not be
  /// removed. To be told often.
  void removal_stands(SteadyTime::duration due_for, std::uint64_t overdue);

 private:
  Metrics& metrics_;
  spdlog::logger& logger_;
  RateLimit lines_;
};

}  // namespace firebase_relay::observe
