#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/dead_letter.h"
#include "firebase_relay/kind.h"
#include "firebase_relay/message.h"

namespace firebase_relay {

/// The newest value of one live path, as far as one block of messages knows.
/// `path` is encoded and stands without quotes; `value` is finished JSON. Both are ranges of FragmentBlock::text; but a
/// large value that is part of its message's history entry is a range of that HistoryRun's text, and not copied.
struct LiveUpdate {
  static constexpr std::uint32_t kNoTicket = 0xFFFFFFFF;
  static constexpr std::uint8_t kInText = 0xFF;

  Sequence sequence;
  std::uint64_t path_hash;  ///< XXH3 of the path
  std::uint32_t path_offset;
  std::uint32_t path_size;
  std::uint32_t value_offset;
  std::uint32_t value_size;
  std::uint32_t
      ticket;  ///< index into FragmentBlock::tickets, or kNoTicket when the message is counted by its history entry
  std::uint8_t value_in = kInText;  ///< or the index into FragmentBlock::history
  bool is_order = false;            ///< one of many of its kind, by an id in its path: others go before it
};

/// Stands for one message without history, which counts as delivered or coalesced by what becomes of its live values.
struct Ticket {
  Kind kind;
  std::uint32_t updates;  ///< how many LiveUpdates of the block carry it
  std::int64_t event_ms;  ///< as HistoryEntry::event_ms
};

/// What the hash part of a history key is made from: XXH3-128 of payload and channel. See classify/history_key.h.
struct KeySeed {
  std::uint64_t low;
  std::uint64_t high;
};

/// One line of a HistoryRun.
struct HistoryEntry {
  static constexpr std::int64_t kNoEventTime = INT64_MIN;
  static constexpr std::uint32_t kUncounted = 0xFFFFFFFF;

  std::uint32_t offset;  ///< of the fragment in HistoryRun::text, at its opening quote
  std::uint32_t
      sequence_offset;      ///< from HistoryRun::first_sequence; kUncounted: written by the relay itself, no message
  std::int64_t event_ms;    ///< the message's own time, ms since 1970; kNoEventTime when it has none
  std::uint16_t path_size;  ///< bytes between the quotes; the last 20 are the key
  std::uint16_t channel;    ///< index into HistoryRun::channels
  Kind kind;
};

/// History entries of one shedding class, ready to be sent: `"path":value,"path":value,` with a comma behind each.
/// Never parsed again; a range of entries is a range of text.
struct HistoryRun {
  std::string text;
  std::vector<HistoryEntry> entries;
  std::vector<KeySeed> seeds;         ///< one per entry until the keys are settled (coalesce/repeats.h), then empty
  std::vector<std::string> channels;  ///< for dead letters
  Sequence first_sequence = 0;
  SteadyTime arrived;
  UtcMillis arrived_at;

  [[nodiscard]] std::uint32_t end_of(std::size_t i) const {
    return i + 1 < entries.size() ? entries[i + 1].offset : static_cast<std::uint32_t>(text.size());
  }
  [[nodiscard]] std::string_view path_of(std::size_t i) const {
    return std::string_view(text).substr(entries[i].offset + 1, entries[i].path_size);
  }
  /// The value without the path before it and the comma behind it.
  [[nodiscard]] std::string_view value_of(std::size_t i) const {
    const std::uint32_t begin = entries[i].offset + entries[i].path_size + 3u;
    return std::string_view(text).substr(begin, end_of(i) - begin - 1);
  }
};

/// An order that a message spoke of: which of them stay live is decided where all of them are seen
/// (coalesce/live_orders.h).
struct OrderState {
  Sequence sequence;
  std::uint64_t path_hash;    ///< as LiveUpdate::path_hash
  std::uint32_t path_offset;  ///< the order's live path in FragmentBlock::text
  std::uint32_t path_size;
  std::uint32_t
      ticker_size;  ///< bytes of the path up to and without `/{order_id}`: orders with the same prefix compete
  bool closed;
};

/// All that a worker made of one MessageBlock: finished text and what is needed to merge, count and retry it.
///
/// Ownership: moved from the worker to the flusher. Every range is into `text`, but those of HistoryRun and some of
/// LiveUpdate.
struct FragmentBlock {
  std::uint64_t number = 0;
  Sequence first_sequence = 0;
  std::uint32_t messages = 0;
  std::uint64_t message_bytes =
      0;  ///< what MessageBlock::bytes() was: released from the queue's bound when this is taken
  SteadyTime arrived;
  UtcMillis arrived_at;

  std::string text;
  std::vector<LiveUpdate> live;    ///< overtaken values of the same block are mostly gone already
  std::uint64_t shared_bytes = 0;  ///< of their values that stand in `history`
  std::vector<Ticket> tickets;
  std::array<HistoryRun, kShedClassCount> history;
  std::vector<OrderState> orders;
  std::vector<DeadLetter> dead_letters;
  KindCounts classified{};
  KindCounts coalesced{};  ///< messages without history, all of whose values this very block overtook
  std::uint64_t updates_coalesced = 0;
  std::uint64_t key_fallbacks = 0;             ///< keys made without a usable time of the message's own
  std::vector<std::string> unrouted_channels;  ///< those that this worker had not seen before
  std::string console;                         ///< lines for --log-messages; empty when off

  /// Of what is to be sent; some of it may be overtaken yet.
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = text.size() + shared_bytes;
    for (const HistoryRun& run : history) sum += run.text.size();
    return sum;
  }
  [[nodiscard]] std::string_view path_of(const LiveUpdate& update) const {
    return std::string_view(text).substr(update.path_offset, update.path_size);
  }
  [[nodiscard]] std::string_view value_of(const LiveUpdate& update) const {
    const std::string& holder = update.value_in == LiveUpdate::kInText ? text : history[update.value_in].text;
    return std::string_view(holder).substr(update.value_offset, update.value_size);
  }
};

}  // namespace firebase_relay
