#include "outbox/recovery.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "outbox/schema.h"
#include "outbox/stored_tables.h"

namespace firebase_relay::outbox {
namespace {

namespace fs = std::filesystem;

/// Either a file that can be used, or what is wrong with it.
struct Attempt {
  RecoveredFile recovered;
  std::string flaw;
};

std::uint64_t size_of(const fs::path& file) {
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(file, missing);
  return missing ? 0 : size;
}

/// What can be told without opening it. Empty: nothing.
std::string flaw_from_outside(const fs::path& file) {
  std::error_code ignored;
  const fs::file_status status = fs::status(file, ignored);
  if (fs::is_directory(status)) return "a directory is in its place";
  if (fs::exists(status) && !fs::is_regular_file(status)) return "it is no regular file";
  // SQLite would delete such a log as a left-over.
  if (size_of(file) == 0 && size_of(file.string() + "-wal") > 0) return "it is empty, but its write-ahead log is not";
  return {};
}

/// Best effort: the names of files are on disk.
void sync_folder_of(const fs::path& file) {
  const int fd = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  static_cast<void>(::fsync(fd));
  ::close(fd);
}

Result<void> create_tables(Database& database) {
  // Outside of a transaction, and before there is a page: afterwards they are fixed.
  const std::string layout = "PRAGMA page_size=" + std::to_string(kPageBytes) + ";PRAGMA auto_vacuum=INCREMENTAL";
  if (Result<void> set = database.execute(layout); !set) return set;
  Transaction transaction(database);
  transaction.execute(std::string(kCreateTables) + kCreateStoredTables + kCreateStreamTables +
                      "PRAGMA application_id=" + std::to_string(kApplicationId) +
                      ";PRAGMA user_version=" + std::to_string(kSchemaVersion));
  if (Result<void> committed = transaction.commit(); !committed) return committed;
  // The journal of this transaction is gone; a power cut that brought it back would undo the outbox's beginning later
  // on.
  sync_folder_of(database.file());
  return {};
}

void restore_batches(Session& session, Restored& restored) {
  Statement query = session.select(
      "SELECT count(*), max(id), max(last_sequence), sum(price), sum(\"order\"), sum(performance), sum(profit), "
      "sum(registration), sum(unrouted), min(stored_at) FROM batches");
  if (!query.next()) return;
  restored.level.batches = query.count(0);
  restored.last_batch = query.count(1);
  restored.last_sequence = query.count(2);
  for (std::size_t kind = 0; kind < kKindCount; ++kind)
    restored.history[kind] = query.count(3 + static_cast<int>(kind));
  if (!query.is_null(9)) restored.level.oldest = UtcMillis(std::chrono::milliseconds(query.integer(9)));
}

void restore_live(Session& session, Restored& restored) {
  Statement query = session.select("SELECT path, value, sequence, counts, kind FROM live");
  while (query.next()) {
    const std::uint64_t kind = std::min<std::uint64_t>(query.count(4), static_cast<std::uint64_t>(Kind::kUnrouted));
    restored.live.push_back({std::string(query.bytes(0)), std::string(query.bytes(1)), query.count(2),
                             query.integer(3) != 0, static_cast<Kind>(kind)});
    restored.last_sequence = std::max(restored.last_sequence, query.count(2));
  }
  restored.level.live_rows = restored.live.size();
}

void restore_orders(Session& session, Restored& restored) {
  Statement query = session.select("SELECT path, ticker_size, sequence, closed FROM live_orders");
  while (query.next()) {
    restored.orders.push_back({std::string(query.bytes(0)), static_cast<std::uint32_t>(query.integer(1)),
                               query.count(2), query.integer(3) != 0});
    restored.last_sequence = std::max(restored.last_sequence, query.count(2));
  }
}

void restore_meta(Session& session, RecoveredFile& recovered) {
  const auto time = [](std::int64_t ms) { return UtcMillis(std::chrono::milliseconds(ms)); };
  std::optional<UtcMillis> stopped_at;
  Statement query = session.select("SELECT name, value FROM meta ORDER BY name");
  while (query.next()) {
    const std::string_view name = query.bytes(0);
    Restored& restored = recovered.restored;
    if (name == "last_batch") restored.last_batch = std::max(restored.last_batch, query.count(1));
    if (name == "last_sequence") restored.last_sequence = std::max(restored.last_sequence, query.count(1));
    if (name == "started_at") recovered.last_run = LastRun{time(query.integer(1)), std::nullopt};
    if (name == "stopped_at") stopped_at = time(query.integer(1));
  }
  if (recovered.last_run) recovered.last_run->stopped_at = stopped_at;
}

/// Tables that are not read at the start have to be there, too.
void look_at_the_others(Session& session) {
  for (const std::string_view sql : {"SELECT id FROM bodies LIMIT 1", "SELECT id, stored_at FROM damaged LIMIT 1",
                                     "SELECT id, reason, channel, payload_size, arrived_at, count, retry FROM "
                                     "dead_letters LIMIT 1"}) {
    session.number(sql);
  }
}

Result<void> restore(Database& database, RecoveredFile& recovered) {
  Session session(database);
  restore_batches(session, recovered.restored);
  restore_live(session, recovered.restored);
  restore_orders(session, recovered.restored);
  restore_meta(session, recovered);
  recovered.restored.stored = stored_sums(session);
  look_at_the_others(session);
  return session.status();
}

/// Fills `attempt`; an error that speaks of damage becomes its flaw.
Result<void> examine(Database& database, std::uint64_t checked_bytes_max, Attempt& attempt) {
  const Result<FileKind> kind = recognise(database);
  if (!kind) return error_of(kind);
  if (*kind == FileKind::kForeign) {
    attempt.flaw = "it is another program's SQLite file";
    return {};
  }
  if (*kind == FileKind::kEmpty) return create_tables(database);
  if (size_of(database.file()) <= checked_bytes_max) {
    Session session(database);
    attempt.flaw = flaw_of_pages(session);
    if (!session.ok() || !attempt.flaw.empty()) return session.status();
  }
  return restore(database, attempt.recovered);
}

Result<Attempt> try_to_open(const fs::path& file, std::uint64_t checked_bytes_max) {
  Attempt attempt;
  attempt.flaw = flaw_from_outside(file);
  if (!attempt.flaw.empty()) return attempt;
  Result<std::unique_ptr<Database>> database = Database::open(file, Database::Mode::kCreate);
  if (!database) return error_of(database);
  (*database)->keep_log_on_close(true);
  if (Result<void> examined = examine(**database, checked_bytes_max, attempt); !examined) {
    const bool flawed = (*database)->is_damaged() || (*database)->lacks_something();
    if (!flawed || examined.error().code == ErrorCode::kTooNew) return error_of(examined);
    attempt.flaw = examined.error().what;
  }
  if (!attempt.flaw.empty()) return attempt;
  (*database)->keep_log_on_close(false);
  attempt.recovered.database = std::move(*database);
  return attempt;
}

/// FILE.corrupt-20260506T143911Z, and a number behind it if that is taken.
fs::path free_name_for(const fs::path& file) {
  const std::time_t now = std::chrono::system_clock::to_time_t(utc_now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y%m%dT%H%M%SZ", &utc);
  const std::string name = file.string() + ".corrupt-" + time.data();
  std::error_code ignored;
  fs::path path = name;
  for (int i = 2; fs::exists(fs::symlink_status(path, ignored)); ++i) path = name + "-" + std::to_string(i);
  return path;
}

/// Renames the file and what belongs to it, so that they still belong together under the new name.
Result<fs::path> set_aside(const fs::path& file) {
  const fs::path name = free_name_for(file);
  for (const char* part : {"", "-wal", "-shm", "-journal"}) {
    const std::string from = file.string() + part;
    std::error_code error;
    if (!fs::exists(fs::symlink_status(from, error))) continue;
    fs::rename(from, name.string() + part, error);
    if (error) {
      return fail(ErrorCode::kIo, "outbox " + from + " cannot be set aside: " + error.message(),
                  "move it away by hand; if it is a mount of its own, mount its folder instead");
    }
  }
  // A power cut must not bring the old log to the new file.
  sync_folder_of(file);
  return name;
}

}  // namespace

Result<FileKind> recognise(Database& database) {
  Session session(database);
  const std::int64_t application = session.number("PRAGMA application_id");
  const std::int64_t version = session.number("PRAGMA user_version");
  if (!session.ok()) return session.error();
  if (application == kApplicationId) {
    if (version > kSchemaVersion) {
      return fail(ErrorCode::kTooNew,
                  "outbox " + database.file().string() + " was written by a later version (its tables are version " +
                      std::to_string(version) + ", this program knows " + std::to_string(kSchemaVersion) + ")",
                  "run that version, or move the file away");
    }
    return FileKind::kOutbox;
  }
  const bool is_empty = application == 0 && version == 0 && session.number("SELECT count(*) FROM sqlite_schema") == 0;
  return session.result(is_empty ? FileKind::kEmpty : FileKind::kForeign);
}

std::string flaw_of_pages(Session& session) {
  std::string found = session.text("PRAGMA quick_check(1)");
  return found == "ok" ? std::string() : found;
}

Result<RecoveredFile> open_or_set_aside(const fs::path& file, std::uint64_t checked_bytes_max) {
  Result<Attempt> attempt = try_to_open(file, checked_bytes_max);
  if (!attempt) return error_of(attempt);
  if (attempt->flaw.empty()) return std::move(attempt->recovered);
  const std::string flaw = std::move(attempt->flaw);
  const Result<fs::path> name = set_aside(file);
  if (!name) return error_of(name);
  attempt = try_to_open(file, checked_bytes_max);
  if (!attempt) return error_of(attempt);
  if (!attempt->flaw.empty()) return fail(ErrorCode::kIo, "outbox " + file.string() + ": " + attempt->flaw);
  attempt->recovered.set_aside = name->string();
  attempt->recovered.flaw = flaw;
  return std::move(attempt->recovered);
}

Result<std::unique_ptr<Database>> open_existing(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return fail(ErrorCode::kUnavailable, "outbox " + file.string() + " is not there",
                "name the relay's outbox with --outbox; a relay creates it when it starts");
  }
  const std::string no_outbox = "outbox " + file.string() + " is no outbox of this program";
  const std::string remedy = "name the relay's outbox with --outbox; a relay that starts sets such a file aside";
  if (!std::filesystem::is_regular_file(file, error)) return fail(ErrorCode::kIo, no_outbox, remedy);
  Result<std::unique_ptr<Database>> database = Database::open(file, Database::Mode::kExisting);
  if (!database) return error_of(database);
  const Result<FileKind> kind = recognise(**database);
  if (!kind && (*database)->is_damaged()) return fail(ErrorCode::kIo, kind.error().what, remedy);
  if (!kind) return error_of(kind);
  if (*kind != FileKind::kOutbox) return fail(ErrorCode::kIo, no_outbox, remedy);
  return database;
}

}  // namespace firebase_relay::outbox
