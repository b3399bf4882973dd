#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "firebase_relay/time.h"

namespace firebase_relay {

/// The subscriber's running number: the only thing that decides order (decision 2 of the contract). Starts at 1; 0 is
/// "none".
using Sequence = std::uint64_t;
/// Sequences from here on only tell messages apart. They belong to messages that are sent again without their live
/// values, which no order binds.
inline constexpr Sequence kUnorderedSequences = Sequence{1} << 62;

/// Bytes that a parser may read past the end of a payload (simdjson's SIMDJSON_PADDING; checked where both are
/// visible).
inline constexpr std::size_t kPayloadPadding = 64;

/// A channel's name and a payload as published. Views into a MessageBlock, valid as long as it is.
struct Message {
  std::string_view channel;
  std::string_view payload;
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

  /// Adds a message. Copies.
  void append(std::string_view channel, std::string_view payload) {
    const auto offset = static_cast<std::uint32_t>(size_);
    append_bytes(channel);
    append_bytes(payload);
    spans_.push_back({offset, static_cast<std::uint32_t>(channel.size()), static_cast<std::uint32_t>(payload.size())});
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
  /// Empties the block and keeps its memory, unless that has grown beyond `bytes_kept`.
  void clear(std::size_t bytes_kept) {
    spans_.clear();
    size_ = 0;
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
    const std::size_t capacity = needed + std::min(needed / 2, kGrowthMax);  // a large message leaves no large rest
    auto bytes = std::make_unique<char[]>(capacity);  // zeroed: the padding is read, so it has to be defined
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::vector<Span> spans_;
};

}  // namespace firebase_relay
