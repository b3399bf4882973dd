#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/fragment_text.h"
#include "firebase_relay/history_key.h"
#include "firebase_relay/kind.h"
#include "firebase_relay/message.h"

namespace firebase_relay {

/// One entry of a HistoryRun.
struct HistoryEntry {
  /// Of `event_ms`: the message has no time of its own.
  static constexpr std::int64_t kNoEventTime = INT64_MIN;
  /// Of `sequence_offset`: the relay wrote the entry itself, so there is no message to be counted.
  static constexpr std::uint32_t kUncounted = 0xFFFFFFFF;

  std::uint32_t offset = 0;  ///< of its FragmentText in HistoryRun::text
  /// From HistoryRun::first_sequence; kUncounted: written by the relay itself, no message.
  std::uint32_t sequence_offset = kUncounted;
  std::int64_t event_ms = kNoEventTime;  ///< the message's own time, ms since 1970; kNoEventTime when it has none
  std::uint16_t path_size = 0;           ///< bytes; the last 20 are the key
  std::uint16_t channel = 0;             ///< index into HistoryRun::channels
  Kind kind = Kind::kUnrouted;
};

/// History entries of one shedding class, ready to be sent: a FragmentText for each, one behind the other. Never parsed
/// again; a range of entries is a range of text.
///
/// Ownership: moved from stage to stage. Views of it stay valid while it is neither moved nor added to.
struct HistoryRun {
  std::string text;
  std::vector<HistoryEntry> entries;
  std::vector<KeySeed> seeds;         ///< one per entry until the keys are settled (coalesce/repeats.h), then empty
  std::vector<std::string> channels;  ///< for dead letters
  Sequence first_sequence = 0;
  SteadyTime arrived;
  UtcMillis arrived_at;

  /// Adds an entry whose key is settled. `about`: all but where its text stands, which is found here. Copies. Returns
  /// where the value begins in `text`.
  std::uint32_t add(std::string_view path, std::string_view value, const HistoryEntry& about);
  /// The same for a key of `time` and `seed`, as if no such message had come before, until settle_key(). `parent`: the
  /// path up to the key, with the slash between.
  std::uint32_t add(std::string_view parent, UtcMillis time, const KeySeed& seed, std::string_view value,
                    const HistoryEntry& about);
  /// Entry `i` is the `n`th of equal messages, counted from 0; asks for its seed.
  void settle_key(std::size_t i, std::uint32_t n);

  /// Entry `i` gets this key, of kHistoryKeySize characters, whatever it had.
  void set_key(std::size_t i, std::string_view key);

  /// Where the text of entry `i` ends, behind its comma.
  [[nodiscard]] std::uint32_t end_of(std::size_t i) const {
    return i + 1 < entries.size() ? entries[i + 1].offset : static_cast<std::uint32_t>(text.size());
  }
  /// The text of entries [first, last), of which there is at least one.
  [[nodiscard]] std::string_view text_of(std::size_t first, std::size_t last) const {
    const std::uint32_t begin = entries[first].offset;
    return std::string_view(text).substr(begin, end_of(last - 1) - begin);
  }
  [[nodiscard]] FragmentText operator[](std::size_t i) const { return {text_of(i, i + 1), entries[i].path_size}; }
  [[nodiscard]] std::string_view path_of(std::size_t i) const { return (*this)[i].path(); }
  [[nodiscard]] std::string_view value_of(std::size_t i) const { return (*this)[i].value(); }
  [[nodiscard]] std::string_view key_of(std::size_t i) const {
    const std::string_view path = path_of(i);
    return path.substr(path.size() - kHistoryKeySize);
  }
  /// The path without its key and the slash before it.
  [[nodiscard]] std::string_view location_of(std::size_t i) const {
    const std::string_view path = path_of(i);
    return path.substr(0, path.size() - kHistoryKeySize - 1);
  }

 private:
  char* key_at(std::size_t i);
};

}  // namespace firebase_relay
