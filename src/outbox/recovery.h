#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "firebase_relay/outbox.h"
#include "firebase_relay/result.h"
#include "outbox/database.h"
#include "outbox/sqlite_outbox.h"

namespace firebase_relay::outbox {

/// A file whose header, tables and rows have been looked at, or a new one.
struct RecoveredFile {
  std::unique_ptr<Database> database;
  Restored restored;  ///< without its level's bytes
  std::optional<LastRun> last_run;
  std::optional<std::string> set_aside;
  std::string flaw;
};

/// Opens the outbox `file`, or creates it. What is no outbox, or is damaged, is set aside first.
///
/// All rows are read, but no body of a batch: a page that is damaged in one of those shows when the batch is loaded.
/// In a file of up to `checked_bytes_max` every page is looked at.
Result<RecoveredFile> open_or_set_aside(const std::filesystem::path& file, std::uint64_t checked_bytes_max);

/// Opens the outbox `file`, which a relay has made and may be using, for a command beside it.
/// Errors: kUnavailable, it is not there; kTooNew; kIo, it cannot be read, or is no outbox.
Result<std::unique_ptr<Database>> open_existing(const std::filesystem::path& file);

/// What stands in the header of a file: is it an outbox of ours?
enum class FileKind : std::uint8_t { kOutbox, kEmpty, kForeign };
/// kTooNew: a later version wrote it. Any other failure is the database's.
Result<FileKind> recognise(Database& database);
/// Looks at every page. Empty: each is where it belongs, or the session has failed.
std::string flaw_of_pages(Session& session);

}  // namespace firebase_relay::outbox
