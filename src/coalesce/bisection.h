#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace firebase_relay::coalesce {

/// What stood in a request that the database refused, taken apart until the culprit is alone (guarantee 4). Holds
/// groups of suspects; each goes in a request of its own, and its answer says what becomes of it: done, halved, or the
/// same once more. What was refused last goes next, so that one culprit is found before the next is looked for.
///
/// An item counts as one suspect, or, where it has size(), head(n) and tail(n), as so many, and can be cut.
/// Pure; one thread.
template <typename Item>
class Bisection {
 public:
  /// Suspects that are sent together, in their order.
  using Group = std::vector<Item>;

  /// True: nothing is suspected. The next two functions are for when it is not.
  [[nodiscard]] bool empty() const { return groups_.empty(); }
  /// The group that take() will give.
  [[nodiscard]] const Group& next() const { return groups_.front(); }
  [[nodiscard]] const std::deque<Group>& groups() const { return groups_; }

  /// Hands over the next group, which its caller sends and brings back by add() or add_halves() unless it is done.
  Group take() {
    Group group = std::move(groups_.front());
    groups_.pop_front();
    return group;
  }
  /// `group` goes next, as it is. Nothing happens when it is empty.
  void add(Group group) {
    if (!group.empty()) groups_.push_front(std::move(group));
  }
  /// The two halves of `group` go next, the front one first.
  void add_halves(const Group& group) {
    std::uint32_t room = (count(group) + 1) / 2;
    Group front;
    Group back;
    for (const Item& item : group) {
      const std::uint32_t here = std::min(room, size(item));
      room -= here;
      if (here == size(item)) {
        front.push_back(item);
      } else if (here == 0) {
        back.push_back(item);
      } else if constexpr (kCanBeCut) {
        front.push_back(item.head(here));
        back.push_back(item.tail(here));
      }
    }
    add(std::move(back));
    add(std::move(front));
  }

  /// How many suspects `group` has.
  [[nodiscard]] static std::uint32_t count(const Group& group) {
    std::uint32_t suspects = 0;
    for (const Item& item : group) suspects += size(item);
    return suspects;
  }

 private:
  static constexpr bool kCanBeCut = requires(const Item& item) {
    item.size();
    item.head(1u);
    item.tail(1u);
  };
  static std::uint32_t size(const Item& item) {
    if constexpr (kCanBeCut) {
      return item.size();
    } else {
      return 1;
    }
  }

  std::deque<Group> groups_;  ///< the next one in front
};

}  // namespace firebase_relay::coalesce
