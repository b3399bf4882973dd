#pragma once

#include <stop_token>

namespace firebase_relay {

/// Where messages come from. One implementation today (bus/redis_source.h, pub/sub); Redis Streams with consumer groups
/// will come beside it.
///
/// A source numbers its messages and blocks from 1 without holes, puts each block into the queue it was made with, and
/// reads no further while that queue is at its bound.
/// Threads: run() is called once, on the subscriber's own thread; nothing else is.
class Source {
 public:
  virtual ~Source() = default;
  /// Subscribes, and reads until `stop` is requested. Waits for a peer that is not there, and comes back after every
  /// loss.
  virtual void run(std::stop_token stop) = 0;
};

}  // namespace firebase_relay
