#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outbox/database.h"
#include "outbox/file_lock.h"
#include "outbox/sqlite_outbox.h"

namespace firebase_relay::outbox {

/// How long the write-ahead log may grow: what a power cut can cost with Sync::kNormal.
inline constexpr std::uint64_t kLogBytesMax = 4ull << 20;

/// Counts in memory of what the file holds: kept by every transaction that succeeds.
struct Totals {
  std::uint64_t batches = 0;
  std::uint64_t live_rows = 0;
  BatchId last_batch = 0;
  Sequence last_sequence = 0;
};

class SqliteOutbox::Impl {
 public:
  Impl(SqliteOutboxOptions options, FileLock lock, std::unique_ptr<Database> database, const Restored& restored)
      : options_(std::move(options)),
        log_bytes_max_(std::min(kLogBytesMax, options_.bytes_max / 8)),
        lock_(std::move(lock)),
        database_(std::move(database)),
        totals_{restored.level.batches, restored.level.live_rows, restored.last_batch, restored.last_sequence} {}

  Result<void> configure();
  Result<OutboxLevel> read_level();
  Result<OutboxLevel> append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live);
  Result<OutboxLevel> acknowledge(const std::vector<BatchId>& batches, const std::vector<LiveAcknowledged>& live,
                                  bool sync);
  Result<LoadedBatches> load(BatchId after, std::uint64_t bytes_max);
  Result<ShedResult> shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept);
  Result<void> save_orders(const LiveOrdersChange& change);
  Result<void> note_started(UtcMillis at);
  Result<void> note_stopped(UtcMillis at);
  Result<void> try_to_write();

  /// One call at a time. Damage that it meets makes the next start look at the whole file.
  template <class Call>
  auto watched(const Call& call) {
    const std::lock_guard lock(mutex_);
    auto result = call();
    if (!result && database_->is_damaged()) lock_.set_suspect(true);
    return result;
  }

 private:
  struct Row {  ///< of the table batches
    ShedClass shed_class;
    BatchId id;
    std::int64_t stored_at;
    std::uint64_t checksum;
    std::uint64_t bytes;
    KindCounts messages{};
  };

  Result<Transaction> begin();
  Result<OutboxLevel> commit(Transaction& transaction, const Totals& totals);
  Result<void> recount();
  Result<void> store(const Batch& batch, std::int64_t now, Totals& totals);
  Result<void> store(const LiveRow& row, Totals& totals);
  Result<void> remove(BatchId id, Totals& totals);
  Result<void> remove_body(BatchId id);
  Result<void> remember(std::string_view name, std::int64_t value);
  Result<void> remember_numbers(const Totals& totals);
  Result<std::optional<Row>> next_row(ShedClass shed_class, BatchId after);
  Result<std::optional<Batch>> read_body(const Row& row, const Now& now);
  Result<OutboxLevel> set_damaged_aside(const std::vector<Row>& rows);
  Result<std::uint64_t> bytes_in_use();
  Result<OutboxLevel> level_of(const Totals& totals);
  std::uint64_t excess_of(std::uint64_t in_use);
  [[nodiscard]] std::filesystem::path log_file() const { return options_.file.string() + "-wal"; }
  [[nodiscard]] std::uint64_t log_bytes() const;
  Result<void> sync_log();
  void give_room_back();

  std::mutex mutex_;  ///< of everything below
  SqliteOutboxOptions options_;
  std::uint64_t log_bytes_max_;
  FileLock lock_;  ///< outlives the connection
  std::unique_ptr<Database> database_;
  Totals totals_;
  Totals saved_;               ///< last_batch and last_sequence as this run has put them into the table meta
  bool must_recount_ = false;  ///< a commit failed: whether it is in the file is not known
  std::uint64_t in_use_ = 0;   ///< as of the last operation
  std::optional<std::uint64_t> in_use_when_low_;  ///< since the disk is nearly full
  std::set<BatchId> unreadable_;                  ///< bodies on damaged pages: a row each that failed, so few
  std::string body_;                              ///< scratch
};

}  // namespace firebase_relay::outbox
