#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_table.h"
#include "classify/known_names.h"
#include "classify/message_line.h"
#include "classify/opener.h"
#include "classify/places.h"
#include "classify/routes.h"
#include "classify/timestamp.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/message.h"

namespace firebase_relay::classify {

struct WriterOptions {
  bool history = true;
  bool live = true;  ///< off for what is sent again: it may be old
  std::size_t message_bytes_max = 1 << 20;
  LineFormat console = LineFormat::kNone;
  Reach base{};  ///< of the node below which the database's URL puts everything: it counts, too
  /// By how many seconds this machine's clock is known to be ahead; shared, must outlive the writers; none: by 0.
  const std::atomic<std::int64_t>* clock_ahead_seconds = nullptr;
  KnownNames* known_names = nullptr;  ///< shared by all writers, must outlive them; none: any number of names
};

/// Turns blocks of messages into blocks of fragments: each payload is opened once, matched against the routes, and what
/// has to be written for it is appended as finished text. Live values that the same block overtakes are never written.
///
/// Threads: one; every worker has its own. The route table is shared and must outlive it.
class FragmentWriter {
 public:
  FragmentWriter(const RouteTable& routes, const WriterOptions& options);

  /// The fragments of `block`, whose bytes are not needed afterwards.
  std::unique_ptr<FragmentBlock> write(const MessageBlock& block);

 private:
  enum class OrderMark : std::uint8_t { kNone, kOpen, kClosed };
  /// What every live value of a message shares.
  struct Origin {
    Sequence sequence;
    std::uint32_t ticket;
    OrderMark order;
  };
  /// A live value of the block under construction, and where it will stand. Its bytes are not copied before the end of
  /// the block: most values are overtaken until then.
  struct Pending {
    std::string_view json;
    const std::string* path = nullptr;  ///< in places_; null for one with an id
    std::uint64_t path_hash = 0;
    std::uint32_t path_offset = 0;  ///< in id_path_text_; likewise the next two, of a path with an id only
    std::uint32_t path_size = 0;
    std::uint32_t prefix_size = 0;  ///< before its {ID}
    Origin origin{};
    std::uint32_t history_offset = 0;             ///< where json stands in the history text of its message …
    std::uint8_t value_in = LiveUpdate::kInText;  ///< … which is this one's; kInText: it does not
  };
  struct KnownStatus {
    const Condition* asked = nullptr;
    std::string text;
    bool is_closed = false;
  };
  [[nodiscard]] const Opened& payload() const { return opener_.opened(); }
  void take(const Message& message, Sequence sequence);
  void set_aside(const Message& message, Sequence sequence, DeadLetterReason reason);
  std::size_t route_for(const Channel& channel, bool has_ticker) const;
  [[nodiscard]] bool holds(const Condition& condition) const;
  [[nodiscard]] bool is_closed(const Condition& closed);
  std::string_view ticker_of(const Channel& channel);
  std::string_view id_of(const Route& route);
  std::optional<DeadLetterReason> over_limit(const Route& route, const Place& place, std::string_view id_key) const;
  [[nodiscard]] bool admits(const Route& route, std::string_view ticker, const Channel& channel, Place& place) const;
  void write_history(const Message& message, Sequence sequence, Channel& channel, const Route& route,
                     const Place& place);
  void write_live(Sequence sequence, const Route& route, Place& place, std::string_view id_key);
  std::size_t pending_of(Place& place);
  Pending& pending_for(const Place::Path& path, std::string_view id_key);
  void note(std::string_view json, const Origin& origin, Pending& pending);
  void overtake(const Pending& pending);
  [[nodiscard]] std::string_view live_value(const LiveTarget& target, const Place& place);
  [[nodiscard]] std::string_view stable(const Value& value);
  [[nodiscard]] std::int64_t event_time();
  void finish_live();

  const RouteTable& routes_;
  WriterOptions options_;
  Opener opener_;
  mutable std::string unescaped_;  ///< of the field that was looked at last
  Places places_;
  TimestampParser times_;

  /// Of the block before: what the next one will need, so that text does not grow step by step.
  std::array<std::size_t, kShedClassCount> last_history_bytes_{};

  // Of the block under construction.
  std::unique_ptr<FragmentBlock> block_;
  UtcMillis arrived_at_;
  UtcMillis right_time_;  ///< the same by the right clock: what a message says of its time is judged by it
  std::string now_;
  std::int64_t event_ms_ = 0;
  std::uint8_t history_class_ =
      LiveUpdate::kInText;            ///< in whose text the message stands as published; kInText: in none
  std::uint32_t history_offset_ = 0;  ///< and where
  std::array<KnownStatus, 2> known_statuses_;
  std::vector<Pending> pending_;
  HashTable<std::uint32_t> id_paths_;  ///< to their place in pending_
  std::deque<std::string> rewritten_;
  std::string id_path_text_;
  std::string id_key_;
};

}  // namespace firebase_relay::classify
