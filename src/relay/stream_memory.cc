#include "relay/stream_memory.h"

#include <utility>

namespace firebase_relay::relay {

StreamMemory::StreamMemory(std::vector<std::string> streams, std::string group, outbox::SqliteOutbox* durable,
                           std::function<void(const Error&)> failed)
    : streams_(std::move(streams)),
      group_(std::move(group)),
      durable_(durable),
      failed_(std::move(failed)),
      remembered_(streams_.size()) {}

std::vector<std::optional<RememberedPosition>> StreamMemory::before() const {
  std::vector<std::optional<RememberedPosition>> before(streams_.size());
  if (durable_ == nullptr) return before;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto remembered = durable_->stream_position(group_, streams_[i]);
    if (!remembered) {
      failed_(remembered.error());
      continue;
    }
    before[i] = *remembered;
  }
  return before;
}

void StreamMemory::noted(std::size_t stream, const StreamPosition& position) {
  const std::optional<StreamPosition>& known = remembered_[stream];
  if (known && position.id >= known->id && position.entries.has_value() == known->entries.has_value()) return;
  save(stream, {position, false});
}

void StreamMemory::reset(std::size_t stream, const StreamPosition& behind) {
  if (behind.id != StreamId{}) save(stream, {behind, false});  // of a stream that was never read nothing is lost
}

void StreamMemory::ended(const std::vector<RememberedPosition>& positions) {
  for (std::size_t i = 0; i < positions.size(); ++i) {
    RememberedPosition end = positions[i];
    const bool has_count = !remembered_[i] || remembered_[i]->entries;
    if (!end.is_last && !has_count) end.position.entries.reset();  // nor has it what may stand there
    if (remembered_[i] || end.position.id != StreamId{}) save(i, end);
  }
}

void StreamMemory::save(std::size_t stream, const RememberedPosition& position) {
  const Result<void> saved =
      durable_ == nullptr ? Result<void>() : durable_->note_stream(group_, streams_[stream], position);
  if (!saved) return failed_(saved.error());
  remembered_[stream] = position.position;
}

}  // namespace firebase_relay::relay
