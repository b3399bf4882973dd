#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker_sim/random.h"

namespace broker_sim {

/// What one PUBLISH carries.
struct Publication {
  std::string channel;
  std::string payload;
};

/// Who trades, and in which kinds of message it shows.
struct MarketOptions {
  std::vector<std::string> tickers;
  std::vector<std::string> kinds;  ///< of price order performance profit registration other
  std::uint64_t seed = 1;
};

/// Publishes what a broker, the bots and their performance service publish, in the shapes that they use: enveloped and
/// bare, prices as strings, a volume that is often null, orders with about 35 fields that go from new to their end.
/// Times are ISO 8601, with and without a zone; numbers of an epoch are only in Awkward's messages.
class Market {
 public:
  /// `options` have at least one ticker and one kind.
  explicit Market(const MarketOptions& options);
  /// The next message, at `now_ms` (since 1970).
  Publication next(std::int64_t now_ms);

 private:
  struct Order {
    std::string id;
    std::string side;
    std::string status;
    int quantity = 0;
    int filled = 0;
    std::int64_t created_ms = 0;
  };
  struct Ticker {
    std::string name;
    std::int64_t cents = 0;
    std::vector<Order> open;
  };

  std::string kind();
  Publication price(Ticker& ticker, std::int64_t now_ms);
  Publication order(Ticker& ticker, std::int64_t now_ms);
  Publication performance(const Ticker& ticker, std::int64_t now_ms);
  Publication profit(const Ticker& ticker, std::int64_t now_ms);
  Publication registration(const Ticker& ticker, std::int64_t now_ms);
  Publication other(std::int64_t now_ms);
  Order& order_to_move(Ticker& ticker, std::int64_t now_ms);
  std::string money(std::int64_t cents) const;

  MarketOptions options_;
  Random random_;
  std::vector<Ticker> tickers_;
  std::uint64_t orders_ = 0;
  std::uint64_t executions_ = 0;
};

/// `2026-05-06T14:39:11.786000`, with `zone` behind it.
std::string iso_time(std::int64_t ms, const std::string& zone);

}  // namespace broker_sim
