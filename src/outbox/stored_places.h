#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "firebase_relay/result.h"
#include "firebase_relay/time.h"
#include "outbox/database.h"

namespace firebase_relay::outbox {

/// What an outbox file says of the history in the database, for a command beside a relay, which may run or not. A relay
/// that runs reads the sums anew at its next start.
///
/// Threads: one. Errors: values.
class StoredPlaces {
 public:
  /// Errors: kUnavailable, there is no such file; kTooNew; kIo, it cannot be read, or is no outbox.
  static Result<StoredPlaces> open(const std::filesystem::path& file);

  /// Has any history been counted yet?
  [[nodiscard]] bool has_counted();
  /// Bytes that stand at a place (the path of entries without their key, as between quotes); 0: nothing that is known
  /// of.
  [[nodiscard]] Result<std::uint64_t> at(std::string_view place);
  /// Somebody has removed all that stood there.
  Result<void> removed(const std::string& place, UtcMillis now);
  /// From when on every run has written an archive; UtcMillis::max(): nobody knows.
  [[nodiscard]] Result<UtcMillis> archived_since();

 private:
  explicit StoredPlaces(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  std::unique_ptr<Database> database_;
};

}  // namespace firebase_relay::outbox
