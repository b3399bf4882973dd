#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firebase_relay/fragment.h"
#include "firebase_relay/result.h"

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
  bool counts = false;  ///< the newest trace of a message without history: it is recovered with this row
  Kind kind = Kind::kUnrouted;
};

/// Forgets the row of `path` unless it is newer than `sequence`.
struct LiveAcknowledged {
  std::string path;
  Sequence sequence = 0;
};

/// How much is stored, as of the last operation.
struct OutboxLevel {
  std::uint64_t bytes = 0;
  std::uint64_t batches = 0;
  std::uint64_t live_rows = 0;
};

/// What an outbox holds when it is opened.
struct Restored {
  Sequence last_sequence = 0;  ///< the source's sequence goes on behind it
  BatchId last_batch = 0;
  std::vector<LiveRow> live;
  OutboxLevel level;
  KindCounts history{};  ///< entries by kind, all of them counted as recovered
};

/// What shedding removed.
struct ShedResult {
  KindCounts messages{};
  OutboxLevel level;
};

/// What the database has not acknowledged yet: the history backlog and the newest live value per path.
/// Empty while the database answers in time; in trouble one append() per flush (decision 5 of the contract).
/// Kept in memory today (outbox/memory_outbox.h), behind the interface that the durable one has.
///
/// Threads: the flusher's alone.
/// Errors:  values, never exceptions. After a failure nothing of that call is stored, and the same call may be made
/// again.
class Outbox {
 public:
  virtual ~Outbox() = default;
  /// Stores all or nothing: a row per batch, and each live row over the one its path had. Copies.
  virtual Result<OutboxLevel> append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live) = 0;
  /// Forgets batches and live rows. Twice is harmless. `sync`: on disk, whatever the sync setting, before it returns.
  virtual Result<OutboxLevel> acknowledge(const std::vector<BatchId>& batches,
                                          const std::vector<LiveAcknowledged>& live, bool sync) = 0;
  /// The oldest batches with an id above `after`, until `bytes_max` are reached; at least one if there is any.
  virtual Result<std::vector<Batch>> load(BatchId after, std::uint64_t bytes_max) = 0;
  /// Removes batches with an id above `after`, price history first and oldest first, until `bytes` are freed.
  virtual Result<ShedResult> shed(BatchId after, std::uint64_t bytes) = 0;
};

}  // namespace firebase_relay
