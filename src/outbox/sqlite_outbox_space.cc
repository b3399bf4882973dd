// How much room the outbox takes, and how it gives it back.
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "outbox/place.h"
#include "outbox/schema.h"
#include "outbox/sqlite_outbox_impl.h"

namespace firebase_relay::outbox {
namespace {

/// From here on an empty outbox gives its room back: below, the next outage would only take it again.
constexpr std::uint64_t kFreeBytesKept = 4ull << 20;
/// Up to here all that is left is written anew; above it (dead letters), the file gets shorter by slices.
constexpr std::uint64_t kRewrittenBytesMax = 8ull << 20;

}  // namespace

Result<std::uint64_t> SqliteOutbox::Impl::bytes_in_use() {
  const Result<std::int64_t> pages = database_->number("PRAGMA page_count");
  if (!pages) return error_of(pages);
  const Result<std::int64_t> free = database_->number("PRAGMA freelist_count");
  if (!free) return error_of(free);
  return static_cast<std::uint64_t>((*pages - *free) * kPageBytes);
}

/// Its bytes are without the log yet.
Result<OutboxLevel> SqliteOutbox::Impl::level_of(const Totals& totals) {
  const Result<std::uint64_t> in_use = bytes_in_use();
  if (!in_use) return error_of(in_use);
  OutboxLevel level{*in_use, totals.batches, totals.live_rows, 0, std::nullopt};
  if (totals.batches == 0) return level;
  Statement oldest = database_->statement(
      "SELECT min(stored_at) FROM ("
      "SELECT * FROM (SELECT stored_at FROM batches WHERE shed_class=0 ORDER BY id LIMIT 1) UNION ALL "
      "SELECT * FROM (SELECT stored_at FROM batches WHERE shed_class=1 ORDER BY id LIMIT 1) UNION ALL "
      "SELECT * FROM (SELECT stored_at FROM batches WHERE shed_class=2 ORDER BY id LIMIT 1))");
  if (const Result<bool> row = oldest.step(); !row) return error_of(row);
  if (!oldest.is_null(0)) level.oldest = UtcMillis(std::chrono::milliseconds(oldest.integer(0)));
  return level;
}

/// The log's room is set aside from the limit, so that the excess does not swing with the log.
std::uint64_t SqliteOutbox::Impl::excess_of(std::uint64_t in_use) {
  std::uint64_t allowed = options_.bytes_max - log_bytes_max_;
  struct statvfs disk {};
  const bool known = ::statvfs(options_.file.parent_path().c_str(), &disk) == 0;
  if (known && std::uint64_t{disk.f_bavail} * disk.f_frsize < options_.free_bytes_min) {
    if (!in_use_when_low_) in_use_when_low_ = in_use_;
    allowed = std::min(allowed, *in_use_when_low_);
  } else {
    in_use_when_low_.reset();
  }
  in_use_ = in_use;
  return in_use > allowed ? in_use - allowed : 0;
}

std::uint64_t SqliteOutbox::Impl::log_bytes() const {
  std::error_code missing;
  const std::uintmax_t size = std::filesystem::file_size(log_file(), missing);
  return missing ? 0 : size;
}

Result<OutboxLevel> SqliteOutbox::Impl::read_level() {
  Result<OutboxLevel> level = level_of(totals_);
  if (!level) return level;
  if (in_use_ == 0) in_use_ = level->bytes;
  level->excess_bytes = excess_of(level->bytes);
  level->bytes += log_bytes();
  return level;
}

/// To disk, whatever the sync setting. Closing this descriptor drops no lock of SQLite's: those are on other files.
Result<void> SqliteOutbox::Impl::sync_log() {
  if (options_.sync == Sync::kFull) return {};
  const int fd = ::open(log_file().c_str(), O_RDONLY | O_CLOEXEC);
  const int synced = fd < 0 ? -1 : ::fdatasync(fd);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced == 0) return {};
  return fail(ErrorCode::kIo, log_file().string() + ": " + std::generic_category().message(error),
              remedy_for_errno(error, place_of(options_.file), ::geteuid()));
}

/// Best effort: what fails here is tried again when the outbox is empty the next time.
void SqliteOutbox::Impl::give_room_back() {
  constexpr std::chrono::milliseconds kLongest{100};
  const Result<std::uint64_t> in_use = bytes_in_use();
  const Result<std::int64_t> free = database_->number("PRAGMA freelist_count");
  if (!in_use || !free || static_cast<std::uint64_t>(*free * kPageBytes) < kFreeBytesKept) return;
  if (*in_use <= kRewrittenBytesMax) {
    static_cast<void>(database_->execute("VACUUM"));
  } else {
    const SteadyTime until = std::chrono::steady_clock::now() + kLongest;
    while (std::chrono::steady_clock::now() < until && database_->execute("PRAGMA incremental_vacuum(256)") &&
           database_->number("PRAGMA freelist_count").value_or(0) > 0) {
    }
  }
  in_use_when_low_.reset();
  static_cast<void>(database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  database_->release_memory();
}

}  // namespace firebase_relay::outbox
