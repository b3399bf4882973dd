#pragma once

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
  std::unique_ptr<Outbox> outbox;
  outbox::SqliteOutbox* durable = nullptr;  ///< the same one, if it is on disk
  std::optional<outbox::DeadLetters> letters;
  Restored restored;
  std::optional<outbox::LastRun> last_run;
};

/// The outbox file of `options`, with its dead letters. What was set aside is logged.
/// Errors: as SqliteOutbox::open.
Result<Storage> open_storage(const Options& options, observe::Events& events);
/// For a replay: nothing of it outlives the process.
Storage storage_in_memory();

/// How many dead letters the outbox file of `options` keeps.
outbox::DeadLetterLimits dead_letter_limits(const Options& options);

}  // namespace firebase_relay::relay
