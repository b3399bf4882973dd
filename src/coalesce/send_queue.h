#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace firebase_relay::coalesce {

/// In which order live values are sent: prices, status and performance first, orders behind them, of each the longest
/// waiting first (guarantee 3). Others may come so fast that they fill every request: after sixteen without an order,
/// orders have a turn. Those that may not be sent yet are parked.
///
/// Pure; one thread.
class SendQueue {
 public:
  /// A path's, in the PathTable.
  using Slot = std::uint32_t;

  /// `slot` may be sent, and goes behind the others of its kind …
  void add(Slot slot, bool is_order) { (is_order ? orders_ : others_).push_back(slot); }
  /// … or it may not be sent yet.
  void park(Slot slot) { parked_.push_back(slot); }
  /// None may be sent yet.
  void park_all() {
    parked_.insert(parked_.end(), others_.begin(), others_.end());
    parked_.insert(parked_.end(), orders_.begin(), orders_.end());
    others_.clear();
    orders_.clear();
  }
  /// Hands out all that were parked. The caller adds those that may be sent now, and parks the others again.
  std::vector<Slot> unpark() { return std::exchange(parked_, {}); }

  /// Is there one that may be sent?
  [[nodiscard]] bool has_any() const { return !others_.empty() || !orders_.empty(); }
  [[nodiscard]] bool has_parked() const { return !parked_.empty(); }
  template <typename Test>
  [[nodiscard]] bool any_of(const Test& test) const {
    return std::any_of(others_.begin(), others_.end(), test) || std::any_of(orders_.begin(), orders_.end(), test);
  }
  template <typename Test>
  [[nodiscard]] bool any_parked(const Test& test) const {
    return std::any_of(parked_.begin(), parked_.end(), test);
  }
  template <typename Use>
  void for_each(const Use& use) const {
    std::for_each(others_.begin(), others_.end(), use);
    std::for_each(orders_.begin(), orders_.end(), use);
  }
  template <typename Use>
  void for_each_parked(const Use& use) const {
    std::for_each(parked_.begin(), parked_.end(), use);
  }

  /// What offer() is told about one slot.
  enum class Taker : std::uint8_t {
    kTakes,   ///< it is out of the queue
    kParks,   ///< it may not be sent yet after all
    kPasses,  ///< it keeps its turn
    kIsFull,  ///< likewise, and no more is wanted
  };
  /// Offers one request's worth of slots to `taker`, a function of a slot, until it is full.
  template <typename Taking>
  void offer(const Taking& taker) {
    constexpr unsigned kPassedOverMax = 16;
    const bool orders_have_their_turn = orders_passed_over_ >= kPassedOverMax;
    const Outcome first = offer(orders_have_their_turn ? orders_ : others_, taker);
    const Outcome second = first.is_full ? Outcome{} : offer(orders_have_their_turn ? others_ : orders_, taker);
    const bool took_orders = orders_have_their_turn || second.taken > 0;
    orders_passed_over_ = orders_.empty() || took_orders ? 0 : orders_passed_over_ + 1;
  }

 private:
  struct Outcome {
    bool is_full = false;
    std::size_t taken = 0;
  };
  template <typename Taking>
  Outcome offer(std::deque<Slot>& queue, const Taking& taker) {
    std::vector<Slot> passed;
    Outcome outcome;
    while (!queue.empty() && !outcome.is_full) {
      const Slot slot = queue.front();
      const Taker answer = taker(slot);
      outcome.is_full = answer == Taker::kIsFull;
      if (outcome.is_full) break;
      queue.pop_front();
      if (answer == Taker::kTakes) ++outcome.taken;
      if (answer == Taker::kParks) parked_.push_back(slot);
      if (answer == Taker::kPasses) passed.push_back(slot);
    }
    queue.insert(queue.begin(), passed.begin(), passed.end());
    return outcome;
  }

  std::deque<Slot> others_;
  std::deque<Slot> orders_;          ///< which may be many requests
  unsigned orders_passed_over_ = 0;  ///< requests without an order while some waited, one after the other
  std::vector<Slot> parked_;
};

}  // namespace firebase_relay::coalesce
