#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace firebase_relay::archive {

/// A line of an archive, taken apart. Views of it.
struct Line {
  std::string_view text;   ///< all of it, without its end
  std::string_view path;   ///< as it stands between the quotes: encoded and escaped
  std::string_view key;    ///< of the entry: the last 20 characters of the path
  std::string_view value;  ///< JSON, not looked at
};

/// Takes `{"history/AAPL/prices/-O…":VALUE}` apart. Nothing: it is no such line. Only what stands around the value is
/// looked at.
std::optional<Line> parse_line(std::string_view text);
/// N of `{"sealed":N}`, the last line of what was sealed together.
std::optional<std::uint64_t> parse_count(std::string_view text);

}  // namespace firebase_relay::archive
