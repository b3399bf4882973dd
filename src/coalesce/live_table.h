#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/hash_table.h"
#include "coalesce/live_path.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::coalesce {

/// The live paths, each in a slot of its own: found by their hash, and staying where they are in memory, because what
/// is under way has views of their texts.
///
/// Pure; one thread.
class LiveTable {
 public:
  using Slot = std::uint32_t;

  /// That of `path`; taken for it when there is none yet. `value_size`: how large its text is likely to be.
  Slot slot_for(std::string_view path, std::uint64_t hash, std::size_t value_size);
  [[nodiscard]] const Slot* find(std::string_view path, std::uint64_t hash);
  void erase(Slot slot, LivePath& entry);

  [[nodiscard]] LivePath& operator[](Slot slot) { return values_[slot]; }
  [[nodiscard]] const LivePath& operator[](Slot slot) const { return values_[slot]; }
  /// Slots are below it; some of them may be free.
  [[nodiscard]] Slot end() const { return static_cast<Slot>(values_.size()); }
  [[nodiscard]] std::size_t size() const { return values_.size() - free_.size(); }

  /// These are looked up next, beginning with number `next`: brings nearer what the ones behind it will read.
  void prefetch(const std::vector<LiveUpdate>& updates, std::size_t next);

 private:
  std::deque<LivePath> values_;
  std::vector<Slot> free_;
  HashTable<Slot> index_;
};

}  // namespace firebase_relay::coalesce
