#include "outbox/inspect.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

#include "outbox/database.h"
#include "outbox/dead_letters.h"
#include "outbox/file_lock.h"
#include "outbox/recovery.h"
#include "outbox/sqlite_outbox.h"
#include "outbox/volume.h"

namespace firebase_relay::outbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy = "the relay sets it aside under another name when it starts, and begins a new one";

/// Folders that are made for a moment, and gone with this.
class MomentaryFolders {
 public:
  /// Error: as the system gives it.
  std::error_code make(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> missing;
    for (fs::path each = folder; !fs::exists(each, error) && each.has_relative_path(); each = each.parent_path())
      missing.push_back(each);
    for (; !missing.empty(); missing.pop_back()) {
      if (!fs::create_directory(missing.back(), error) && error) return error;
      made_.push_back(missing.back());
    }
    return {};
  }
  ~MomentaryFolders() {
    std::error_code ignored;  // one that somebody has put something into meanwhile stays
    for (; !made_.empty(); made_.pop_back()) fs::remove(made_.back(), ignored);
  }
  MomentaryFolders() = default;
  MomentaryFolders(const MomentaryFolders&) = delete;
  MomentaryFolders& operator=(const MomentaryFolders&) = delete;

 private:
  std::vector<fs::path> made_;  ///< the outermost first
};

Error about(const fs::path& file, Error error, const fs::path& trial) {
  const std::string name = trial.string();
  for (std::size_t at = error.what.find(name); at != std::string::npos; at = error.what.find(name))
    error.what.replace(at, name.size(), file.string());
  return error;
}

/// Where a link leads that leads nowhere yet: there the file would be made.
fs::path target_of(const fs::path& file) {
  std::error_code error;
  if (!fs::is_symlink(file, error) || fs::exists(file, error)) return file;
  const fs::path target = fs::read_symlink(file, error);
  return error ? file : target.is_absolute() ? target : file.parent_path() / target;
}

/// An outbox of a moment beside `file`, made and written as a relay does it: the folder, the lock, the file, its log
/// and the memory that connections share.
Result<void> try_volume_of(const fs::path& file) {
  if (const Result<void> lock = FileLock::may_be_taken(file); !lock) return lock;
  MomentaryFolders folders;
  if (const std::error_code error = folders.make(file.parent_path())) {
    return fail(ErrorCode::kIo, "outbox folder " + file.parent_path().string() + ": " + error.message(),
                remedy_for_errno(error.value(), volume_of(file), ::geteuid()));
  }
  SqliteOutboxOptions options;
  options.file = file.string() + ".check-" + std::to_string(::getpid());
  Result<void> written;
  {
    const Result<OpenedOutbox> opened = SqliteOutbox::open(options);
    written = opened ? opened->outbox->try_to_write() : Result<void>(error_of(opened));
  }
  std::error_code ignored;
  for (const char* part : {"", "-wal", "-shm", "-journal", ".lock"}) fs::remove(options.file.string() + part, ignored);
  if (!written) return tl::unexpected<Error>(about(file, written.error(), options.file));
  const Volume volume = volume_of(file);
  if (volume.free_bytes.value_or(UINT64_MAX) >= kFreeBytesMin) return {};
  return fail(ErrorCode::kIo,
              "outbox " + file.string() + ": its disk has " + std::to_string(*volume.free_bytes >> 20) + " MiB left",
              "make room: below " + std::to_string(kFreeBytesMin >> 20) + " MiB history is shed as at --outbox-max-mb");
}

/// The outbox that is there. Its log stays as it was found.
Result<void> try_to_write(const fs::path& file, bool has_log) {
  // Ahead of SQLite, which would make a log and shared memory beside a file that it may not write, and leave them.
  for (const char* part : {"", "-wal", "-shm"}) {
    const std::string name = file.string() + part;
    if (::access(name.c_str(), W_OK) == 0 || errno == ENOENT) continue;
    const int error = errno;
    return fail(ErrorCode::kIo, "outbox " + name + ": " + std::generic_category().message(error),
                remedy_for_errno(error, volume_of(file), ::geteuid()));
  }
  const Result<std::unique_ptr<Database>> database = Database::open(file, Database::Mode::kExisting);
  if (!database) return error_of(database);
  (*database)->keep_log_on_close(has_log);
  // What a killed run has written last stands in the log alone, and a later version may have been that run.
  if (const Result<FileKind> kind = recognise(**database); !kind) return error_of(kind);
  Transaction transaction(**database);
  transaction.run("CREATE TABLE tried(number)");
  return transaction.status();  // and rolled back
}

Result<std::string> describe(Database& database) {
  const Result<FileKind> kind = recognise(database);
  if (!kind) return error_of(kind);
  const std::string name = database.file().string();
  if (*kind == FileKind::kEmpty) return name + ", empty";
  if (*kind == FileKind::kForeign)
    return fail(ErrorCode::kIo, "outbox " + name + " is another program's SQLite file", kRemedy);
  Session session(database);
  const std::string flaw = flaw_of_pages(session);
  if (!flaw.empty()) return fail(ErrorCode::kIo, "outbox " + name + " is damaged: " + flaw, kRemedy);
  const std::int64_t batches = session.number("SELECT count(*) FROM batches");
  const std::int64_t letters = session.number("SELECT count(*) FROM dead_letters");
  return session.result(name + ", " + std::to_string(batches) + " batches wait, " + std::to_string(letters) +
                        " dead letters");
}

}  // namespace

Result<std::string> inspect(const fs::path& given) {
  std::error_code error;
  if (is_outbox_in_use(given)) return given.string() + ", in use by a relay: only looked at";
  fs::path file = fs::weakly_canonical(target_of(fs::absolute(given)), error);
  if (error) file = fs::absolute(given);
  const bool exists = fs::exists(file, error);
  if (exists && !fs::is_regular_file(file, error))
    return fail(ErrorCode::kIo, "outbox " + file.string() + " is no regular file", kRemedy);
  if (const Result<void> tried = try_volume_of(file); !tried) return error_of(tried);
  std::string remark = remark_about(volume_of(file).file_system);
  if (!remark.empty()) remark.insert(0, "; ");
  if (!exists) return given.string() + ", not there yet: the relay creates it" + remark;
  const bool has_log = fs::file_size(file.string() + "-wal", error) > 0 && !error;
  {
    const Result<std::unique_ptr<Database>> database = Database::open(file, Database::Mode::kUntouched);
    if (!database) return error_of(database);
    Result<std::string> text = describe(**database);
    if (!text && (*database)->is_damaged()) return fail(ErrorCode::kIo, text.error().what, kRemedy);
    if (!text) return text;
    remark.insert(0, *text);
  }
  if (const Result<void> written = try_to_write(file, has_log); !written) return error_of(written);
  if (has_log) remark += "; its last run was killed, and what it wrote last is not counted here";
  return remark;
}

}  // namespace firebase_relay::outbox
