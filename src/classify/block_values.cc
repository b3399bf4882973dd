#include "classify/block_values.h"

#include <functional>

namespace firebase_relay::classify {
namespace {

constexpr std::size_t kCopiedBytesMax = 256;  // a smaller value is better off beside its path

bool is_part_of(std::string_view part, std::string_view whole) {
  const std::less<> is_before;  // of any two pointers
  return !is_before(part.data(), whole.data()) && is_before(part.data(), whole.data() + whole.size());
}

}  // namespace

BlockValues::Slot BlockValues::slots_of(Place& place, const FragmentBlock& block) {
  if (place.block != block.number) {
    place.block = block.number;
    place.first_slot = pending_.size();
    for (const Place::Path& path : place.paths) {
      Pending& pending = pending_.emplace_back();
      const std::string_view whole = place[path.whole];
      pending.path = whole.data();
      pending.path_size = path.whole.size;
      pending.path_hash = path.hash;
    }
  }
  return place.first_slot;
}

BlockValues::Slot BlockValues::slot_of(const Place& place, const Place::Path& path, std::string_view id) {
  const std::size_t offset = id_path_text_.size();
  id_path_text_ += place[path.whole];
  id_path_text_ += id;
  id_path_text_ += place[path.suffix];
  const std::string_view whole = std::string_view(id_path_text_).substr(offset);
  const std::uint64_t hash = hash_of_path(whole);
  const std::uint32_t* known =
      id_paths_.find(hash, [&](std::uint32_t slot) { return path_of(pending_[slot]) == whole; });
  if (known) {
    id_path_text_.resize(offset);
    return *known;
  }
  const Slot slot = pending_.size();
  id_paths_.add(hash, static_cast<std::uint32_t>(slot));
  Pending& pending = pending_.emplace_back();
  pending.path_hash = hash;
  pending.path_offset = static_cast<std::uint32_t>(offset);
  pending.path_size = static_cast<std::uint32_t>(whole.size());
  pending.before_id = path.whole.size;
  return slot;
}

void BlockValues::put(Slot slot, std::string_view json, const Origin& origin, FragmentBlock& block) {
  Pending& pending = pending_[slot];
  if (origin.ticket != LiveUpdate::kNoTicket) ++block.tickets[origin.ticket].updates;
  if (!pending.json.empty()) {
    ++block.updates_coalesced;
    if (pending.ticket != LiveUpdate::kNoTicket) {
      Ticket& overtaken = block.tickets[pending.ticket];
      if (--overtaken.updates == 0) ++block.coalesced[static_cast<std::size_t>(overtaken.kind)];
    }
  }
  pending.json = json;
  pending.ticket = origin.ticket;
  pending.sequence = origin.sequence;
  pending.order = origin.order;
  pending.value_in = LiveUpdate::kInText;
  if (json.size() <= kCopiedBytesMax || !is_part_of(json, origin.entry)) return;
  pending.value_in = origin.entry_run;
  pending.history_offset = origin.entry_offset + static_cast<std::uint32_t>(json.data() - origin.entry.data());
}

void BlockValues::finish(FragmentBlock& block) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const Pending& pending : pending_) {
    if (pending.json.empty()) continue;
    ++count;
    bytes += path_of(pending).size() + (pending.value_in == LiveUpdate::kInText ? pending.json.size() : 0);
  }
  block.live.reserve(count);
  block.text.reserve(bytes);
  for (const Pending& pending : pending_) {
    if (pending.json.empty()) continue;
    const LiveValue value{path_of(pending), pending.path_hash, pending.json,
                          pending.sequence, pending.ticket,    !pending.path};
    const LiveUpdate& update = pending.value_in == LiveUpdate::kInText
                                   ? block.add_live(value)
                                   : block.add_live_in_history(value, pending.value_in, pending.history_offset);
    if (pending.order != OrderMark::kNone && !pending.path)
      block.add_order(update, pending.before_id - 1, pending.order == OrderMark::kClosed);
  }
  pending_.clear();
  id_paths_.clear();
  id_path_text_.clear();
}

}  // namespace firebase_relay::classify
