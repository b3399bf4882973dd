#include "outbox/sqlite_outbox.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "outbox/backlog.h"
#include "outbox/database.h"
#include "outbox/file_lock.h"
#include "outbox/live_tables.h"
#include "outbox/recovery.h"
#include "outbox/schema.h"
#include "outbox/space.h"
#include "outbox/stored_tables.h"
#include "outbox/stream_tables.h"
#include "outbox/totals.h"
#include "outbox/volume.h"

namespace firebase_relay::outbox {
namespace fs = std::filesystem;

class SqliteOutbox::Impl {
 public:
  Impl(const SqliteOutboxOptions& options, FileLock lock, std::unique_ptr<Database> database, const Restored& restored)
      : lock_(std::move(lock)), database_(std::move(database)), space_(options), totals_{restored.level.batches,
                                                                                         restored.level.live_rows,
                                                                                         restored.last_batch,
                                                                                         restored.last_sequence,
                                                                                         0,
                                                                                         0} {}

  Result<void> configure(const SqliteOutboxOptions& options);
  Result<OutboxLevel> read_level();
  /// All of `work` or nothing of it: a transaction and the totals as they are behind it are its arguments.
  template <class Work>
  Result<OutboxLevel> change(const Work& work);
  Result<OutboxLevel> acknowledge(const std::vector<BatchId>& batches, const std::vector<LiveAcknowledged>& live,
                                  bool sync);
  Result<LoadedBatches> load(BatchId after, std::uint64_t bytes_max);
  Result<std::uint64_t> stored_at(std::string_view place) {
    Session session(*database_);
    return session.result(outbox::stored_at(session, place));
  }
  Result<std::optional<RememberedPosition>> stream_position(std::string_view group, std::string_view stream) {
    Session session(*database_);
    return session.result(remembered(session, group, stream));
  }
  Result<void> sync() const { return space_.sync_log(); }
  Backlog& backlog() { return backlog_; }

  /// One call at a time. Damage that it meets makes the next start look at the whole file.
  template <class Call>
  auto watched(const Call& call) {
    const std::lock_guard lock(mutex_);
    auto result = call();
    if (database_->has_met_damage()) lock_.set_suspect(true);
    return result;
  }

 private:
  void recount(Session& session);
  static OutboxLevel level_of(Session& session, const Totals& totals);

  std::mutex mutex_;  ///< of everything below
  FileLock lock_;     ///< outlives the connection
  std::unique_ptr<Database> database_;
  Space space_;
  Backlog backlog_;
  Totals totals_;
  bool must_recount_ = false;  ///< a commit failed: whether it is in the file is not known
};

Result<void> SqliteOutbox::Impl::configure(const SqliteOutboxOptions& options) {
  Session session(*database_);
  const std::string mode = session.text("PRAGMA journal_mode=WAL");
  if (!session.ok()) return session.status();
  if (mode != "wal") {
    return fail(ErrorCode::kIo, "outbox " + options.file.string() + ": its file system cannot share memory",
                remedy_for(SQLITE_PROTOCOL, volume_of(options.file), ::geteuid()));
  }
  // A quarter is left for the transaction that goes beyond it.
  const std::string log_pages = std::to_string(std::max<std::uint64_t>(space_.log_bytes_max() * 3 / 4 / kPageBytes, 1));
  return database_->configure("PRAGMA synchronous=" + std::string(options.sync == Sync::kFull ? "FULL" : "NORMAL") +
                              ";PRAGMA wal_autocheckpoint=" + log_pages +
                              ";PRAGMA journal_size_limit=" + std::to_string(space_.log_bytes_max()) +
                              ";PRAGMA cache_size=-1024;PRAGMA temp_store=MEMORY;PRAGMA mmap_size=0"
                              ";PRAGMA secure_delete=OFF");
}

/// Its bytes are without the log yet.
OutboxLevel SqliteOutbox::Impl::level_of(Session& session, const Totals& totals) {
  OutboxLevel level{bytes_in_use(session), totals.batches, totals.live_rows, 0, std::nullopt};
  if (totals.batches > 0) level.oldest = Backlog::oldest(session);
  return level;
}

Result<OutboxLevel> SqliteOutbox::Impl::read_level() {
  Session session(*database_);
  const OutboxLevel level = level_of(session, totals_);
  if (!session.ok()) return session.error();
  return space_.complete(level);
}

void SqliteOutbox::Impl::recount(Session& session) {
  const std::int64_t batches = session.number("SELECT count(*) FROM batches");
  const std::int64_t live_rows = session.number("SELECT count(*) FROM live");
  if (!session.ok()) return;
  totals_.batches = static_cast<std::uint64_t>(batches);
  totals_.live_rows = static_cast<std::uint64_t>(live_rows);
  totals_.noted_batch = 0;
  totals_.noted_sequence = 0;
  must_recount_ = false;
}

template <class Work>
Result<OutboxLevel> SqliteOutbox::Impl::change(const Work& work) {
  Transaction transaction(*database_);
  if (must_recount_) recount(transaction);
  Totals totals = totals_;
  work(transaction, totals);
  // The level is read before the commit: once that is done, nothing may fail any more.
  const OutboxLevel level = level_of(transaction, totals);
  if (!transaction.ok()) return transaction.error();
  if (const Result<void> committed = transaction.commit(); !committed) {
    must_recount_ = true;
    return error_of(committed);
  }
  totals_ = totals;
  return space_.complete(level);
}

Result<OutboxLevel> SqliteOutbox::Impl::acknowledge(const std::vector<BatchId>& batches,
                                                    const std::vector<LiveAcknowledged>& live, bool sync) {
  const Result<OutboxLevel> level = change([&](Transaction& transaction, Totals& totals) {
    note_last_numbers(transaction, totals);
    for (const BatchId id : batches) backlog_.forget(transaction, id, totals);
    for (const LiveAcknowledged& row : live) forget(transaction, row, totals);
  });
  if (!level) return level;
  if (sync) {
    if (const Result<void> synced = space_.sync_log(); !synced) return error_of(synced);
  }
  if (totals_.batches > 0 || totals_.live_rows > 0) return level;
  space_.give_back(*database_);
  return read_level();
}

Result<LoadedBatches> SqliteOutbox::Impl::load(BatchId after, std::uint64_t bytes_max) {
  Session session(*database_);
  Backlog::Loaded found = backlog_.load(session, after, bytes_max);
  if (!session.ok()) return session.error();
  const Result<OutboxLevel> level =
      found.damaged.empty() ? read_level() : change([&](Transaction& transaction, Totals& totals) {
        note_last_numbers(transaction, totals);
        backlog_.set_aside(transaction, found.damaged, totals);
      });
  if (!level) return error_of(level);
  LoadedBatches loaded{std::move(found.batches), {}, *level};
  for (const Backlog::Row& row : found.damaged) loaded.damaged.push_back({row.id, row.messages});
  return loaded;
}

/// Of a change whose level is nobody's business.
static Result<void> without_level(const Result<OutboxLevel>& changed) {
  if (!changed) return error_of(changed);
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
                remedy_for_errno(error.value(), volume_of(options.file), ::geteuid()));
  }
  Result<FileLock> lock = FileLock::take(options.file);
  if (!lock) return error_of(lock);
  Result<RecoveredFile> recovered =
      open_or_set_aside(options.file, lock->is_suspect() ? UINT64_MAX : options.checked_bytes_max);
  if (!recovered) return error_of(recovered);
  if (lock->is_suspect()) lock->set_suspect(false);

  auto impl = std::make_unique<Impl>(options, std::move(*lock), std::move(recovered->database), recovered->restored);
  if (const Result<void> configured = impl->configure(options); !configured) return error_of(configured);
  const Result<OutboxLevel> level = impl->read_level();
  if (!level) return error_of(level);
  recovered->restored.level = *level;
  return OpenedOutbox{std::unique_ptr<SqliteOutbox>(new SqliteOutbox(std::move(impl))), std::move(recovered->restored),
                      recovered->last_run, recovered->set_aside, recovered->flaw};
}

Result<OutboxLevel> SqliteOutbox::append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live) {
  return impl_->watched([&] {
    return impl_->change([&](Transaction& transaction, Totals& totals) {
      const std::int64_t now = utc_now().time_since_epoch().count();
      for (const Batch* batch : batches) impl_->backlog().store(transaction, *batch, now, totals);
      for (const LiveRow& row : live) store(transaction, row, totals);
    });
  });
}

Result<OutboxLevel> SqliteOutbox::acknowledge(const std::vector<BatchId>& batches,
                                              const std::vector<LiveAcknowledged>& live, bool sync) {
  return impl_->watched([&] { return impl_->acknowledge(batches, live, sync); });
}

Result<void> SqliteOutbox::sync() {
  return impl_->watched([&] { return impl_->sync(); });
}

Result<LoadedBatches> SqliteOutbox::load(BatchId after, std::uint64_t bytes_max) {
  return impl_->watched([&] { return impl_->load(after, bytes_max); });
}

Result<ShedResult> SqliteOutbox::shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept) {
  ShedResult result;
  const Result<OutboxLevel> level = impl_->watched([&] {
    return impl_->change([&](Transaction& transaction, Totals& totals) {
      note_last_numbers(transaction, totals);
      result.messages = impl_->backlog().shed(transaction, after, bytes, kept, totals);
    });
  });
  if (!level) return error_of(level);
  result.level = *level;
  return result;
}

Result<void> SqliteOutbox::save_orders(const LiveOrdersChange& change) {
  if (change.put.empty() && change.removed.empty()) return {};
  return without_level(impl_->watched([&] {
    return impl_->change([&](Transaction& transaction, Totals& totals) { store(transaction, change, totals); });
  }));
}

Result<void> SqliteOutbox::save_stored(const StoredChange& change) {
  return without_level(impl_->watched([&] {
    return impl_->change([&](Transaction& transaction, Totals& totals) { save(transaction, change, totals); });
  }));
}

Result<std::uint64_t> SqliteOutbox::stored_at(std::string_view place) {
  return impl_->watched([&] { return impl_->stored_at(place); });
}

Result<void> SqliteOutbox::note_started(UtcMillis at) {
  return without_level(impl_->watched([&] {
    return impl_->change([&](Transaction& transaction, Totals& /*unchanged*/) {
      note_number(transaction, "started_at", at.time_since_epoch().count());
      transaction.run("DELETE FROM meta WHERE name='stopped_at'");
    });
  }));
}

Result<void> SqliteOutbox::note_stopped(UtcMillis at) { return note("stopped_at", at); }

Result<ArchivedRuns> SqliteOutbox::archived_since(bool archives, UtcMillis now) {
  ArchivedRuns runs;
  const Result<void> noted = without_level(impl_->watched([&] {
    return impl_->change([&](Transaction& transaction, Totals& /*unchanged*/) {
      if (archives)
        transaction.run("INSERT OR IGNORE INTO meta VALUES('archived_since',?1)", now.time_since_epoch().count());
      {
        Statement row = transaction.select("SELECT value FROM meta WHERE name='archived_since'");
        if (!row.next()) return;
        const UtcMillis since{std::chrono::milliseconds(row.integer(0))};
        if (archives) runs.since = since;
        if (!archives) runs.ended = since;
      }
      if (!archives) transaction.run("DELETE FROM meta WHERE name='archived_since'");
    });
  }));
  if (!noted) return error_of(noted);
  return runs;
}

Result<std::optional<RememberedPosition>> SqliteOutbox::stream_position(std::string_view group,
                                                                        std::string_view stream) {
  return impl_->watched([&] { return impl_->stream_position(group, stream); });
}

Result<void> SqliteOutbox::note_stream(std::string_view group, std::string_view stream,
                                       const RememberedPosition& position) {
  return without_level(impl_->watched([&] {
    return impl_->change(
        [&](Transaction& transaction, Totals& /*unchanged*/) { remember(transaction, group, stream, position); });
  }));
}

Result<void> SqliteOutbox::try_to_write() { return note("tried_at", utc_now()); }

Result<void> SqliteOutbox::note(std::string_view name, UtcMillis at) {
  return without_level(impl_->watched([&] {
    return impl_->change([&](Transaction& transaction, Totals& /*unchanged*/) {
      note_number(transaction, name, at.time_since_epoch().count());
    });
  }));
}

}  // namespace firebase_relay::outbox
