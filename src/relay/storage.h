#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "firebase_relay/outbox.h"
#include "observe/events.h"
#include "outbox/dead_letters.h"
#include "outbox/sqlite_outbox.h"
#include "relay/options.h"

namespace firebase_relay::relay {

/// What is on disk, and what was found there.
struct Storage {
  /// Tries whether the outbox can be written, by writing a number, and tells `events`.
  void try_to_write(observe::Events& events);
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

/// How many dead letters the outbox file of `options` keeps.
outbox::DeadLetterLimits dead_letter_limits(const Options& options);

}  // namespace firebase_relay::relay
