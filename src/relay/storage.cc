#include "relay/storage.h"

#include <algorithm>
#include <utility>

#include "archive/whole_days.h"
#include "base/clock.h"
#include "classify/timestamp.h"
#include "outbox/inspect.h"
#include "outbox/memory_outbox.h"
#include "outbox/volume.h"

namespace firebase_relay::relay {
namespace {

constexpr std::uint64_t kReplayMemoryMax = 4096ull << 20;  // far beyond what LineSource lets come
constexpr std::uint64_t kFlushRoomMax = 16ull << 20;
constexpr std::uint64_t kMemoryMax = 64ull << 20;  // of what waits where there is no disk

/// Known not to be there: then nothing can be in it.
bool is_not_there(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::symlink_status(file, error).type() == std::filesystem::file_type::not_found;
}

Error without_disk(Error error) {
  error.remedy += "; until then nothing is kept on disk, and what the database has not taken is lost at a stop";
  return error;
}

Storage storage_without_disk(const Options& options) {
  Storage storage;
  storage.outbox = std::make_unique<outbox::MemoryOutbox>(std::min(kMemoryMax, options.outbox_bytes_max));
  storage.restored.last_sequence = 1;  // as of a new file
  storage.missing = options.outbox_file;
  return storage;
}

}  // namespace

Result<Storage> open_storage(const Options& options, observe::Events& events, bool may_be_missing) {
  const auto sync = options.outbox_sync == OutboxSync::kFull ? outbox::Sync::kFull : outbox::Sync::kNormal;
  // A flush is on disk before anything is shed for it: its room is set aside from the limit.
  const std::uint64_t flush_room = std::min(kFlushRoomMax, options.outbox_bytes_max / 4);
  outbox::SqliteOutboxOptions file;
  file.file = options.outbox_file;
  file.bytes_max = options.outbox_bytes_max - flush_room;
  file.sync = sync;
  auto opened = outbox::SqliteOutbox::open(file);
  if (!opened && may_be_missing && opened.error().code == ErrorCode::kIo && is_not_there(options.outbox_file)) {
    events.outbox_failed("open", without_disk(opened.error()), std::chrono::steady_clock::now());
    return storage_without_disk(options);
  }
  if (!opened) return error_of(opened);
  const std::string warning = outbox::warning_about(outbox::volume_of(options.outbox_file).file_system);
  if (!warning.empty()) events.outbox_is_misplaced(options.outbox_file, warning);
  if (opened->set_aside) events.outbox_set_aside(*opened->set_aside, opened->flaw);
  auto letters = outbox::DeadLetters::open(options.outbox_file, dead_letter_limits(options), sync);
  if (!letters) return error_of(letters);
  Storage storage;
  storage.durable = opened->outbox.get();
  storage.outbox = std::move(opened->outbox);
  storage.letters = std::move(*letters);
  storage.restored = std::move(opened->restored);
  // 0 is no place in the order: a live value that is retried ahead of the first message of all needs one before it.
  storage.restored.last_sequence = std::max<Sequence>(storage.restored.last_sequence, 1);
  storage.last_run = opened->last_run;
  storage.try_to_write(events);
  return storage;
}

void Storage::try_to_write(observe::Events& events) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (!missing.empty()) {
    const Result<std::string> seen = outbox::inspect(missing);
    if (!seen) return events.outbox_failed("open", without_disk(seen.error()), now);
    return events.outbox_failed("use",
                                {ErrorCode::kIo, "outbox " + missing.string() + " can be made now",
                                 "restart the relay: until then nothing is kept on disk"},
                                now);
  }
  const Result<void> written = durable ? durable->try_to_write() : Result<void>();
  if (written) return events.outbox_written(now);
  events.outbox_failed("write", written.error(), now);
}

void Storage::use_unsent_heartbeat(std::string_view path) {
  if (!last_run) return;
  for (const LiveRow& row : restored.live) {
    if (row.path != path || row.value.size() < 2) continue;
    const auto beat = classify::parse_timestamp(std::string_view(row.value).substr(1, row.value.size() - 2));
    last_run->started_at = std::max(last_run->started_at, beat.value_or(UtcMillis{}));
  }
}

UtcMillis Storage::note_archive(bool archives, observe::ArchiveEvents& archive_events, observe::Events& events) {
  if (!durable) return UtcMillis::max();
  const Result<outbox::ArchivedRuns> runs = durable->archived_since(archives, utc_now());
  if (!runs) {
    events.outbox_failed("note the archive", runs.error(), std::chrono::steady_clock::now());
    return UtcMillis::max();
  }
  if (runs->ended) archive_events.left_out(*runs->ended);
  return runs->since;
}

/// As after a run without the archive: with the next one it begins anew.
void Storage::note_unmarked_hole(observe::Events& events) {
  if (!durable) return;
  const Result<outbox::ArchivedRuns> noted = durable->archived_since(false, utc_now());
  if (!noted) events.outbox_failed("note the archive", noted.error(), std::chrono::steady_clock::now());
}

Storage storage_in_memory() {
  Storage storage;
  storage.outbox = std::make_unique<outbox::MemoryOutbox>(kReplayMemoryMax);
  return storage;
}

std::function<bool(std::string_view day)> may_be_removed(const Options& options, UtcMillis archived_since) {
  if (options.archive.empty()) return {};
  return [days = archive::WholeDays(options.archive, archived_since)](std::string_view day) { return days.has(day); };
}

Result<std::unique_ptr<archive::Archive>> open_archive(const Options& options, observe::ArchiveEvents& events,
                                                       std::function<void()> wake) {
  if (options.archive.empty()) return nullptr;
  auto folder = archive::Folder::take(options.archive);
  if (!folder && folder.error().code == ErrorCode::kIo)
    return fail(ErrorCode::kInvalid, folder.error().what, folder.error().remedy);
  if (!folder) return error_of(folder);
  return std::make_unique<archive::Archive>(std::move(*folder), archive::Writer::kFreeBytesMin,
                                            archive::Archive::Wiring{events, std::move(wake)});
}

Result<std::unique_ptr<archive::ReplayedLines>> open_replayed(const Options& options) {
  if (options.archive.empty()) return nullptr;
  return archive::ReplayedLines::open(options.archive, archive::Writer::kFreeBytesMin);
}

outbox::DeadLetterLimits dead_letter_limits(const Options& options) {
  return {options.dead_letters_max, options.outbox_bytes_max / 4};
}

}  // namespace firebase_relay::relay
