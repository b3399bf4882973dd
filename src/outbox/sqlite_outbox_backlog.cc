// The history backlog, as it is read again and shed.
#include "base/clock.h"
#include "outbox/batch_blob.h"
#include "outbox/sqlite_outbox_impl.h"

namespace firebase_relay::outbox {

Result<std::optional<SqliteOutbox::Impl::Row>> SqliteOutbox::Impl::next_row(ShedClass shed_class, BatchId after) {
  Statement query = database_
                        ->statement(
                            "SELECT shed_class, id, stored_at, checksum, bytes, price, \"order\", performance, profit, "
                            "registration, unrouted FROM batches WHERE shed_class=?1 AND id>?2 ORDER BY id LIMIT 1")
                        .bind(shed_class, after);
  const Result<bool> found = query.step();
  if (!found) return error_of(found);
  if (!*found) return std::optional<Row>();
  Row row{shed_class, query.count(1), query.integer(2), query.count(3), query.count(4), {}};
  for (std::size_t kind = 0; kind < kKindCount; ++kind) row.messages[kind] = query.count(5 + static_cast<int>(kind));
  return std::optional<Row>(row);
}

/// Nothing: the body is gone, unreadable or not what was written.
Result<std::optional<Batch>> SqliteOutbox::Impl::read_body(const Row& row, const Now& now) {
  Statement query = database_->statement("SELECT body FROM bodies WHERE id=?1").bind(row.id);
  const Result<bool> found = query.step();
  if (!found) {
    if (!database_->is_damaged()) return error_of(found);
    lock_.set_suspect(true);
    unreadable_.insert(row.id);
    return std::optional<Batch>();
  }
  if (!*found || checksum_of(query.bytes(0)) != row.checksum) return std::optional<Batch>();
  std::optional<Batch> batch = decode(query.bytes(0), now);
  if (!batch || batch->id != row.id || batch->shed_class != row.shed_class) return std::optional<Batch>();
  return std::optional<Batch>(*std::move(batch));
}

Result<LoadedBatches> SqliteOutbox::Impl::load(BatchId after, std::uint64_t bytes_max) {
  LoadedBatches loaded;
  std::vector<Row> damaged;
  std::uint64_t bytes = 0;
  const Now now = read_clocks();
  // Walks side by side, as the rows of each shedding class lie together.
  std::optional<Row> next[kShedClassCount];
  for (const ShedClass shed_class : kShedClasses) {
    Result<std::optional<Row>> row = next_row(shed_class, after);
    if (!row) return error_of(row);
    next[static_cast<std::size_t>(shed_class)] = *row;
  }
  const auto is_older = [](const std::optional<Row>& a, const std::optional<Row>& b) {
    return a && (!b || a->id < b->id);
  };
  while (true) {
    std::optional<Row>& slot = *std::min_element(std::begin(next), std::end(next), is_older);
    if (!slot) break;
    const Row row = *slot;
    bytes += row.bytes;
    if (!loaded.batches.empty() && bytes > bytes_max) break;
    Result<std::optional<Batch>> batch = read_body(row, now);
    if (!batch) return error_of(batch);
    if (*batch) {
      loaded.batches.push_back(std::move(**batch));
    } else {
      bytes -= row.bytes;
      damaged.push_back(row);
    }
    Result<std::optional<Row>> following = next_row(row.shed_class, row.id);
    if (!following) return error_of(following);
    slot = *following;
  }
  for (const Row& row : damaged) loaded.damaged.push_back({row.id, row.messages});
  const Result<OutboxLevel> level = damaged.empty() ? read_level() : set_damaged_aside(damaged);
  if (!level) return error_of(level);
  loaded.level = *level;
  return loaded;
}

Result<OutboxLevel> SqliteOutbox::Impl::set_damaged_aside(const std::vector<Row>& rows) {
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  Totals totals = totals_;
  if (const Result<void> done = remember_numbers(totals); !done) return error_of(done);
  for (const Row& row : rows) {
    Result<std::uint64_t> moved =
        database_->statement("INSERT OR REPLACE INTO damaged SELECT id, ?2, body FROM bodies WHERE id=?1")
            .bind(row.id, row.stored_at)
            .run();
    if (moved) moved = database_->statement("DELETE FROM bodies WHERE id=?1").bind(row.id).run();
    if (!moved && !database_->is_damaged()) return error_of(moved);
    moved =
        database_->statement("DELETE FROM batches WHERE shed_class=?1 AND id=?2").bind(row.shed_class, row.id).run();
    if (!moved) return error_of(moved);
    totals.batches -= *moved;
  }
  Result<OutboxLevel> level = commit(*transaction, totals);
  if (level) saved_ = totals;
  return level;
}

Result<ShedResult> SqliteOutbox::Impl::shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept) {
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  ShedResult result;
  Totals totals = totals_;
  if (const Result<void> done = remember_numbers(totals); !done) return error_of(done);
  Result<std::uint64_t> in_use = bytes_in_use();
  if (!in_use) return error_of(in_use);
  const std::uint64_t wanted = *in_use > bytes ? *in_use - bytes : 0;
  // What is damaged has been counted already, and nobody can send it.
  if (const Result<std::uint64_t> dropped = database_->statement("DELETE FROM damaged").run(); !dropped)
    return error_of(dropped);
  for (const ShedClass shed_class : kShedClasses) {
    BatchId last = after;
    for (in_use = bytes_in_use(); in_use && *in_use > wanted; in_use = bytes_in_use()) {
      const Result<std::optional<Row>> row = next_row(shed_class, last);
      if (!row) return error_of(row);
      if (!*row) break;
      last = (*row)->id;
      if (std::find(kept.begin(), kept.end(), last) != kept.end()) continue;
      if (const Result<void> removed = remove(last, totals); !removed) return error_of(removed);
      for (std::size_t kind = 0; kind < kKindCount; ++kind) result.messages[kind] += (*row)->messages[kind];
    }
    if (!in_use) return error_of(in_use);
  }
  const Result<OutboxLevel> level = commit(*transaction, totals);
  if (!level) return error_of(level);
  saved_ = totals;
  result.level = *level;
  return result;
}

}  // namespace firebase_relay::outbox
