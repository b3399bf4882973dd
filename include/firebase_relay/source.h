#pragma once

#include <optional>
#include <stop_token>

#include "firebase_relay/time.h"

namespace firebase_relay {

/// Where messages come from: pub/sub (bus/redis_source.h), streams (bus/stream_source.h), or a file
/// (bus/line_source.h).
///
/// A source numbers its messages and blocks from 1 without holes, puts each block into the queue it was made with, and
/// reads no further while that queue is at its bound.
/// Threads: run() is called once, on the subscriber's own thread; all else may be called from any.
class Source {
 public:
  virtual ~Source() = default;
  /// Reads until `stop` is requested, or there is no more to come. Waits for a peer that is not there, and comes back
  /// after every loss.
  virtual void run(std::stop_token stop) = 0;
  /// Tells a source that has paused, because the queue was at its bound, that the queue may have room again: it wakes
  /// up and looks. Harmless for one that has not paused.
  virtual void room_came() = 0;
  /// Does what is published now arrive here?
  [[nodiscard]] virtual bool is_subscribed() const = 0;
  /// After run(): everything that was published up to this time has been read, so a gap can only begin here. Nothing:
  /// the source never was subscribed.
  [[nodiscard]] virtual std::optional<UtcMillis> read_until() const = 0;
  /// When run()'s loop last went round: /healthz says that the thread is stuck when this is long ago.
  [[nodiscard]] virtual SteadyTime last_turn() const = 0;
};

}  // namespace firebase_relay
