#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "firebase_relay/time.h"

namespace firebase_relay::deliver {

/// Bytes of bodies sent in the last minute, so that history can be held under the quota (guarantee 6): a sliding window
/// of seconds, counted one second too long rather than too short.
///
/// History takes what live values leave of the minute, however little that is, and waits for the rest. What live values
/// will need in the coming minute is not known; it is reckoned as the most of the minutes before. A tenth of the quota
/// is history's whatever live values take, so that they cannot starve it.
///
/// Pure; one thread.
class Quota {
 public:
  /// What a request's body holds of each, in bytes.
  struct Sent {
    std::uint64_t live = 0;
    std::uint64_t history = 0;
  };

  /// `bytes_per_minute_max` 0: no limit.
  explicit Quota(std::uint64_t bytes_per_minute_max);

  /// A request goes out.
  void sent(const Sent& bytes, SteadyTime now);
  /// It never reached the database, which has not counted it: there was no connection.
  void not_sent(const Sent& bytes, SteadyTime sent_at, SteadyTime now);
  /// A request was acknowledged: the database takes what is sent, so what was sent tells what will be.
  void acknowledged(SteadyTime now);
  /// How many bytes of history may go beside `live_bytes` in one request, of which the oldest entry has `entry_bytes`;
  /// 0: that entry has to wait. One that is larger than what is ever left goes alone when it has waited for a whole
  /// window.
  [[nodiscard]] std::uint64_t history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes, SteadyTime now);
  /// Were more bytes of live values sent in this minute than the quota is? Nothing holds them back.
  [[nodiscard]] bool is_exceeded_by_live(SteadyTime now);
  /// When the oldest counted second falls out of the window.
  [[nodiscard]] SteadyTime next_release(SteadyTime now);

 private:
  static constexpr std::int64_t kSeconds = 61;
  static constexpr std::uint64_t kShare = 10;  ///< one part of so many is history's, and as much live values' at first
  void advance(SteadyTime now);

  std::uint64_t limit_;
  std::array<Sent, kSeconds> seconds_{};
  std::int64_t newest_ = 0;  ///< second of the steady clock that the newest bucket counts
  Sent total_;
  std::uint64_t live_expected_;              ///< bytes of live values in a minute
  std::int64_t live_expected_at_ = 0;        ///< second up to which that has been forgotten
  std::optional<SteadyTime> waits_since_{};  ///< an entry larger than what was left; since history was last sent
};

}  // namespace firebase_relay::deliver
