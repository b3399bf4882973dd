#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash_table.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/time.h"

namespace firebase_relay::coalesce {

/// Keeps the live tree small: per ticker the newest closed orders stay up to a limit, and the newest 500 open ones (one
/// whose closing fell into a gap would stay open for ever). "Newest" is by the message that changed them last.
///
/// Threads: the flusher's.
class LiveOrders {
 public:
  /// Open orders that stay per ticker.
  static constexpr std::size_t kOpenMax = 500;

  /// `closed_max`: closed orders that stay per ticker; 0: all. `restored`: those that stood in the live tree when the
  /// relay stopped.
  explicit LiveOrders(std::size_t closed_max, const std::vector<LiveOrder>& restored = {});

  LiveOrders(const LiveOrders&) = delete;
  LiveOrders& operator=(const LiveOrders&) = delete;

  /// Takes note of the orders in `block`, and adds to it the removal of those that have to leave, ahead of the values
  /// that push them out.
  void apply(FragmentBlock& block);

  /// Has the list of live orders changed in a way that a restart must know? An order that only moves from one open
  /// state to the next does not change it, so that a disk is written to twice for an order, not with every fill.
  /// One that left is in no hurry: it goes with the next one that comes.
  [[nodiscard]] bool has_changes() const { return resave_ || !put_.empty(); }
  /// The changes since the last call. An order that left stays in the list while `is_unsaved(path)`, that is, as long
  /// as a kill would undo its removal from the tree: the list must not lose a path before the database has, or nobody
  /// would ever remove it. Those behind it wait with it, so that few are asked for, however long that takes.
  LiveOrdersChange take_changes(const std::function<bool(std::string_view path)>& is_unsaved);
  /// Is the list to be saved now? Not for a while after that has failed.
  [[nodiscard]] bool is_to_be_saved(SteadyTime now) const { return has_changes() && now >= try_again_at_; }
  /// `change`, which take_changes() gave, could not be saved. The next call of it gives the whole list instead of
  /// changes, and repeats the removals of this one.
  void not_saved(LiveOrdersChange change, SteadyTime now);

 private:
  struct Orders;
  struct Order {
    std::string path;
    std::uint64_t hash = 0;
    Sequence sequence = 0;
    bool closed = false;
    Orders* among = nullptr;  ///< those of its ticker
  };
  /// Oldest first: orders come in the order of their messages, so whatever changes goes to the end.
  using OldestFirst = std::list<Order>;
  /// All orders of one ticker.
  struct Orders {
    std::uint32_t ticker_size = 0;
    OldestFirst open;
    OldestFirst closed;
  };
  struct Removal {
    std::string path;
    std::uint64_t hash;
    Sequence cause;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  [[nodiscard]] OldestFirst::iterator* find(std::string_view path, std::uint64_t hash);
  void note(std::string_view path, const OrderState& state);
  void note_new(std::string_view path, const OrderState& state);
  void keep_within_bounds(Orders& orders, Sequence cause);
  void add(OldestFirst& list, Order order);
  void forget(OldestFirst::iterator order);
  void remove_oldest(OldestFirst& oldest_first, Sequence cause);
  Orders& orders_of(std::string_view ticker);

  std::size_t closed_max_;
  std::unordered_map<std::string, Orders, Hash, std::equal_to<>> tickers_;
  HashTable<OldestFirst::iterator> by_path_;
  std::vector<Removal> removals_;
  std::vector<LiveOrder> put_;        ///< since the last call of take_changes()
  std::deque<std::string> departed_;  ///< what left and is in the saved list still, oldest first
  bool resave_ = false;
  SteadyTime try_again_at_{};
};

}  // namespace firebase_relay::coalesce
