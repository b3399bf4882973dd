#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "broker_sim/market.h"
#include "broker_sim/place.h"

namespace broker_sim {

/// One message in history. Which 12 characters its key ends in is the relay's own matter; the key's time is the
/// contract's.
struct HistoryEntry {
  std::optional<std::int64_t> time_ms;  ///< none: its arrival, which is not before `at_ms`
  std::int64_t at_ms;
};

/// Do the entries at `place`, a path of Expectation::history(), stand below the UTC day of their key's time?
bool is_kept_by_day(const std::string& place);

/// The tree that the database must hold after all of a ledger was delivered.
class Expectation {
 public:
  /// `closed_max`: as the relay's --live-orders-max.
  explicit Expectation(std::size_t closed_max) : closed_max_(closed_max) {}

  /// Takes a publication in, in the order of publishing. `at_ms`: when that was, since 1970.
  void add(const Publication& publication, std::int64_t at_ms);

  /// How many were added.
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  /// Live values by path; `last_updated`, whose value is the relay's clock, as kAnyTime.
  [[nodiscard]] const std::map<std::string, nlohmann::json>& live() const { return live_; }
  /// By the path above the keys (and days) and the value as the database keeps it, dumped.
  [[nodiscard]] const std::map<std::string, std::map<std::string, std::vector<HistoryEntry>>>& history() const {
    return history_;
  }

  /// Stands in live() for a time that only the relay knows.
  static constexpr const char* kAnyTime = "(any time)";

 private:
  struct Order {
    std::uint64_t number;
    bool closed;
  };
  bool fits(const std::string& path, const nlohmann::json& kept) const;
  void set(const std::string& path, const nlohmann::json& kept);
  void keep_orders_few(const std::string& orders, const std::string& path, bool closed);

  std::size_t closed_max_;
  std::uint64_t messages_ = 0;
  std::map<std::string, nlohmann::json> live_;
  std::map<std::string, std::map<std::string, std::vector<HistoryEntry>>> history_;
  std::map<std::string, std::map<std::string, Order>> orders_;
};

}  // namespace broker_sim
