#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "classify/block_values.h"
#include "classify/known_names.h"
#include "classify/matcher.h"
#include "classify/message_line.h"
#include "classify/opener.h"
#include "classify/places.h"
#include "classify/routes.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/message.h"

namespace firebase_relay::classify {

/// What a writer makes of messages, and by which limits.
struct WriterOptions {
  bool history = true;   ///< at the database: entries are counted, and stand for their messages
  bool archive = false;  ///< entries are made even without `history`: who archives them takes them out
  bool live = true;      ///< off for what is sent again: it may be old
  std::size_t message_bytes_max = 1 << 20;
  LineFormat console = LineFormat::kNone;
  Reach base{};  ///< of the node below which the database's URL puts everything: it counts, too
  /// By how many seconds this machine's clock is known to be ahead; shared, must outlive the writers; none: by 0.
  const std::atomic<std::int64_t>* clock_ahead_seconds = nullptr;
  KnownNames* known_names = nullptr;  ///< shared by all writers, must outlive them; none: any number of names
};

/// Turns blocks of messages into blocks of fragments. Each payload is opened once (classify/opener.h) and matched
/// against the routes (classify/matcher.h); what has to be written for it is then added as finished text: its history
/// at once, its live values at the end of the block, when those that the block overtakes are gone
/// (classify/block_values.h).
///
/// Threads: one; every worker has its own. The route table is shared and must outlive it.
class BlockWriter {
 public:
  /// `routes`, and what `options` point to, must outlive it.
  BlockWriter(const RouteTable& routes, const WriterOptions& options);

  /// The fragments of `messages`, whose bytes are not needed afterwards.
  std::unique_ptr<FragmentBlock> write(const MessageBlock& messages);

 private:
  /// A message that will be written, with what is known of it.
  struct Found {
    const Message& message;
    Sequence sequence;
    const Opened& payload;
    const Routed& routed;
    Channel& channel;
    Place& place;
  };

  [[nodiscard]] std::unique_ptr<FragmentBlock> begin(const MessageBlock& messages);
  void begin_entry(const StreamEntry& entry);
  void take(const Message& message, Sequence sequence, FragmentBlock& block);
  void set_aside(const Message& message, Sequence sequence, DeadLetterReason reason, FragmentBlock& block) const;
  [[nodiscard]] bool has_history(const Route& route) const { return options_.history && route.history; }
  [[nodiscard]] bool admits(const Routed& routed, const Channel& channel, Place& place) const;
  [[nodiscard]] bool has_entry(const Route& route) const {
    return (options_.history || options_.archive) && route.history;
  }
  void write_history(const Found& found, BlockValues::Origin& origin, FragmentBlock& block);
  void write_live(const Found& found, const BlockValues::Origin& origin, FragmentBlock& block);
  void look_for_two_streams(Place& place, FragmentBlock& block);
  [[nodiscard]] std::string_view live_value(const LiveTarget& target, const Found& found,
                                            const BlockValues::Origin& origin);
  /// The value's bytes in the message block, which lives as long as this one is made; or its rewritten copy.
  [[nodiscard]] std::string_view written(const Value& value, const Opened& payload) {
    return payload.needs_rewrite(value) ? rewrite(value, payload) : payload.raw(value);
  }
  [[nodiscard]] std::string_view rewrite(const Value& value, const Opened& payload);

  const RouteTable& routes_;
  WriterOptions options_;
  Opener opener_;
  Matcher matcher_;
  Places places_;
  BlockValues values_;
  /// Of the block before: what the next one will need, so that text does not grow step by step.
  std::array<std::size_t, kShedClassCount> last_history_bytes_{};

  // Of the block under construction.
  UtcMillis right_time_;  ///< what a message says of its time is judged by it: of the arrival, by the right clock …
  UtcMillis came_at_;     ///< the time of a message without one: of the arrival; of a stream's entry both are its id's
  std::vector<std::uint64_t> stream_hashes_;  ///< stream_hash() of each stream; empty: messages come from no stream
  const std::vector<std::string>* streams_ = nullptr;  ///< of the block at hand; null: its messages come from no stream
  const StreamEntry* entry_ = nullptr;                 ///< the message at hand; null: it came from no stream
  std::uint64_t entry_hash_ = 0;                       ///< of that
  bool has_seen_two_streams_ = false;
  std::string now_;                    ///< the same by this machine's clock, as JSON
  std::deque<std::string> rewritten_;  ///< values that may not be written as published
};

}  // namespace firebase_relay::classify
