#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "firebase_relay/outbox.h"
#include "outbox/batch_blob.h"
#include "outbox/database.h"
#include "outbox/totals.h"

namespace firebase_relay::outbox {

/// The history that waits: the tables batches, bodies and damaged, as it is stored, read again, forgotten and shed.
///
/// Threads: one at a time. Errors: the session's.
class Backlog {
 public:
  /// A batch as the table batches has it.
  struct Row {
    ShedClass shed_class;
    BatchId id;
    std::int64_t stored_at;
    std::uint64_t checksum;
    std::uint64_t bytes;  ///< of its body (outbox/batch_blob.h): what it takes in memory
    KindCounts messages{};
  };
  struct Loaded {
    std::vector<Batch> batches;
    std::vector<Row> damaged;  ///< bodies that are gone, unreadable or not what was written
  };

  /// A batch that is there already stays: a commit that seemed to fail may have succeeded.
  void store(Transaction& transaction, const Batch& batch, std::int64_t now, Totals& totals);
  void forget(Transaction& transaction, BatchId id, Totals& totals);
  /// The oldest batches behind `after`, until `bytes_max` are reached; at least one, if there is any that can be read.
  Loaded load(Session& session, BatchId after, std::uint64_t bytes_max);
  /// What can be read of them goes into the table damaged.
  void set_aside(Transaction& transaction, const std::vector<Row>& damaged, Totals& totals);
  /// Removes, of the batches behind `after` that are not in `kept`, prices first, orders last, and of each the oldest
  /// first, until the file holds `bytes` less. What has been set aside goes before all.
  KindCounts shed(Transaction& transaction, BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept,
                  Totals& totals);
  /// When the oldest batch was stored; nothing when there is none.
  static std::optional<UtcMillis> oldest(Session& session);

 private:
  static std::optional<Row> next_row(Session& session, ShedClass shed_class, BatchId after);
  std::optional<Batch> read_body(Session& session, const Row& row, const Now& now);
  void forget_body(Transaction& transaction, BatchId id);

  std::set<BatchId> unreadable_;  ///< bodies on damaged pages: a row each that failed, so few
  BatchPacker packer_;
};

}  // namespace firebase_relay::outbox
