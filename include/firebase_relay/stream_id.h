#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace firebase_relay {

/// Names one entry of a Redis Stream: `ms-seq`, a time in milliseconds and a number that tells the entries of one
/// millisecond apart. Ordered as Redis orders them; publishers may give ids that are no times, such as `1-1`. No entry
/// is `0-0`, which stands in front of all of them (redis.io/docs/data-types/streams, "Entry IDs").
struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;
  auto operator<=>(const StreamId&) const = default;  // NOLINT(modernize-use-nullptr): the compiler's own 0
};

/// The id that `text` is, as Redis writes it, `ms-seq` in decimal; nothing: it is none.
inline std::optional<StreamId> parse_stream_id(std::string_view text) {
  StreamId id;
  const char* const end = text.data() + text.size();
  const auto ms = std::from_chars(text.data(), end, id.ms);
  if (ms.ec != std::errc{} || ms.ptr == end || *ms.ptr != '-') return std::nullopt;
  const auto seq = std::from_chars(ms.ptr + 1, end, id.seq);
  if (seq.ec != std::errc{} || seq.ptr != end) return std::nullopt;
  return id;
}

/// As Redis writes it: parse_stream_id() reads it back.
inline std::string to_text(const StreamId& id) { return std::to_string(id.ms) + "-" + std::to_string(id.seq); }

/// How far a stream has been read: up to an entry, and how many were ever added up to it, those that were trimmed or
/// deleted too (ENTRIESREAD; nothing: not known).
struct StreamPosition {
  StreamId id;
  std::optional<std::uint64_t> entries;
  bool operator==(const StreamPosition&) const = default;
};

/// Where an earlier run of the relay had come to in a stream.
struct RememberedPosition {
  StreamPosition position;
  bool is_last = false;  ///< it ended there; else it went on from there, and nobody knows how far
  bool operator==(const RememberedPosition&) const = default;
};

}  // namespace firebase_relay
