#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/channel_filter.h"
#include "firebase_relay/message.h"

namespace firebase_relay::bus {

/// Makes messages of a stream's entries: `channel` is the channel (absent, or empty: the stream's key), `data` the
/// payload; of two fields of one name the first counts, and all others are passed over. An entry without `data` becomes
/// a message that is no JSON and says what it has instead, so that it ends as a dead letter. One whose channel is not
/// taken is passed over.
///
/// Threads: the subscriber's.
class EntryIntake {
 public:
  /// What came of one stream since take_came(), up to the last entry that was whole or of which a message was made.
  struct Came {
    std::uint64_t entries = 0;  ///< passed-over ones, too
    std::uint64_t bytes = 0;    ///< of their values
    StreamId last;
    std::size_t messages = 0;  ///< the block's size behind the last message of this stream; 0: it has none
  };

  /// `streams`: their keys, as they are asked for.
  EntryIntake(ChannelFilter channels, std::shared_ptr<const std::vector<std::string>> streams);

  /// An entry begins; nothing is known of it but its place. False: `key` is none that was asked for.
  bool begin_stream(std::string_view key);
  void begin_entry(const StreamId& id);
  /// Its fields by turns, and its end. The message is appended to `block` as soon as it is known.
  void name(std::string_view name);
  void value(std::string_view value, MessageBlock& block);
  void end_entry(MessageBlock& block);

  /// By stream. The block that is filled next is another one.
  std::vector<Came> take_came();

 private:
  enum class Field : std::uint8_t { kChannel, kData, kOther };

  void append(std::string_view payload, MessageBlock& block);
  void count();
  [[nodiscard]] std::string lament() const;

  ChannelFilter channels_;
  std::shared_ptr<const std::vector<std::string>> streams_;
  std::vector<Came> came_;
  // Of the entry that is read.
  std::uint16_t stream_ = 0;
  StreamId id_;
  Field field_ = Field::kOther;
  std::optional<std::string> channel_;
  std::optional<std::string> data_;  ///< only while the channel has not come
  std::string other_names_;          ///< some of them, for people
  bool is_counted_ = false;
  bool is_done_ = false;  ///< its message was made, or passed over
};

}  // namespace firebase_relay::bus
