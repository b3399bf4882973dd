#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "firebase_relay/outbox.h"
#include "firebase_relay/stream_id.h"
#include "outbox/sync.h"

namespace firebase_relay::outbox {

/// Less room than this on its disk counts as the outbox's limit reached.
inline constexpr std::uint64_t kFreeBytesMin = 64ull << 20;

/// Where the outbox is, how large it may be, and what is synced.
struct SqliteOutboxOptions {
  std::filesystem::path file;
  std::uint64_t bytes_max = 2048ull << 20;  ///< excess_bytes begins here
  std::uint64_t free_bytes_min = kFreeBytesMin;
  Sync sync = Sync::kNormal;
  /// Up to this size every page of the file is looked at when it is opened, which takes some tens of milliseconds. In a
  /// larger one, damage within the bodies of batches shows when they are read.
  std::uint64_t checked_bytes_max = 32ull << 20;
};

/// How the run before this one ended, as far as its file knows.
struct LastRun {
  UtcMillis started_at;                 ///< when it subscribed first; a run that never did is none
  std::optional<UtcMillis> stopped_at;  ///< nothing: it was killed
};

/// Which runs have written an archive, as far as their file knows.
struct ArchivedRuns {
  UtcMillis since = UtcMillis::max();  ///< from when on every one has; max(): this one does not
  std::optional<UtcMillis> ended;      ///< the same of those before this one, which is the first without
};

class SqliteOutbox;

/// An opened outbox and what was found in it.
struct OpenedOutbox {
  std::unique_ptr<SqliteOutbox> outbox;
  Restored restored;
  std::optional<LastRun> last_run;       ///< nothing: the file is new
  std::optional<std::string> set_aside;  ///< a file that was no outbox, or a damaged one, has been given this name
  std::string flaw;                      ///< what was wrong with it
};

/// The durable outbox: SQLite in WAL mode, a file of its own and, beside it, FILE.lock, which the one relay that uses
/// it holds (outbox/file_lock.h). Other processes may read it and change its dead letters meanwhile
/// (outbox/dead_letters.h). What SIGKILL, a power cut and a full disk can cost: docs/durability.md has the numbers and
/// how they were taken.
///
/// Threads: any, one call at a time.
/// Source: sqlite.org/pragma.html#pragma_synchronous, sqlite.org/wal.html; the tables are in src/outbox/schema.h.
class SqliteOutbox final : public Outbox {
 public:
  /// Opens `options.file` or creates it, with the folders above it. What is no outbox or cannot be read is given the
  /// name FILE.corrupt-<UTC>, with its WAL, and a new one begins; nothing is ever deleted.
  /// Reads no batch: only their counts, so that a large backlog does not keep the relay from subscribing.
  /// Fails with kBusy (another relay has it), kTooNew (a later version wrote it), kIo.
  static Result<OpenedOutbox> open(const SqliteOutboxOptions& options);
  ~SqliteOutbox() override;

  [[nodiscard]] bool is_on_disk() const override { return true; }
  Result<OutboxLevel> append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live) override;
  Result<OutboxLevel> acknowledge(const std::vector<BatchId>& batches, const std::vector<LiveAcknowledged>& live,
                                  bool sync) override;
  Result<void> sync() override;
  Result<LoadedBatches> load(BatchId after, std::uint64_t bytes_max) override;
  Result<ShedResult> shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept) override;
  Result<void> save_orders(const LiveOrdersChange& change) override;
  Result<void> save_stored(const StoredChange& change) override;
  Result<std::uint64_t> stored_at(std::string_view place) override;

  /// Remembers that a run has subscribed, or when the last one ended, for LastRun.
  Result<void> note_started(UtcMillis at);
  Result<void> note_stopped(UtcMillis at);
  /// Since when the runs write an archive, one after the other. `archives`: whether this one does; with the first that
  /// does it begins, `now`, and one that does not ends it.
  Result<ArchivedRuns> archived_since(bool archives, UtcMillis now);
  /// Where an earlier run had come to in a stream, by this consumer group; nothing: none has read it.
  Result<std::optional<RememberedPosition>> stream_position(std::string_view group, std::string_view stream);
  Result<void> note_stream(std::string_view group, std::string_view stream, const RememberedPosition& position);
  /// Writes a number that means nothing: can what waits be brought to disk? A file that was opened without the right to
  /// write it is opened anew first.
  Result<void> try_to_write();

 private:
  class Impl;
  Result<void> note(std::string_view name, UtcMillis at);
  explicit SqliteOutbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace firebase_relay::outbox
