#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"

namespace firebase_relay::coalesce {

/// Keeps the live tree small: per ticker the newest closed orders stay up to a limit, and the newest 500 open ones (one
/// whose closing fell into a gap would stay open for ever). "Newest" is by the message that changed them last.
///
/// Threads: the flusher's.
class ClosedOrders {
 public:
  static constexpr std::size_t kOpenMax = 500;

  /// `closed_max`: closed orders that stay per ticker; 0: all. `restored`: those that stood in the live tree when the
  /// relay stopped.
  explicit ClosedOrders(std::size_t closed_max, const std::vector<LiveOrder>& restored = {});

  /// Takes note of the orders in `block`, and adds to it the removal of those that have to leave, ahead of the values
  /// that push them out.
  void apply(FragmentBlock& block);

  /// Has the list of live orders changed in a way that a restart must know? An order that only moves from one open
  /// state to the next does not change it, so that a disk is written to twice for an order, not with every fill.
  [[nodiscard]] bool has_changes() const { return resave_ || !changes_.put.empty() || !changes_.removed.empty(); }
  /// The changes since the last call. Removals come one call late: the list must not lose a path before the database
  /// has.
  LiveOrdersChange take_changes();
  /// What take_changes() gave could not be saved: the next call gives the whole list, whatever came in between.
  void not_saved() { resave_ = true; }

 private:
  struct Order {
    Sequence sequence = 0;
    bool closed = false;
  };
  /// All orders of one ticker.
  struct Orders {
    std::unordered_map<std::string, Order> by_path;
    std::map<Sequence, std::string> open;  ///< oldest first
    std::map<Sequence, std::string> closed;
  };

  void note(Orders& orders, const std::string& path, const OrderState& state);
  void remove_oldest(Orders& orders, std::map<Sequence, std::string>& oldest_first, Sequence cause);

  std::size_t closed_max_;
  std::unordered_map<std::string, Orders> tickers_;
  struct Removal {
    std::string path;
    Sequence cause;
  };
  std::vector<Removal> removals_;
  LiveOrdersChange changes_;
  bool resave_ = false;
  std::vector<std::string> removed_lately_;
};

}  // namespace firebase_relay::coalesce
