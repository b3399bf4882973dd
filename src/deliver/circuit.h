#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/backoff.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// Keeps a database in trouble from being hammered: after a failure nothing is sent before the backoff has passed, and
/// then one request, the probe, until one of them is acknowledged. A hold is the same with a fixed step.
///
/// How long the backoff is depends on who failed. A database that answers with 429 or 5xx is spared, up to 30 s. One
/// that is not reached, or closes without an answer, has no trouble from being asked again: within a second, so that
/// what waits is there as soon as the way is open, however long it was shut.
///
/// Pure; one thread.
class Circuit {
 public:
  /// While held, a probe goes out so often.
  static constexpr std::chrono::seconds kHoldProbeEvery{30};
  /// A Retry-After that asks for more is taken for this.
  static constexpr std::chrono::minutes kRetryAfterMax{10};

  /// `seed`: of the jitter of its waits.
  explicit Circuit(std::uint64_t seed)
      : answered_({std::chrono::milliseconds(200), std::chrono::seconds(30)}, seed),
        unanswered_({std::chrono::milliseconds(200), std::chrono::seconds(1)}, ~seed) {}

  /// True: no request has failed since the database last answered one, or since the start.
  [[nodiscard]] bool is_closed() const { return !open_; }
  /// May a request be sent? While open: one probe at a time, when its time has come.
  [[nodiscard]] bool allows(SteadyTime now) const { return !open_ || (probe_ == 0 && now >= probe_at_); }
  /// When allows() becomes true without an answer; SteadyTime::max(): not by time alone.
  [[nodiscard]] SteadyTime next_probe() const { return open_ && probe_ == 0 ? probe_at_ : SteadyTime::max(); }
  /// What a person has to do something about; kNone: nothing.
  [[nodiscard]] HoldReason hold() const { return hold_; }

  /// A request goes out. Returns the number of the probe when it is one, else 0.
  std::uint64_t sent();
  /// A request was answered in a way that shows the database working: the circuit closes, and the backoff begins anew.
  void succeeded();
  /// How long the next request has to wait, at most.
  enum class Pause : std::uint8_t {
    kShort,  ///< up to a second: nobody was reached
    kLong,   ///< up to 30 seconds: the database is there, and has trouble
  };
  /// How a request failed.
  struct Failure {
    Pause pause = Pause::kLong;
    HoldReason hold = HoldReason::kNone;  ///< kNone: it is tried again by itself
    std::optional<std::chrono::milliseconds> retry_after;
  };
  /// A request failed; `probe` as sent() said. Returns the time until the next one. Of several that were under way when
  /// the first one failed, only the first lengthens the backoff; nor does a probe when another request has closed the
  /// circuit since it was sent.
  std::chrono::milliseconds failed(SteadyTime now, std::uint64_t probe, const Failure& failure);

 private:
  Backoff answered_;
  Backoff unanswered_;
  bool open_ = false;
  std::uint64_t probe_ = 0;  ///< the one that is under way; 0: none
  std::uint64_t last_probe_ = 0;
  SteadyTime probe_at_{};
  HoldReason hold_ = HoldReason::kNone;
};

}  // namespace firebase_relay::deliver
