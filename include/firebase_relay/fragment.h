#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/dead_letter.h"
#include "firebase_relay/history_run.h"
#include "firebase_relay/kind.h"
#include "firebase_relay/message.h"

namespace firebase_relay {

/// XXH3 of a live path: what is kept beside it, so that it is hashed once.
std::uint64_t hash_of_path(std::string_view path) noexcept;

/// The newest value of one live path, as far as one block of messages knows: FragmentBlock::path_of() and value_of().
struct LiveUpdate {
  /// Of `ticket`: the message is counted by its history entry.
  static constexpr std::uint32_t kNoTicket = 0xFFFFFFFF;
  /// Of `value_in`: the value stands in FragmentBlock::text.
  static constexpr std::uint8_t kInText = 0xFF;

  Sequence sequence;
  std::uint64_t path_hash;    ///< hash_of_path()
  std::uint32_t path_offset;  ///< in FragmentBlock::text
  std::uint32_t path_size;
  std::uint32_t value_offset;
  std::uint32_t value_size;
  /// Index into FragmentBlock::tickets, or kNoTicket when the message is counted by its history entry.
  std::uint32_t ticket;
  /// kInText, or the index into FragmentBlock::history: a large value that is part of its message's entry stands in
  /// that run's text, and is not copied.
  std::uint8_t value_in = kInText;
  bool is_order = false;  ///< one of many of its kind, by an id in its path: others go before it
};

/// A live value as it is added to a block. Views: for the call.
struct LiveValue {
  std::string_view path;    ///< encoded, without quotes
  std::uint64_t path_hash;  ///< hash_of_path()
  std::string_view value;   ///< finished JSON
  Sequence sequence;
  std::uint32_t ticket = LiveUpdate::kNoTicket;
  bool is_order = false;
};

/// Stands for one message without history, which counts as delivered or coalesced by what becomes of its live values.
struct Ticket {
  Kind kind;
  std::uint32_t updates;  ///< how many LiveUpdates of the block carry it
  std::int64_t event_ms;  ///< as HistoryEntry::event_ms
};

/// An order that a message spoke of: which of them stay live is decided where all of them are seen
/// (coalesce/live_orders.h).
struct OrderState {
  Sequence sequence;
  std::uint64_t path_hash;    ///< as LiveUpdate::path_hash
  std::uint32_t path_offset;  ///< the order's live path in FragmentBlock::text
  std::uint32_t path_size;
  /// Bytes of the path up to and without `/{order_id}`: orders with the same beginning compete.
  std::uint32_t ticker_size;
  bool closed;
};

/// A live path into which entries of two streams were written: which value is the newer nobody can tell.
struct PathOfTwoStreams {
  std::string path;    ///< encoded, without quotes
  std::string stream;  ///< the keys
  std::string other;
};

/// All that a worker made of one MessageBlock: finished text and what is needed to merge, count and retry it.
///
/// Ownership: moved from the worker to the flusher. Every range is into `text`, but those of HistoryRun and some of
/// LiveUpdate.
struct FragmentBlock {
  std::uint64_t number = 0;
  Sequence first_sequence = 0;
  std::uint32_t messages = 0;
  std::uint64_t message_bytes = 0;  ///< MessageBlock::bytes(): released from the queue's bound when this is taken
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
  std::uint64_t key_fallbacks = 0;              ///< keys made without a usable time of the message's own
  std::vector<std::string> unrouted_channels;   ///< those that this worker had not seen before
  std::optional<PathOfTwoStreams> two_streams;  ///< the first that this worker has seen, once
  std::string console;                          ///< lines for --log-messages; empty when off

  /// Adds a live value. Copies it.
  LiveUpdate& add_live(const LiveValue& live);
  /// The same of one that stands in the text of history[`run`] at `offset` already, and is not copied.
  LiveUpdate& add_live_in_history(const LiveValue& live, std::uint8_t run, std::uint32_t offset);
  /// `update` is the newest state of an order. `ticker_size`: as OrderState has it.
  void add_order(const LiveUpdate& update, std::uint32_t ticker_size, bool closed);

  /// Of what is to be sent; some of it may be overtaken yet.
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = text.size() + shared_bytes;
    for (const HistoryRun& run : history) sum += run.text.size();
    return sum;
  }
  /// The path and the value of one of `live`, without quotes and comma. Views of this block.
  [[nodiscard]] std::string_view path_of(const LiveUpdate& update) const {
    return std::string_view(text).substr(update.path_offset, update.path_size);
  }
  [[nodiscard]] std::string_view path_of(const OrderState& order) const {
    return std::string_view(text).substr(order.path_offset, order.path_size);
  }
  [[nodiscard]] std::string_view value_of(const LiveUpdate& update) const {
    const std::string& holder = update.value_in == LiveUpdate::kInText ? text : history[update.value_in].text;
    return std::string_view(holder).substr(update.value_offset, update.value_size);
  }
};

}  // namespace firebase_relay
