#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "firebase_relay/outbox.h"
#include "outbox/database.h"
#include "outbox/sqlite_outbox.h"

namespace firebase_relay::outbox {

/// What the rows of the file take, without its log and without pages that are free.
std::uint64_t bytes_in_use(Session& session);

/// How much room the outbox takes on its disk: what of it is beyond the limits, how its log gets to disk, and how room
/// is given back.
class Space {
 public:
  /// By the limits and the sync of `options`.
  explicit Space(const SqliteOutboxOptions& options);

  /// How long the write-ahead log may grow.
  [[nodiscard]] std::uint64_t log_bytes_max() const { return log_bytes_max_; }
  /// Completes `level`, whose bytes are bytes_in_use(): by what is beyond the limits, and by the log's bytes.
  OutboxLevel complete(OutboxLevel level);
  /// The log is on disk then, whatever the sync setting.
  Result<void> sync_log() const;
  /// Of an empty outbox, if it is worth it. Best effort: what fails here is tried again when it is empty the next time.
  void give_back(Database& database);

 private:
  std::uint64_t excess_of(std::uint64_t in_use);
  [[nodiscard]] std::filesystem::path log_file() const { return options_.file.string() + "-wal"; }
  [[nodiscard]] std::uint64_t log_bytes() const;

  SqliteOutboxOptions options_;
  std::uint64_t log_bytes_max_;
  std::uint64_t in_use_ = 0;                      ///< as of the last operation
  std::optional<std::uint64_t> in_use_when_low_;  ///< since the disk is nearly full
};

}  // namespace firebase_relay::outbox
