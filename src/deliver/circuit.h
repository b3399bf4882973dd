#pragma once

#include <chrono>
#include <optional>

#include "base/backoff.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// Keeps a dead database from being hammered: after a failure nothing is sent before the backoff has passed, and then
/// one request, the probe, until one of them is acknowledged. A hold is the same with a fixed step.
///
/// Pure; one thread.
class Circuit {
 public:
  static constexpr std::chrono::seconds kHoldProbeEvery{30};
  static constexpr std::chrono::minutes kRetryAfterMax{10};

  explicit Circuit(std::uint64_t seed) : backoff_({std::chrono::milliseconds(200), std::chrono::seconds(30)}, seed) {}

  [[nodiscard]] bool is_closed() const { return !open_; }
  /// May a request be sent? While open: one probe at a time, when its time has come.
  [[nodiscard]] bool allows(SteadyTime now) const { return !open_ || (!probing_ && now >= probe_at_); }
  /// When allows() may become true by time alone.
  [[nodiscard]] SteadyTime next_probe() const { return open_ && !probing_ ? probe_at_ : SteadyTime::max(); }
  [[nodiscard]] HoldReason hold() const { return hold_; }

  /// A request goes out; true when it is the probe.
  bool sent();
  void succeeded();
  /// A request failed; `was_probe` as sent() said. Returns the time until the next one. Of several that were under way
  /// when the first one failed, only the first lengthens the backoff.
  std::chrono::milliseconds failed(SteadyTime now, bool was_probe, HoldReason hold,
                                   std::optional<std::chrono::milliseconds> retry_after);
  /// The probe ended without telling whether the database is well: another may go.
  void probe_ended() { probing_ = false; }

 private:
  Backoff backoff_;
  bool open_ = false;
  bool probing_ = false;
  SteadyTime probe_at_{};
  HoldReason hold_ = HoldReason::kNone;
};

}  // namespace firebase_relay::deliver
