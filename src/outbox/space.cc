#include "outbox/space.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "firebase_relay/time.h"
#include "outbox/schema.h"
#include "outbox/volume.h"

namespace firebase_relay::outbox {
namespace {

/// How long the write-ahead log may grow: what a power cut can cost with Sync::kNormal.
constexpr std::uint64_t kLogBytesMax = 4ull << 20;
/// From here on an empty outbox gives its room back: below, the next outage would only take it again.
constexpr std::uint64_t kFreeBytesKept = 4ull << 20;
/// Up to here all that is left is written anew; above it (dead letters), the file gets shorter by slices.
constexpr std::uint64_t kRewrittenBytesMax = 8ull << 20;

}  // namespace

std::uint64_t bytes_in_use(Session& session) {
  const std::int64_t pages = session.number("PRAGMA page_count");
  const std::int64_t free = session.number("PRAGMA freelist_count");
  return session.ok() ? static_cast<std::uint64_t>((pages - free) * kPageBytes) : 0;
}

Space::Space(const SqliteOutboxOptions& options)
    : options_(options), log_bytes_max_(std::min(kLogBytesMax, options.bytes_max / 8)) {}

OutboxLevel Space::complete(OutboxLevel level) {
  if (in_use_ == 0) in_use_ = level.bytes;
  level.excess_bytes = excess_of(level.bytes);
  level.bytes += log_bytes();
  return level;
}

/// The log's room is set aside from the limit, so that the excess does not swing with the log.
std::uint64_t Space::excess_of(std::uint64_t in_use) {
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

std::uint64_t Space::log_bytes() const {
  std::error_code missing;
  const std::uintmax_t size = std::filesystem::file_size(log_file(), missing);
  return missing ? 0 : size;
}

/// Closing this descriptor drops no lock of SQLite's: those are on other files.
Result<void> Space::sync_log() const {
  if (options_.sync == Sync::kFull) return {};
  const int fd = ::open(log_file().c_str(), O_RDONLY | O_CLOEXEC);
  const int synced = fd < 0 ? -1 : ::fdatasync(fd);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced == 0) return {};
  return fail(ErrorCode::kIo, log_file().string() + ": " + std::generic_category().message(error),
              remedy_for_errno(error, volume_of(options_.file), ::geteuid()));
}

void Space::give_back(Database& database) {
  constexpr std::chrono::milliseconds kLongest{100};
  Session session(database);
  const std::uint64_t in_use = bytes_in_use(session);
  const auto free = static_cast<std::uint64_t>(session.number("PRAGMA freelist_count") * kPageBytes);
  if (!session.ok() || free < kFreeBytesKept) return;
  if (in_use <= kRewrittenBytesMax) {
    Session(database).execute("VACUUM");
  } else {
    const SteadyTime until = std::chrono::steady_clock::now() + kLongest;
    while (std::chrono::steady_clock::now() < until && session.number("PRAGMA freelist_count") > 0)
      session.execute("PRAGMA incremental_vacuum(256)");
  }
  in_use_when_low_.reset();
  Session(database).execute("PRAGMA wal_checkpoint(TRUNCATE)");
  database.release_memory();
}

}  // namespace firebase_relay::outbox
