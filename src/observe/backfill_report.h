#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firebase_relay/time.h"

namespace firebase_relay::observe {

/// Says every few seconds how far the backfill of the outbox has come, and when it will be done.
/// Reads no clock. Threads: one.
class BackfillReport {
 public:
  /// A line for the log when one is due, given what the outbox holds now. Nothing while the database does not answer:
  /// then nothing gets less.
  std::optional<std::string> line(std::uint64_t batches, std::uint64_t bytes, bool database_reachable, SteadyTime now);

 private:
  std::optional<SteadyTime> since_;  ///< of the stretch that the next line is about
  std::uint64_t bytes_ = 0;          ///< at its beginning
  std::uint64_t lines_ = 0;          ///< of this backfill
};

}  // namespace firebase_relay::observe
