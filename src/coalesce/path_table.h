#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash_table.h"
#include "base/stable_vector.h"
#include "coalesce/live_path.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::coalesce {

/// The live paths, each in a slot of its own: found by their hash, and staying where they are in memory, because what
/// is under way has views of their texts.
///
/// Memory: paths that rest, at most 100,000, have some 300 bytes each: ten thousand tickers with a price, a performance
/// and a registration.
/// Pure; one thread.
class PathTable {
 public:
  /// Names a path for as long as it is in the table.
  using Slot = std::uint32_t;

  /// The slot of `path`. If it has none, takes a free one for it, with room for a value of `value_size` bytes.
  Slot slot_for(std::string_view path, std::uint64_t hash, std::size_t value_size);
  /// The slot of `path`; null: it has none. Valid until the next change of the table.
  [[nodiscard]] const Slot* find(std::string_view path, std::uint64_t hash);
  /// Nothing needs `entry` any more, which is in `slot`. A small one of a path that is no order's rests there until its
  /// next value comes, which for a price is soon; any other is gone.
  void release(Slot slot, LivePath& entry);

  [[nodiscard]] LivePath& operator[](Slot slot) { return values_[slot]; }
  [[nodiscard]] const LivePath& operator[](Slot slot) const { return values_[slot]; }
  /// To go through all values: slots are the numbers below this one, and some of them may be free.
  [[nodiscard]] Slot end() const { return static_cast<Slot>(values_.size()); }
  /// Of those that do not rest.
  [[nodiscard]] std::size_t size() const { return values_.size() - free_.size() - resting_; }

  /// As LiveValues::prefetch().
  void prefetch(const std::vector<LiveUpdate>& updates, std::size_t next);

 private:
  void erase(Slot slot, LivePath& entry);

  StableVector<LivePath> values_;
  std::vector<Slot> free_;
  HashTable<Slot> index_;
  std::size_t resting_ = 0;
};

}  // namespace firebase_relay::coalesce
