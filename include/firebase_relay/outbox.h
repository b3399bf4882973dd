#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/fragment.h"
#include "firebase_relay/result.h"
#include "firebase_relay/stored_history.h"

namespace firebase_relay {

/// Numbers the batches of history from 1, in the order of their arrival; goes on after a restart.
using BatchId = std::uint64_t;

/// History of one flush and one shedding class: what the outbox stores as one blob.
struct Batch {
  BatchId id = 0;
  ShedClass shed_class = ShedClass::kRest;
  std::vector<HistoryRun> runs;
};

/// A live value that the database has not acknowledged.
struct LiveRow {
  std::string path;
  std::string value;
  Sequence sequence = 0;
  bool counts = false;  ///< its message has no history: rows like this are all that a crash leaves of it
  Kind kind = Kind::kUnrouted;
};

/// Forgets the row of `path` unless it is newer than `sequence`.
struct LiveAcknowledged {
  std::string path;
  Sequence sequence = 0;
};

/// How much is stored, as of the last operation.
struct OutboxLevel {
  /// In use on disk, the write-ahead log included. What was freed and not given back to the file system is not in it.
  std::uint64_t bytes = 0;
  std::uint64_t batches = 0;
  std::uint64_t live_rows = 0;
  std::uint64_t excess_bytes = 0;   ///< beyond the limit, or beyond what a nearly full disk allows: to be shed
  std::optional<UtcMillis> oldest;  ///< when the oldest batch was stored; nothing when there is none
};

/// An order that stands in the live tree (coalesce/live_orders.h).
struct LiveOrder {
  std::string path;           ///< as it stands between quotes
  std::uint32_t ticker_size;  ///< OrderState::ticker_size
  Sequence sequence;          ///< of the message that changed it last
  bool closed;

  bool operator==(const LiveOrder&) const = default;
};
/// What became of the list of live orders since it was saved last: first these paths leave it, then those come.
struct LiveOrdersChange {
  std::vector<LiveOrder> put;
  std::vector<std::string> removed;
};

/// What an outbox holds when it is opened.
struct Restored {
  Sequence last_sequence = 0;  ///< the highest in it, those of live orders too: the source's numbers go on behind it
  BatchId last_batch = 0;
  std::vector<LiveRow> live;
  OutboxLevel level;
  KindCounts history{};  ///< entries by kind, all of them counted as recovered
  std::vector<LiveOrder> orders;
  StoredSums stored;
};

/// A batch that does not match its checksum: set aside in the outbox, so that it is neither sent nor lost.
struct DamagedBatch {
  BatchId id = 0;
  KindCounts messages{};
};

/// What load() gave, and what it found damaged on the way.
struct LoadedBatches {
  std::vector<Batch> batches;
  std::vector<DamagedBatch> damaged;
  OutboxLevel level;
};

/// What shedding removed.
struct ShedResult {
  KindCounts messages{};
  OutboxLevel level;
};

/// What the database has not acknowledged yet: the history backlog and the newest live value per path.
/// Empty while the database answers in time; in trouble one append() per flush (decision 5 of the contract).
///
/// Threads: the flusher's alone.
/// Errors:  values, never exceptions. After a failure nothing of that call is stored, and the same call may be made
/// again.
class Outbox {
 public:
  virtual ~Outbox() = default;
  /// Does what it stores outlive the process?
  [[nodiscard]] virtual bool is_on_disk() const = 0;
  /// Stores all or nothing: a row per batch, and each live row over the one its path had. Copies.
  virtual Result<OutboxLevel> append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live) = 0;
  /// Forgets batches and live rows. Twice is harmless. `sync`: on disk, whatever the sync setting, before it returns.
  virtual Result<OutboxLevel> acknowledge(const std::vector<BatchId>& batches,
                                          const std::vector<LiveAcknowledged>& live, bool sync) = 0;
  /// All that was stored so far, dead letters in the same file included, is on disk when it returns, whatever the sync
  /// setting. Where is_on_disk() is false it does nothing.
  virtual Result<void> sync() = 0;
  /// The oldest batches with an id above `after`, until `bytes_max` are reached; at least one if there is any that can
  /// be read. What does not match its checksum is set aside.
  virtual Result<LoadedBatches> load(BatchId after, std::uint64_t bytes_max) = 0;
  /// Removes batches with an id above `after` that are not in `kept`, price history first, orders last, oldest first,
  /// until `bytes` are freed.
  virtual Result<ShedResult> shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept) = 0;
  /// Which orders are live survives a restart: saves what changed, all or nothing.
  virtual Result<void> save_orders(const LiveOrdersChange& change) = 0;
  /// How much stands in the database survives a restart: saves what changed, all or nothing.
  virtual Result<void> save_stored(const StoredChange& change) = 0;
  /// What stands at a place, as far as it was saved.
  virtual Result<std::uint64_t> stored_at(std::string_view place) = 0;
};

}  // namespace firebase_relay
