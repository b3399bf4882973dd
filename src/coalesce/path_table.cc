#include "coalesce/path_table.h"

#include <memory>

#include "base/invariant.h"
#include "base/prefetch.h"

namespace firebase_relay::coalesce {

PathTable::Slot PathTable::slot_for(std::string_view path, std::uint64_t hash, std::size_t value_size) {
  if (const Slot* known = find(path, hash)) {
    if (values_[*known].status == LivePath::Status::kFree) --resting_;
    return *known;
  }
  Slot slot = end();
  if (free_.empty()) {
    values_.grow();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  values_[slot].set_path(path, hash, value_size);
  index_.add(hash, slot);
  return slot;
}

const PathTable::Slot* PathTable::find(std::string_view path, std::uint64_t hash) {
  return index_.find(hash, [this, path](Slot slot) { return values_[slot].path() == path; });
}

void PathTable::release(Slot slot, LivePath& entry) {
  constexpr std::size_t kRestingMax = 100'000;
  invariant(entry.row.is_clear(), "a path is let go that has a row");
  if (entry.is_order || entry.text.capacity() > LivePath::kSmallText || resting_ >= kRestingMax)
    return erase(slot, entry);
  entry.rest();
  ++resting_;
}

void PathTable::erase(Slot slot, LivePath& entry) {
  invariant(!entry.text.empty(), "a path is erased twice");
  index_.erase(entry.hash, [slot](Slot other) { return other == slot; });
  // Made anew: assigned to, its texts would keep their memory, and a flood of large values would stay for good.
  std::destroy_at(&entry);
  std::construct_at(&entry);
  free_.push_back(slot);
}

void PathTable::prefetch(const std::vector<LiveUpdate>& updates, std::size_t next) {
  constexpr std::size_t kStep = 4;  // by then what was asked for has come: the slot, then the entry, then its text
  if (next + 3 * kStep < updates.size()) index_.prefetch(updates[next + 3 * kStep].path_hash);
  if (next + 2 * kStep < updates.size()) {
    const Slot* slot = index_.find(updates[next + 2 * kStep].path_hash);
    if (slot) firebase_relay::prefetch(values_[*slot]);
  }
  if (next + kStep < updates.size()) {
    const Slot* slot = index_.find(updates[next + kStep].path_hash);
    if (slot) __builtin_prefetch(values_[*slot].text.data());
  }
}

}  // namespace firebase_relay::coalesce
