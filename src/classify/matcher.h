#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "classify/opened.h"
#include "classify/places.h"
#include "classify/routes.h"
#include "classify/timestamp.h"
#include "firebase_relay/time.h"

namespace firebase_relay::classify {

/// What a message says of the order that it is about; kNone: of none whose closing its route knows.
enum class OrderMark : std::uint8_t { kNone, kOpen, kClosed };

/// What the routes say of a message. Views: of the payload, the channel or the matcher, until its next message.
struct Routed {
  std::size_t index;  ///< of its route, in RouteTable::routes
  const Route& route;
  std::string_view ticker;  ///< empty: none
  std::string_view id;      ///< of what the message is about, encoded and as it stands between quotes; empty: none
  std::int64_t event_ms;    ///< HistoryEntry::event_ms: the message's own time, or its envelope's
  OrderMark order;
};

/// Finds the route of each message, and what a route needs besides: ticker, id, time.
///
/// Threads: one; every worker has its own. The route table is shared and must outlive it.
class Matcher {
 public:
  /// `routes` must outlive it.
  explicit Matcher(const RouteTable& routes) : routes_(routes) {}

  /// `arrived_at`, by the right clock: a time far ahead of it is no message's own.
  Routed match(const Opened& payload, const Channel& channel, UtcMillis arrived_at);

 private:
  /// What was asked of a status, and answered.
  struct KnownStatus {
    const Condition* asked = nullptr;
    std::string text;
    bool is_closed = false;
  };

  [[nodiscard]] std::string_view ticker_of(const Opened& payload, const Channel& channel);
  [[nodiscard]] std::size_t route_for(const Opened& payload, const Channel& channel, bool has_ticker);
  [[nodiscard]] bool holds(const Condition& condition, const Opened& payload);
  [[nodiscard]] bool is_closed(const Condition& closed, const Opened& payload);
  [[nodiscard]] std::string_view id_of(const Opened& payload, const Route& route);
  [[nodiscard]] std::int64_t event_time(const Opened& payload, UtcMillis arrived_at);

  const RouteTable& routes_;
  TimestampParser times_;
  std::array<KnownStatus, 2> known_statuses_;  ///< the last that was open, and the last that was closed
  std::string ticker_;                         ///< of a message that spells it with escapes
  std::string id_;                             ///< of one that has to be encoded
  std::string text_;                           ///< of a field with escapes, until the next one is looked at
};

}  // namespace firebase_relay::classify
