#pragma once

#include <cstdint>
#include <optional>

#include "deliver/circuit.h"
#include "deliver/concurrency.h"
#include "deliver/quota.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// What the database lets through, as its answers and the quota have it: when, how much, how many at a time, and
/// whether history has to wait for live values.
struct Throttle {
  /// `jitter_seed`: of the circuit's waits.
  Throttle(const DeliveryOptions& options, std::uint64_t jitter_seed)
      : circuit(jitter_seed), quota(options.bytes_per_minute_max), concurrency(options.in_flight_max) {}

  Circuit circuit;
  Quota quota;
  Concurrency concurrency;
  /// After an outage live values go before any history (guarantee 3): those that came before this time, which is when
  /// the database answered again. SteadyTime::max(): it has not answered yet. Nothing: history need not wait.
  std::optional<SteadyTime> live_first_upto;
  bool has_refreshed = false;  ///< credentials, since something was acknowledged

  /// How many bytes of history may go into a request that has `live_bytes` of live values, and `bytes_max` in all, when
  /// the first entry has `entry_bytes`; 0: none now.
  [[nodiscard]] std::uint64_t history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes, std::uint64_t bytes_max,
                                           SteadyTime now);
};

}  // namespace firebase_relay::deliver
