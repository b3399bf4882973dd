#include "outbox/backlog.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "outbox/schema.h"
#include "outbox/space.h"

namespace firebase_relay::outbox {

void Backlog::store(Transaction& transaction, const Batch& batch, std::int64_t now, Totals& totals) {
  const StoredBatch stored = packer_.pack(batch);
  const BatchCounts counts = count(batch);
  const KindCounts& messages = counts.messages;
  transaction.run("INSERT OR IGNORE INTO bodies VALUES(?1,?2)", batch.id, Blob{stored.bytes});
  totals.batches +=
      transaction.run("INSERT OR IGNORE INTO batches VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)", batch.shed_class,
                      batch.id, now, counts.last_sequence, messages[0], messages[1], messages[2], messages[3],
                      messages[4], messages[5], stored.body_bytes, checksum_of(stored.bytes));
  packer_.give_back();
  note_schema(transaction, kSchemaOfPackedBodies, totals);
  totals.last_batch = std::max(totals.last_batch, batch.id);
  totals.last_sequence = std::max(totals.last_sequence, counts.last_sequence);
}

void Backlog::forget(Transaction& transaction, BatchId id, Totals& totals) {
  totals.batches -= transaction.run("DELETE FROM batches WHERE shed_class IN (0,1,2) AND id=?1", id);
  forget_body(transaction, id);
}

/// A body that cannot be read is left where it is, as SQLite would have to read it to delete it. That it cannot be read
/// may show only here, in the middle of a deletion: then this transaction fails, and the next one knows.
void Backlog::forget_body(Transaction& transaction, BatchId id) {
  if (!transaction.ok() || unreadable_.contains(id)) return;
  transaction.run("DELETE FROM bodies WHERE id=?1", id);
  if (!transaction.ok() && transaction.database().is_damaged()) unreadable_.insert(id);
}

std::optional<Backlog::Row> Backlog::next_row(Session& session, ShedClass shed_class, BatchId after) {
  Statement query = session.select(
      "SELECT shed_class, id, stored_at, checksum, bytes, price, \"order\", performance, profit, "
      "registration, unrouted FROM batches WHERE shed_class=?1 AND id>?2 ORDER BY id LIMIT 1",
      shed_class, after);
  if (!query.next()) return std::nullopt;
  Row row{shed_class, query.count(1), query.integer(2), query.count(3), query.count(4), {}};
  for (std::size_t kind = 0; kind < kKindCount; ++kind) row.messages[kind] = query.count(5 + static_cast<int>(kind));
  return row;
}

/// Nothing: the body is gone, unreadable or not what was written; or the session has failed.
std::optional<Batch> Backlog::read_body(Session& session, const Row& row, const Now& now) {
  Statement query = session.select("SELECT body FROM bodies WHERE id=?1", row.id);
  if (!query.next()) {
    if (session.forgive_damage()) unreadable_.insert(row.id);
    return std::nullopt;
  }
  if (checksum_of(query.bytes(0)) != row.checksum) return std::nullopt;
  std::optional<Batch> batch = packer_.unpack({query.bytes(0), row.bytes}, now);
  const bool is_of_row = batch && batch->id == row.id && batch->shed_class == row.shed_class;
  if (!is_of_row) return std::nullopt;
  return batch;
}

Backlog::Loaded Backlog::load(Session& session, BatchId after, std::uint64_t bytes_max) {
  Loaded loaded;
  std::uint64_t bytes = 0;
  const Now now = read_clocks();
  // Walks side by side, as the rows of each shedding class lie together.
  std::optional<Row> next[kShedClassCount];
  for (const ShedClass shed_class : kShedClasses)
    next[static_cast<std::size_t>(shed_class)] = next_row(session, shed_class, after);
  const auto is_older = [](const std::optional<Row>& a, const std::optional<Row>& b) {
    return a && (!b || a->id < b->id);
  };
  while (true) {
    std::optional<Row>& slot = *std::min_element(std::begin(next), std::end(next), is_older);
    if (!slot) return loaded;
    const Row row = *slot;
    if (!loaded.batches.empty() && bytes + row.bytes > bytes_max) return loaded;
    if (std::optional<Batch> batch = read_body(session, row, now)) {
      bytes += row.bytes;
      loaded.batches.push_back(*std::move(batch));
    } else {
      loaded.damaged.push_back(row);
    }
    slot = next_row(session, row.shed_class, row.id);
  }
}

void Backlog::set_aside(Transaction& transaction, const std::vector<Row>& damaged, Totals& totals) {
  for (const Row& row : damaged) {
    transaction.run("INSERT OR REPLACE INTO damaged SELECT id, ?2, body FROM bodies WHERE id=?1", row.id,
                    row.stored_at);
    transaction.run("DELETE FROM bodies WHERE id=?1", row.id);
    transaction.forgive_damage();
    totals.batches -= transaction.run("DELETE FROM batches WHERE shed_class=?1 AND id=?2", row.shed_class, row.id);
  }
}

KindCounts Backlog::shed(Transaction& transaction, BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept,
                         Totals& totals) {
  KindCounts messages{};
  const std::uint64_t in_use = bytes_in_use(transaction);
  const std::uint64_t wanted = in_use > bytes ? in_use - bytes : 0;
  // What is damaged has been counted already, and nobody can send it.
  transaction.run("DELETE FROM damaged");
  for (const ShedClass shed_class : kShedClasses) {
    BatchId last = after;
    while (bytes_in_use(transaction) > wanted) {
      const std::optional<Row> row = next_row(transaction, shed_class, last);
      if (!row) break;
      last = row->id;
      if (std::find(kept.begin(), kept.end(), last) != kept.end()) continue;
      forget(transaction, last, totals);
      for (std::size_t kind = 0; kind < kKindCount; ++kind) messages[kind] += row->messages[kind];
    }
  }
  return messages;
}

std::optional<UtcMillis> Backlog::oldest(Session& session) {
  Statement oldest = session.select(
      "SELECT min(stored_at) FROM ("
      "SELECT * FROM (SELECT stored_at FROM batches WHERE shed_class=0 ORDER BY id LIMIT 1) UNION ALL "
      "SELECT * FROM (SELECT stored_at FROM batches WHERE shed_class=1 ORDER BY id LIMIT 1) UNION ALL "
      "SELECT * FROM (SELECT stored_at FROM batches WHERE shed_class=2 ORDER BY id LIMIT 1))");
  if (!oldest.next() || oldest.is_null(0)) return std::nullopt;
  return UtcMillis(std::chrono::milliseconds(oldest.integer(0)));
}

}  // namespace firebase_relay::outbox
