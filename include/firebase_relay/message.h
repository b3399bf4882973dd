#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/stream_id.h"
#include "firebase_relay/time.h"

namespace firebase_relay {

/// The subscriber's running number: the only thing that decides order (decision 2 of the contract). Starts at 1; 0 is
/// "none".
using Sequence = std::uint64_t;
/// Sequences from here on only tell messages apart. They belong to messages that are sent again without their live
/// values, which no order binds.
inline constexpr Sequence kUnorderedSequences = Sequence{1} << 62;
/// Above all of them: of a lowest sequence, where there is none.
inline constexpr Sequence kNoSequence = UINT64_MAX;

/// Bytes that a parser may read past the end of a payload (simdjson's SIMDJSON_PADDING; checked where both are
/// visible).
inline constexpr std::size_t kPayloadPadding = 64;

/// A channel's name and a payload as published. Views into a MessageBlock, valid as long as it is.
struct Message {
  std::string_view channel;
  std::string_view payload;
};

/// Where a message stood in Redis, when it came out of a stream.
struct StreamEntry {
  std::uint16_t stream;  ///< which of MessageBlock::streams
  StreamId id;
};

/// What one read from the source brought: the unit in which messages travel to the workers. All bytes stand in one
/// arena, followed by kPayloadPadding readable bytes, and share one arrival time.
///
/// Ownership: moved through the queue; one thread has it at a time.
class MessageBlock {
 public:
  std::uint64_t number = 0;     ///< counts blocks from 1 without holes, so that their order can be restored
  Sequence first_sequence = 0;  ///< of message 0; the others follow without holes
  SteadyTime arrived;           ///< when the bytes were read from the socket
  UtcMillis arrived_at;         ///< the same moment for people and history keys
  /// The keys of the streams that are read, the same for every block of a run; null where messages come from elsewhere.
  std::shared_ptr<const std::vector<std::string>> streams;

  /// So many bytes may be appended now: when the first of them comes, memory is taken for all of them at once. More may
  /// come all the same.
  void expect(std::size_t bytes) noexcept { expected_ = size_ + bytes; }
  /// Adds a message. Copies.
  void append(std::string_view channel, std::string_view payload) {
    const auto offset = static_cast<std::uint32_t>(size_);
    append_bytes(channel);
    append_bytes(payload);
    std::memset(bytes_.get() + size_, 0, kPayloadPadding);  // it is read, so it has to be defined
    spans_.push_back({offset, static_cast<std::uint32_t>(channel.size()), static_cast<std::uint32_t>(payload.size())});
  }

  /// Adds a message that is the entry `entry` of a stream. All messages of a block are entries, or none is.
  void append(std::string_view channel, std::string_view payload, const StreamEntry& entry) {
    append(channel, payload);
    entries_.push_back(entry);
  }

  /// Its messages, by their number in the block.
  [[nodiscard]] std::size_t size() const noexcept { return spans_.size(); }
  [[nodiscard]] bool empty() const noexcept { return spans_.empty(); }
  /// Bytes of channels and payloads: what the queue's bound counts.
  [[nodiscard]] std::size_t bytes() const noexcept { return size_; }
  [[nodiscard]] Message operator[](std::size_t i) const noexcept {
    const Span& span = spans_[i];
    const char* at = bytes_.get() + span.offset;
    return {{at, span.channel_size}, {at + span.channel_size, span.payload_size}};
  }
  /// Which entry message `i` is; null: it came from no stream. Valid until the next append().
  [[nodiscard]] const StreamEntry* entry_of(std::size_t i) const noexcept {
    return i < entries_.size() ? &entries_[i] : nullptr;
  }
  /// Empties the block and keeps its memory, unless that has grown beyond `bytes_kept`.
  void clear(std::size_t bytes_kept) {
    spans_.clear();
    entries_.clear();
    streams.reset();
    size_ = expected_ = 0;
    if (capacity_ > bytes_kept) {
      bytes_.reset();
      capacity_ = 0;
    }
  }

 private:
  struct Span {
    std::uint32_t offset;
    std::uint32_t channel_size;
    std::uint32_t payload_size;
  };

  void append_bytes(std::string_view bytes) {
    if (size_ + bytes.size() + kPayloadPadding > capacity_) grow(size_ + bytes.size() + kPayloadPadding);
    if (!bytes.empty()) std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void grow(std::size_t needed) {
    constexpr std::size_t kGrowthMax = 1 << 20;
    // Where more comes than was expected, a large message leaves no large rest.
    const std::size_t expected = expected_ + kPayloadPadding;
    const std::size_t capacity = needed <= expected ? expected : needed + std::min(needed / 2, kGrowthMax);
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t expected_ = 0;  ///< size_ by the end of what expect() was told of
  std::vector<Span> spans_;
  std::vector<StreamEntry> entries_;  ///< as many, or none
};

}  // namespace firebase_relay
