#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_table.h"
#include "classify/matcher.h"
#include "classify/places.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::classify {

/// The newest value of each live path while a block is made. Nothing of them is copied before finish(): most are
/// overtaken until then.
///
/// Ownership: views of the values and of the places until finish(). Memory is kept from block to block.
/// Threads: one; every worker has its own.
class BlockValues {
 public:
  /// What all values of one message share.
  struct Origin {
    Sequence sequence;
    std::uint32_t ticket;  ///< LiveUpdate::kNoTicket when the message is counted by its history entry
    OrderMark order;
    /// The value of its history entry, which a large live value may be a part of, and where that stands; empty: none.
    std::string_view entry{};
    std::uint8_t entry_run = 0;      ///< index into FragmentBlock::history
    std::uint32_t entry_offset = 0;  ///< in its text
  };
  /// Where the value of one path is kept.
  using Slot = std::size_t;

  /// The first of the slots of a place's paths, one behind the other; those of paths with an id stay empty.
  Slot slots_of(Place& place, const FragmentBlock& block);
  /// The one of a path with an id.
  Slot slot_of(const Place& place, const Place::Path& path, std::string_view id);
  /// Puts down a value that overtakes what is in its slot; `block` counts both. `json` is not empty.
  void put(Slot slot, std::string_view json, const Origin& origin, FragmentBlock& block);

  /// Adds all that is left to `block`, and begins anew.
  void finish(FragmentBlock& block);

 private:
  struct Pending {
    std::string_view json;       ///< empty: none has come
    const char* path = nullptr;  ///< in its place; null for one with an id
    std::uint64_t path_hash = 0;
    std::uint32_t path_size = 0;
    std::uint32_t path_offset = 0;  ///< in id_path_text_; likewise the next one, of a path with an id only
    std::uint32_t before_id = 0;    ///< bytes before the id, with the slash
    std::uint32_t ticket = LiveUpdate::kNoTicket;
    Sequence sequence = 0;
    std::uint32_t history_offset = 0;             ///< where json stands in the text of a HistoryRun …
    std::uint8_t value_in = LiveUpdate::kInText;  ///< … which is this one's; kInText: it does not
    OrderMark order = OrderMark::kNone;
  };
  [[nodiscard]] std::string_view path_of(const Pending& pending) const {
    return {pending.path ? pending.path : id_path_text_.data() + pending.path_offset, pending.path_size};
  }

  std::vector<Pending> pending_;
  HashTable<std::uint32_t> id_paths_;  ///< to their place in pending_
  std::string id_path_text_;           ///< of all paths with an id
};

}  // namespace firebase_relay::classify
