#include "outbox/inspect.h"

#include <unistd.h>

#include <memory>
#include <system_error>

#include "outbox/database.h"
#include "outbox/dead_letters.h"
#include "outbox/recovery.h"

namespace firebase_relay::outbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy = "the relay sets it aside under another name when it starts, and begins a new one";

/// The folder, or the nearest one above it: the relay makes those in between.
Result<void> check_folder(const fs::path& file) {
  std::error_code error;
  fs::path folder = fs::absolute(file, error).parent_path();
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  if (fs::is_directory(folder, error) && ::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return fail(ErrorCode::kIo, "outbox " + file.string() + ": " + folder.string() + " cannot be written",
              "give the relay's user the right to write it, or name another file with --outbox");
}

Result<std::string> describe(Database& database) {
  const Result<FileKind> kind = recognise(database);
  if (!kind) return error_of(kind);
  const std::string name = database.file().string();
  if (*kind == FileKind::kEmpty) return name + ", empty";
  if (*kind == FileKind::kForeign)
    return fail(ErrorCode::kIo, "outbox " + name + " is another program's SQLite file", kRemedy);
  Statement check = database.statement("PRAGMA quick_check(1)");
  const Result<bool> row = check.step();
  if (!row) return error_of(row);
  if (check.bytes(0) != "ok")
    return fail(ErrorCode::kIo, "outbox " + name + " is damaged: " + std::string(check.bytes(0)), kRemedy);
  const Result<std::int64_t> batches = database.number("SELECT count(*) FROM batches");
  if (!batches) return error_of(batches);
  const Result<std::int64_t> letters = database.number("SELECT count(*) FROM dead_letters");
  if (!letters) return error_of(letters);
  return name + ", " + std::to_string(*batches) + " batches wait, " + std::to_string(*letters) + " dead letters";
}

}  // namespace

Result<std::string> inspect(const fs::path& file) {
  std::error_code error;
  if (is_outbox_in_use(file)) return file.string() + ", in use by a relay";
  if (const Result<void> folder = check_folder(file); !folder) return error_of(folder);
  if (!fs::exists(file, error)) return file.string() + ", not there yet: the relay creates it";
  if (!fs::is_regular_file(file, error))
    return fail(ErrorCode::kIo, "outbox " + file.string() + " is no regular file", kRemedy);
  const Result<std::unique_ptr<Database>> database = Database::open(file, Database::Mode::kUntouched);
  if (!database) return error_of(database);
  Result<std::string> text = describe(**database);
  if (!text && (*database)->is_damaged()) return fail(ErrorCode::kIo, text.error().what, kRemedy);
  const bool has_log = fs::file_size(file.string() + "-wal", error) > 0 && !error;
  if (text && has_log) *text += "; its last run was killed, and what it wrote last is not counted here";
  return text;
}

}  // namespace firebase_relay::outbox
