#include "relay/stream_memory.h"

#include <utility>

namespace firebase_relay::relay {

StreamMemory::StreamMemory(std::vector<std::string> streams, std::string group, outbox::SqliteOutbox* durable,
                           std::function<void(const Error&)> failed)
    : streams_(std::move(streams)),
      group_(std::move(group)),
      durable_(durable),
      failed_(std::move(failed)),
      is_noted_(streams_.size(), false) {}

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
  if (is_noted_[stream]) return;
  is_noted_[stream] = save(stream, {position, false});
}

void StreamMemory::ended(const std::vector<StreamPosition>& positions) {
  for (std::size_t i = 0; i < positions.size(); ++i)
    if (is_noted_[i] || positions[i].id != StreamId{}) save(i, {positions[i], true});
}

bool StreamMemory::save(std::size_t stream, const RememberedPosition& position) {
  if (durable_ == nullptr) return true;
  const Result<void> saved = durable_->note_stream(group_, streams_[stream], position);
  if (!saved) failed_(saved.error());
  return saved.has_value();
}

}  // namespace firebase_relay::relay
