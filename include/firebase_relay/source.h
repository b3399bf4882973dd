#pragma once

#include <optional>
#include <stop_token>

#include "firebase_relay/time.h"

namespace firebase_relay {

/// Where messages come from: pub/sub (bus/redis_source.h), or a file (bus/line_source.h). Redis Streams with consumer
/// groups will come beside them.
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
  /// There may be room again in what bounds it; wakes it if it waits for that.
  virtual void room_came() = 0;
  /// Does what is published now arrive here?
  [[nodiscard]] virtual bool is_subscribed() const = 0;
  /// After run(): up to when all that was published has come. Nothing: it never was subscribed.
  [[nodiscard]] virtual std::optional<UtcMillis> read_until() const = 0;
  /// When the thread last came around, for health.
  [[nodiscard]] virtual SteadyTime last_turn() const = 0;
};

}  // namespace firebase_relay
