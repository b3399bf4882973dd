#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "archive/archive.h"
#include "archive/replayed_lines.h"
#include "firebase_relay/outbox.h"
#include "observe/archive_events.h"
#include "observe/events.h"
#include "outbox/dead_letters.h"
#include "outbox/sqlite_outbox.h"
#include "relay/options.h"

namespace firebase_relay::relay {

/// What is on disk, and what was found there.
struct Storage {
  /// Tries whether the outbox can be written, by writing a number, and tells `events`.
  void try_to_write(observe::Events& events);
  /// In an outage heartbeats stay in the outbox, and the newest one, at `path`, tells better than the database how long
  /// the last run lived.
  void use_unsent_heartbeat(std::string_view path);
  /// That this run writes an archive, or does not; what the first one does without it is told. Returns from when on
  /// every run has written it: UtcMillis::max() if this one does not, or nobody can remember.
  UtcMillis note_archive(bool archives, observe::ArchiveEvents& archive_events, observe::Events& events);
  /// That a hole of the archive has no mark, so that the next start cannot know of it: no day that is here by then may
  /// count as whole.
  void note_unmarked_hole(observe::Events& events);
  Result<void> note_started(UtcMillis at) { return durable ? durable->note_started(at) : Result<void>(); }
  Result<void> note_stopped(UtcMillis at) { return durable ? durable->note_stopped(at) : Result<void>(); }

  std::unique_ptr<Outbox> outbox;
  outbox::SqliteOutbox* durable = nullptr;  ///< the same one, if it is on disk
  std::filesystem::path missing;            ///< the file that could not be made; empty: it is there, or not wanted
  std::optional<outbox::DeadLetters> letters;
  Restored restored;
  std::optional<outbox::LastRun> last_run;
};

/// The outbox file of `options`, with its dead letters. What was set aside, and a file that can be read and not
/// written, is told.
/// A file that is not there and cannot be made keeps no relay from its work (`may_be_missing`): what waits is in memory
/// then, some of it, and every minute says so. One that is there may hold what is older than what comes now: if it
/// cannot be opened, no relay may run.
/// Errors: as SqliteOutbox::open.
Result<Storage> open_storage(const Options& options, observe::Events& events, bool may_be_missing);
/// An outbox in memory, for a replay: nothing of it outlives the process.
Storage storage_in_memory();

/// The archive of `options`, with its thread; null: none is wanted. `wake`: as Archive::Wiring has it; `events` and
/// what it calls outlive the archive. A folder that is no good is a setting to be changed; one that goes bad later
/// stops the archive, not the relay. Errors: kInvalid, kBusy, kTooNew.
Result<std::unique_ptr<archive::Archive>> open_archive(const Options& options, observe::ArchiveEvents& events,
                                                       std::function<void()> wake);

/// Where a replay leaves its lines for the archive of `options`; null: none is named. Errors: as ReplayedLines.
Result<std::unique_ptr<archive::ReplayedLines>> open_replayed(const Options& options);

/// Which days of history may leave the database (keep::Keeper): with an archive those that it has whole. Empty: all.
/// `archived_since`: as WholeDays has it.
std::function<bool(std::string_view day)> may_be_removed(const Options& options, UtcMillis archived_since);

/// How many dead letters the outbox file of `options` keeps.
outbox::DeadLetterLimits dead_letter_limits(const Options& options);

}  // namespace firebase_relay::relay
