#include "relay/storage.h"

#include <algorithm>
#include <utility>

#include "outbox/memory_outbox.h"

namespace firebase_relay::relay {
namespace {

constexpr std::uint64_t kReplayMemoryMax = 4096ull << 20;  // far beyond what LineSource lets come
constexpr std::uint64_t kFlushRoomMax = 16ull << 20;

}  // namespace

Result<Storage> open_storage(const Options& options, observe::Events& events) {
  const auto sync = options.outbox_sync == OutboxSync::kFull ? outbox::Sync::kFull : outbox::Sync::kNormal;
  // A flush is on disk before anything is shed for it: its room is set aside from the limit.
  const std::uint64_t flush_room = std::min(kFlushRoomMax, options.outbox_bytes_max / 4);
  outbox::SqliteOutboxOptions file;
  file.file = options.outbox_file;
  file.bytes_max = options.outbox_bytes_max - flush_room;
  file.sync = sync;
  auto opened = outbox::SqliteOutbox::open(file);
  if (!opened) return error_of(opened);
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
  return storage;
}

Storage storage_in_memory() {
  Storage storage;
  storage.outbox = std::make_unique<outbox::MemoryOutbox>(kReplayMemoryMax);
  return storage;
}

outbox::DeadLetterLimits dead_letter_limits(const Options& options) {
  return {options.dead_letters_max, options.outbox_bytes_max / 4};
}

}  // namespace firebase_relay::relay
