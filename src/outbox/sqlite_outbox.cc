#include "outbox/sqlite_outbox.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "outbox/batch_blob.h"
#include "outbox/place.h"
#include "outbox/recovery.h"
#include "outbox/schema.h"
#include "outbox/sqlite_outbox_impl.h"

namespace firebase_relay::outbox {
namespace fs = std::filesystem;

/// A larger scratch, of a message near its limit, goes back to the system.
static constexpr std::size_t kBodyBytesKept = 2 << 20;

Result<void> SqliteOutbox::Impl::configure() {
  {
    Statement mode = database_->statement("PRAGMA journal_mode=WAL");
    const Result<bool> row = mode.step();
    if (!row) return error_of(row);
    if (mode.bytes(0) != "wal") {
      return fail(ErrorCode::kIo, "outbox " + options_.file.string() + ": its file system cannot share memory",
                  remedy_for(SQLITE_PROTOCOL, place_of(options_.file), ::geteuid()));
    }
  }
  // A quarter is left for the transaction that goes beyond it.
  const std::string log_pages = std::to_string(std::max<std::uint64_t>(log_bytes_max_ * 3 / 4 / kPageBytes, 1));
  return database_->configure("PRAGMA synchronous=" + std::string(options_.sync == Sync::kFull ? "FULL" : "NORMAL") +
                              ";PRAGMA wal_autocheckpoint=" + log_pages +
                              ";PRAGMA journal_size_limit=" + std::to_string(log_bytes_max_) +
                              ";PRAGMA cache_size=-1024;PRAGMA temp_store=MEMORY;PRAGMA mmap_size=0"
                              ";PRAGMA secure_delete=OFF");
}

Result<Transaction> SqliteOutbox::Impl::begin() {
  Result<Transaction> transaction = Transaction::begin(*database_);
  if (!transaction || !must_recount_) return transaction;
  if (const Result<void> counted = recount(); !counted) return error_of(counted);
  must_recount_ = false;
  return transaction;
}

Result<void> SqliteOutbox::Impl::recount() {
  const Result<std::int64_t> batches = database_->number("SELECT count(*) FROM batches");
  if (!batches) return error_of(batches);
  const Result<std::int64_t> live_rows = database_->number("SELECT count(*) FROM live");
  if (!live_rows) return error_of(live_rows);
  totals_.batches = static_cast<std::uint64_t>(*batches);
  totals_.live_rows = static_cast<std::uint64_t>(*live_rows);
  saved_ = {};
  return {};
}

/// The level is read before: once the commit is done, nothing may fail any more.
Result<OutboxLevel> SqliteOutbox::Impl::commit(Transaction& transaction, const Totals& totals) {
  Result<OutboxLevel> level = level_of(totals);
  if (!level) return level;
  if (const Result<void> committed = transaction.commit(); !committed) {
    must_recount_ = true;
    return error_of(committed);
  }
  totals_ = totals;
  level->excess_bytes = excess_of(level->bytes);
  level->bytes += log_bytes();
  return level;
}

Result<OutboxLevel> SqliteOutbox::Impl::append(const std::vector<const Batch*>& batches,
                                               const std::vector<LiveRow>& live) {
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  Totals totals = totals_;
  const std::int64_t now = utc_now().time_since_epoch().count();
  for (const Batch* batch : batches) {
    if (const Result<void> stored = store(*batch, now, totals); !stored) return error_of(stored);
  }
  for (const LiveRow& row : live) {
    if (const Result<void> stored = store(row, totals); !stored) return error_of(stored);
  }
  return commit(*transaction, totals);
}

/// A batch that is there already stays: a commit that seemed to fail may have succeeded.
Result<void> SqliteOutbox::Impl::store(const Batch& batch, std::int64_t now, Totals& totals) {
  encode(batch, body_);
  const BatchCounts counts = count(batch);
  const KindCounts& messages = counts.messages;
  Result<std::uint64_t> stored =
      database_->statement("INSERT OR IGNORE INTO bodies VALUES(?1,?2)").bind(batch.id, Blob{body_}).run();
  if (!stored) return error_of(stored);
  stored = database_->statement("INSERT OR IGNORE INTO batches VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)")
               .bind(batch.shed_class, batch.id, now, counts.last_sequence, messages[0], messages[1], messages[2],
                     messages[3], messages[4], messages[5], body_.size(), checksum_of(body_))
               .run();
  if (!stored) return error_of(stored);
  totals.batches += *stored;
  if (body_.capacity() > kBodyBytesKept) body_ = {};
  totals.last_batch = std::max(totals.last_batch, batch.id);
  totals.last_sequence = std::max(totals.last_sequence, counts.last_sequence);
  return {};
}

Result<void> SqliteOutbox::Impl::store(const LiveRow& row, Totals& totals) {
  const Result<std::uint64_t> updated =
      database_->statement("UPDATE live SET sequence=?2, counts=?3, kind=?4, value=?5 WHERE path=?1")
          .bind(row.path, row.sequence, row.counts, row.kind, Blob{row.value})
          .run();
  if (!updated) return error_of(updated);
  totals.last_sequence = std::max(totals.last_sequence, row.sequence);
  if (*updated > 0) return {};
  const Result<std::uint64_t> inserted =
      database_->statement("INSERT INTO live(path, sequence, counts, kind, value) VALUES(?1,?2,?3,?4,?5)")
          .bind(row.path, row.sequence, row.counts, row.kind, Blob{row.value})
          .run();
  if (!inserted) return error_of(inserted);
  ++totals.live_rows;
  return {};
}

Result<void> SqliteOutbox::Impl::remove(BatchId id, Totals& totals) {
  Result<std::uint64_t> removed =
      database_->statement("DELETE FROM batches WHERE shed_class IN (0,1,2) AND id=?1").bind(id).run();
  if (!removed) return error_of(removed);
  totals.batches -= *removed;
  return remove_body(id);
}

/// A body that cannot be read is left where it is, as SQLite would have to read it to delete it. That it cannot be read
/// may show only here, in the middle of a deletion: then this transaction fails, and the next one knows.
Result<void> SqliteOutbox::Impl::remove_body(BatchId id) {
  if (unreadable_.contains(id)) return {};
  const Result<std::uint64_t> removed = database_->statement("DELETE FROM bodies WHERE id=?1").bind(id).run();
  if (removed) return {};
  if (database_->is_damaged()) unreadable_.insert(id);
  return error_of(removed);
}

Result<void> SqliteOutbox::Impl::remember(std::string_view name, std::int64_t value) {
  const Result<std::uint64_t> stored =
      database_->statement("INSERT OR REPLACE INTO meta VALUES(?1,?2)").bind(name, value).run();
  if (!stored) return error_of(stored);
  return {};
}

/// Before rows go that tell how far numbers have come.
Result<void> SqliteOutbox::Impl::remember_numbers(const Totals& totals) {
  if (saved_.last_batch != totals.last_batch) {
    const Result<void> done = remember("last_batch", static_cast<std::int64_t>(totals.last_batch));
    if (!done) return done;
  }
  if (saved_.last_sequence == totals.last_sequence) return {};
  return remember("last_sequence", static_cast<std::int64_t>(totals.last_sequence));
}

Result<OutboxLevel> SqliteOutbox::Impl::acknowledge(const std::vector<BatchId>& batches,
                                                    const std::vector<LiveAcknowledged>& live, bool sync) {
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  Totals totals = totals_;
  if (const Result<void> done = remember_numbers(totals); !done) return error_of(done);
  for (const BatchId id : batches) {
    if (const Result<void> removed = remove(id, totals); !removed) return error_of(removed);
  }
  for (const LiveAcknowledged& row : live) {
    const Result<std::uint64_t> removed =
        database_->statement("DELETE FROM live WHERE path=?1 AND sequence<=?2").bind(row.path, row.sequence).run();
    if (!removed) return error_of(removed);
    totals.live_rows -= *removed;
  }
  Result<OutboxLevel> level = commit(*transaction, totals);
  if (!level) return level;
  saved_ = totals;
  if (sync) {
    if (const Result<void> synced = sync_log(); !synced) return error_of(synced);
  }
  if (totals.batches > 0 || totals.live_rows > 0) return level;
  give_room_back();
  return read_level();
}

Result<void> SqliteOutbox::Impl::save_orders(const LiveOrdersChange& change) {
  if (change.put.empty() && change.removed.empty()) return {};
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  Totals totals = totals_;
  std::uint64_t removed = 0;
  for (const std::string& path : change.removed) {
    const Result<std::uint64_t> gone = database_->statement("DELETE FROM live_orders WHERE path=?1").bind(path).run();
    if (!gone) return error_of(gone);
    removed += *gone;
  }
  for (const LiveOrder& order : change.put) {
    const Result<std::uint64_t> stored =
        database_
            ->statement(
                "INSERT INTO live_orders VALUES(?1,?2,?3,?4) ON CONFLICT(path) DO UPDATE SET "
                "ticker_size=?2, sequence=?3, closed=?4 "
                "WHERE ticker_size<>?2 OR sequence<>?3 OR closed<>?4")
            .bind(order.path, order.ticker_size, order.sequence, order.closed)
            .run();
    if (!stored) return error_of(stored);
    totals.last_sequence = std::max(totals.last_sequence, order.sequence);
  }
  if (removed > 0) {
    if (const Result<void> done = remember_numbers(totals); !done) return done;
  }
  if (const Result<OutboxLevel> level = commit(*transaction, totals); !level) return error_of(level);
  if (removed > 0) saved_ = totals;
  return {};
}

Result<void> SqliteOutbox::Impl::note_started(UtcMillis at) {
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  if (Result<void> done = remember("started_at", at.time_since_epoch().count()); !done) return done;
  if (const auto removed = database_->statement("DELETE FROM meta WHERE name='stopped_at'").run(); !removed)
    return error_of(removed);
  if (const Result<OutboxLevel> level = commit(*transaction, totals_); !level) return error_of(level);
  return {};
}

Result<void> SqliteOutbox::Impl::note_stopped(UtcMillis at) {
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  if (Result<void> done = remember("stopped_at", at.time_since_epoch().count()); !done) return done;
  if (const Result<OutboxLevel> level = commit(*transaction, totals_); !level) return error_of(level);
  return {};
}

Result<void> SqliteOutbox::Impl::try_to_write() {
  Result<Transaction> transaction = begin();
  if (!transaction) return error_of(transaction);
  if (Result<void> done = remember("tried_at", utc_now().time_since_epoch().count()); !done) return done;
  if (const Result<OutboxLevel> level = commit(*transaction, totals_); !level) return error_of(level);
  return {};
}

SqliteOutbox::SqliteOutbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteOutbox::~SqliteOutbox() = default;

Result<OpenedOutbox> SqliteOutbox::open(const SqliteOutboxOptions& given) {
  SqliteOutboxOptions options = given;
  std::error_code error;
  // Absolute first: of a name that is not there yet nothing else would become so, and it would have no folder.
  options.file = fs::weakly_canonical(fs::absolute(given.file), error);
  if (error) options.file = fs::absolute(given.file);
  fs::create_directories(options.file.parent_path(), error);
  if (error) {
    return fail(ErrorCode::kIo, "outbox folder " + options.file.parent_path().string() + ": " + error.message(),
                remedy_for_errno(error.value(), place_of(options.file), ::geteuid()));
  }
  Result<FileLock> lock = FileLock::take(options.file);
  if (!lock) return error_of(lock);
  Result<RecoveredFile> recovered =
      open_or_set_aside(options.file, lock->is_suspect() ? UINT64_MAX : options.checked_bytes_max);
  if (!recovered) return error_of(recovered);
  if (lock->is_suspect()) lock->set_suspect(false);

  auto impl = std::make_unique<Impl>(options, std::move(*lock), std::move(recovered->database), recovered->restored);
  if (const Result<void> configured = impl->configure(); !configured) return error_of(configured);
  const Result<OutboxLevel> level = impl->read_level();
  if (!level) return error_of(level);
  recovered->restored.level = *level;
  return OpenedOutbox{std::unique_ptr<SqliteOutbox>(new SqliteOutbox(std::move(impl))), std::move(recovered->restored),
                      recovered->last_run, recovered->set_aside, recovered->flaw};
}

Result<OutboxLevel> SqliteOutbox::append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live) {
  return impl_->watched([&] { return impl_->append(batches, live); });
}
Result<OutboxLevel> SqliteOutbox::acknowledge(const std::vector<BatchId>& batches,
                                              const std::vector<LiveAcknowledged>& live, bool sync) {
  return impl_->watched([&] { return impl_->acknowledge(batches, live, sync); });
}
Result<LoadedBatches> SqliteOutbox::load(BatchId after, std::uint64_t bytes_max) {
  return impl_->watched([&] { return impl_->load(after, bytes_max); });
}
Result<ShedResult> SqliteOutbox::shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept) {
  return impl_->watched([&] { return impl_->shed(after, bytes, kept); });
}
Result<void> SqliteOutbox::save_orders(const LiveOrdersChange& change) {
  return impl_->watched([&] { return impl_->save_orders(change); });
}
Result<void> SqliteOutbox::note_started(UtcMillis at) {
  return impl_->watched([&] { return impl_->note_started(at); });
}
Result<void> SqliteOutbox::note_stopped(UtcMillis at) {
  return impl_->watched([&] { return impl_->note_stopped(at); });
}

Result<void> SqliteOutbox::try_to_write() {
  return impl_->watched([&] { return impl_->try_to_write(); });
}

}  // namespace firebase_relay::outbox
