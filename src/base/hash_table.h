#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace firebase_relay {

/// What is kept of a path or a payload, found by the hash that a worker has made of it. Open addressing, at most half
/// full: a look-up costs one miss of the cache, and prefetch() hides that. It holds no text; where two may share a
/// hash (0 and 1 are one), find() is told how to recognise the right one.
///
/// Memory: two to four cells for each entry. What a flood made of it is given back as erase() empties it, down to
/// 65,536 cells; clear() keeps all. Pointers live until the next change.
/// Threads: one.
template <class Value>
class HashTable {
 public:
  /// The entry with this hash for which `is_it(value)` holds; null: there is none.
  template <class IsIt>
  [[nodiscard]] Value* find(std::uint64_t hash, const IsIt& is_it) {
    if (cells_.empty()) return nullptr;
    for (std::size_t i = home_of(shown(hash));; i = next(i)) {
      Cell& cell = cells_[i];
      if (cell.hash == shown(hash) && is_it(cell.value)) return &cell.value;
      if (cell.hash == kFree) return nullptr;
    }
  }
  /// The first with this hash.
  [[nodiscard]] Value* find(std::uint64_t hash) {
    return find(hash, [](const Value&) { return true; });
  }
  /// Brings what find() reads nearer.
  void prefetch(std::uint64_t hash) const {
    if (!cells_.empty()) __builtin_prefetch(&cells_[home_of(shown(hash))]);
  }

  /// Adds what find() did not find.
  void add(std::uint64_t hash, Value value) {
    constexpr std::size_t kCellsMin = 64;
    if ((used_ + 1) * 2 > cells_.size()) resize(std::max(kCellsMin, cells_.size() * 2));
    insert(shown(hash), std::move(value));
    ++used_;
  }
  /// Takes out the entry with this hash for which `is_it(value)` holds, if there is one.
  template <class IsIt>
  void erase(std::uint64_t hash, const IsIt& is_it) {
    const Value* found = find(hash, is_it);
    if (!found) return;
    std::size_t hole = home_of(shown(hash));
    while (&cells_[hole].value != found) hole = next(hole);
    // Whatever stands behind and was to stand here or before moves up, so that no search ends too early.
    for (std::size_t i = next(hole); cells_[i].hash != kFree; i = next(i)) {
      const bool may_move = distance(home_of(cells_[i].hash), i) >= distance(hole, i);
      if (may_move) cells_[std::exchange(hole, i)] = std::move(cells_[i]);
    }
    cells_[hole] = Cell{};
    --used_;
    constexpr std::size_t kCellsKept = 65'536;
    if (cells_.size() > kCellsKept && used_ * 8 < cells_.size()) resize(cells_.size() / 2);
  }
  void clear() {
    if (used_ == 0) return;
    std::fill(cells_.begin(), cells_.end(), Cell{});
    used_ = 0;
  }
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  static constexpr std::uint64_t kFree = 0;
  struct Cell {
    std::uint64_t hash = kFree;
    Value value{};
  };

  static std::uint64_t shown(std::uint64_t hash) { return hash == kFree ? 1 : hash; }
  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const { return hash & (cells_.size() - 1); }
  [[nodiscard]] std::size_t next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }
  [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const {
    return (to - from) & (cells_.size() - 1);
  }

  void insert(std::uint64_t hash, Value value) {
    std::size_t i = home_of(hash);
    while (cells_[i].hash != kFree) i = next(i);
    cells_[i] = {hash, std::move(value)};
  }
  void resize(std::size_t cells) {
    std::vector<Cell> old(cells);
    old.swap(cells_);
    for (Cell& cell : old) {
      if (cell.hash != kFree) insert(cell.hash, std::move(cell.value));
    }
  }

  std::vector<Cell> cells_;  // a power of two
  std::size_t used_ = 0;
};

}  // namespace firebase_relay
