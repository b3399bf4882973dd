#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firebase_relay/time.h"

namespace firebase_relay::observe {

/// Says every few seconds how far the backfill of the outbox has come, and when it will be done; and once a minute that
/// it gets nowhere.
/// Reads no clock. Threads: one.
class BackfillReport {
 public:
  /// A line for the log when one is due, given what the outbox holds now. Nothing while the database does not answer:
  /// then nothing gets less.
  std::optional<std::string> line(std::uint64_t batches, std::uint64_t bytes, bool database_reachable, SteadyTime now);

 private:
  struct Stretch {
    SteadyTime since;
    std::uint64_t bytes;  ///< at its beginning
  };
  std::optional<Stretch> stretch_;  ///< that the next line is about
  std::optional<Stretch> minute_;   ///< in which the backlog has to get smaller
  std::uint64_t lines_ = 0;         ///< of this backfill
};

}  // namespace firebase_relay::observe
