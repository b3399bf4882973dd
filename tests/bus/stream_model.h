#pragma once

#include "bus/stream_cursor.h"

namespace firebase_relay::bus {

/// A stream that is kept as Redis 7 keeps one. Ids are `1-0`, `2-0`, …
struct Model {
  std::uint64_t added = 0;
  std::uint64_t trimmed = 0;  ///< from the front
  std::uint64_t deleted = 0;  ///< behind that, by XDEL
  std::optional<StreamId> max_deleted;
  bool is_old = false;  ///< before Redis 7, which counts nothing

  void add(std::uint64_t entries) { added += entries; }
  void trim_to(std::uint64_t length) { trimmed = added - length; }
  [[nodiscard]] StreamInfo info() const {
    StreamInfo said;
    said.length = added - trimmed - deleted;
    said.last_generated = {added, 0};
    if (said.length > 0) said.first = StreamId{trimmed + 1, 0};
    if (is_old) return said;
    said.added = added;
    said.max_deleted = max_deleted.value_or(StreamId{});
    return said;
  }
};

inline GroupInfo group_at(std::uint64_t id, std::optional<std::uint64_t> entries) { return {{id, 0}, entries, 0, 0}; }

}  // namespace firebase_relay::bus
