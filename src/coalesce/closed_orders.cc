#include "coalesce/closed_orders.h"

#include <algorithm>
#include <utility>

#include "classify/places.h"

namespace firebase_relay::coalesce {

ClosedOrders::ClosedOrders(std::size_t closed_max, const std::vector<LiveOrder>& restored) : closed_max_(closed_max) {
  for (const LiveOrder& order : restored) {
    Orders& orders = tickers_[order.path.substr(0, order.ticker_size)];
    orders.by_path[order.path] = {order.sequence, order.closed};
    (order.closed ? orders.closed : orders.open)[order.sequence] = order.path;
  }
}

LiveOrdersChange ClosedOrders::take_changes() {
  LiveOrdersChange changes = std::exchange(changes_, {});
  if (std::exchange(resave_, false)) {
    changes.put.clear();
    for (const auto& [prefix, orders] : tickers_) {
      for (const auto& [path, order] : orders.by_path)
        changes.put.push_back({path, static_cast<std::uint32_t>(prefix.size()), order.sequence, order.closed});
    }
  }
  removed_lately_.swap(changes.removed);
  return changes;
}

void ClosedOrders::apply(FragmentBlock& block) {
  if (block.orders.empty()) return;
  // A block names an order once, with its newest state; in order of arrival over all of them.
  std::sort(block.orders.begin(), block.orders.end(),
            [](const OrderState& a, const OrderState& b) { return a.sequence < b.sequence; });
  for (const OrderState& state : block.orders) {
    const std::string path = block.text.substr(state.path_offset, state.path_size);
    Orders& orders = tickers_[path.substr(0, state.ticker_size)];
    note(orders, path, state);
    if (closed_max_ > 0) {
      while (orders.closed.size() > closed_max_) remove_oldest(orders, orders.closed, state.sequence);
    }
    while (orders.open.size() > kOpenMax) remove_oldest(orders, orders.open, state.sequence);
  }
  std::vector<LiveUpdate> live;
  for (const Removal& removal : removals_) {
    const auto path_offset = static_cast<std::uint32_t>(block.text.size());
    const auto path_size = static_cast<std::uint32_t>(removal.path.size());
    block.text += removal.path;
    block.text += "null";
    live.push_back({removal.cause, classify::hash_of_path(removal.path), path_offset, path_size,
                    path_offset + path_size, 4, LiveUpdate::kNoTicket});
  }
  block.live.insert(block.live.begin(), live.begin(), live.end());
  removals_.clear();
}

void ClosedOrders::note(Orders& orders, const std::string& path, const OrderState& state) {
  const auto known = orders.by_path.find(path);
  const bool is_change = known == orders.by_path.end() || known->second.closed != state.closed;
  if (known != orders.by_path.end()) {
    if (known->second.sequence > state.sequence) return;
    (known->second.closed ? orders.closed : orders.open).erase(known->second.sequence);
    orders.by_path.erase(known);
  }
  if (state.closed && closed_max_ == 0) {  // stays for good: nothing to remember
    changes_.removed.push_back(path);
    return;
  }
  if (is_change) changes_.put.push_back({path, state.ticker_size, state.sequence, state.closed});
  orders.by_path[path] = {state.sequence, state.closed};
  (state.closed ? orders.closed : orders.open)[state.sequence] = path;
}

void ClosedOrders::remove_oldest(Orders& orders, std::map<Sequence, std::string>& oldest_first, Sequence cause) {
  const auto oldest = oldest_first.begin();
  orders.by_path.erase(oldest->second);
  changes_.removed.push_back(oldest->second);
  removals_.push_back({std::move(oldest->second), cause});
  oldest_first.erase(oldest);
}

}  // namespace firebase_relay::coalesce
