#include "coalesce/live_orders.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace firebase_relay::coalesce {

LiveOrders::LiveOrders(std::size_t closed_max, const std::vector<LiveOrder>& restored) : closed_max_(closed_max) {
  std::vector<LiveOrder> oldest_first = restored;
  std::sort(oldest_first.begin(), oldest_first.end(),
            [](const LiveOrder& a, const LiveOrder& b) { return a.sequence < b.sequence; });
  for (LiveOrder& order : oldest_first) {
    Orders& orders = orders_of(std::string_view(order.path).substr(0, order.ticker_size));
    OldestFirst& list = order.closed ? orders.closed : orders.open;
    const std::uint64_t hash = hash_of_path(order.path);
    add(list, {std::move(order.path), hash, order.sequence, order.closed, &orders});
  }
}

LiveOrdersChange LiveOrders::take_changes(const std::function<bool(std::string_view path)>& is_unsaved) {
  LiveOrdersChange changes{std::exchange(put_, {}), {}};
  if (std::exchange(resave_, false)) {
    changes.put.clear();
    for (const auto& [ticker, orders] : tickers_) {
      for (const OldestFirst* list : {&orders.open, &orders.closed}) {
        for (const Order& order : *list)
          changes.put.push_back({order.path, orders.ticker_size, order.sequence, order.closed});
      }
    }
  }
  for (; !departed_.empty(); departed_.pop_front()) {
    std::string& path = departed_.front();
    // One that left may have come back, and its new row may be saved already: that must not be deleted.
    if (find(path, hash_of_path(path))) continue;
    if (is_unsaved(path)) break;
    changes.removed.push_back(std::move(path));
  }
  return changes;
}

void LiveOrders::not_saved(LiveOrdersChange change, SteadyTime now) {
  constexpr std::chrono::seconds kTryAgainAfter{5};
  try_again_at_ = now + kTryAgainAfter;
  resave_ = true;
  std::move(change.removed.rbegin(), change.removed.rend(), std::front_inserter(departed_));
}

LiveOrders::OldestFirst::iterator* LiveOrders::find(std::string_view path, std::uint64_t hash) {
  return by_path_.find(hash, [path](const OldestFirst::iterator& order) { return order->path == path; });
}

void LiveOrders::apply(FragmentBlock& block) {
  if (block.orders.empty()) return;
  // A block names each order once, with its newest state. Sorted, they are in the order of arrival.
  std::sort(block.orders.begin(), block.orders.end(),
            [](const OrderState& a, const OrderState& b) { return a.sequence < b.sequence; });
  for (const OrderState& state : block.orders) note(block.path_of(state), state);
  const auto values = static_cast<std::ptrdiff_t>(block.live.size());
  for (const Removal& removal : removals_) {
    block.add_live({.path = removal.path,
                    .path_hash = removal.hash,
                    .value = "null",
                    .sequence = removal.cause,
                    .is_order = true});
  }
  std::rotate(block.live.begin(), block.live.begin() + values, block.live.end());
  removals_.clear();
}

void LiveOrders::note(std::string_view path, const OrderState& state) {
  const OldestFirst::iterator* known = find(path, state.path_hash);
  if (!known) return note_new(path, state);
  const OldestFirst::iterator order = *known;
  if (order->sequence > state.sequence) return;
  Orders& orders = *order->among;
  OldestFirst& from = order->closed ? orders.closed : orders.open;
  if (state.closed && closed_max_ == 0) {  // stays for good: nothing to remember
    departed_.push_back(order->path);
    forget(order);
    from.erase(order);
    return;
  }
  OldestFirst& to = state.closed ? orders.closed : orders.open;
  to.splice(to.end(), from, order);
  order->sequence = state.sequence;
  const bool was_closed = std::exchange(order->closed, state.closed);
  // One that closes once more has another place, too: in a replay some come open first and others, whose messages are
  // all in one block, do not. By the places of two runs a restart would take the wrong one for the oldest.
  if (was_closed || state.closed) put_.push_back({order->path, state.ticker_size, state.sequence, state.closed});
  keep_within_bounds(orders, state.sequence);
}

void LiveOrders::note_new(std::string_view path, const OrderState& state) {
  if (state.closed && closed_max_ == 0) return;
  Orders& orders = orders_of(path.substr(0, state.ticker_size));
  OldestFirst& list = state.closed ? orders.closed : orders.open;
  add(list, {std::string(path), state.path_hash, state.sequence, state.closed, &orders});
  put_.push_back({list.back().path, state.ticker_size, state.sequence, state.closed});
  keep_within_bounds(orders, state.sequence);
}

void LiveOrders::keep_within_bounds(Orders& orders, Sequence cause) {
  if (closed_max_ > 0) {
    while (orders.closed.size() > closed_max_) remove_oldest(orders.closed, cause);
  }
  while (orders.open.size() > kOpenMax) remove_oldest(orders.open, cause);
}

void LiveOrders::add(OldestFirst& list, Order order) {
  list.push_back(std::move(order));
  by_path_.add(list.back().hash, std::prev(list.end()));
}

void LiveOrders::remove_oldest(OldestFirst& oldest_first, Sequence cause) {
  const OldestFirst::iterator oldest = oldest_first.begin();
  forget(oldest);
  departed_.push_back(oldest->path);
  removals_.push_back({std::move(oldest->path), oldest->hash, cause});
  oldest_first.erase(oldest);
}

void LiveOrders::forget(OldestFirst::iterator order) {
  by_path_.erase(order->hash, [order](const OldestFirst::iterator& other) { return &*other == &*order; });
}

LiveOrders::Orders& LiveOrders::orders_of(std::string_view ticker) {
  const auto found = tickers_.find(ticker);
  if (found != tickers_.end()) return found->second;
  Orders& orders = tickers_.try_emplace(std::string(ticker)).first->second;
  orders.ticker_size = static_cast<std::uint32_t>(ticker.size());
  return orders;
}

}  // namespace firebase_relay::coalesce
