#include "broker_sim/tree_value.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace broker_sim {
namespace {

constexpr std::size_t kNestingMax = 40;

std::size_t nesting_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        in_string = false;
    } else if (text[i] == '"') {
      in_string = true;
    } else if (text[i] == '{' || text[i] == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

/// Bytes of the UTF-8 character at the start of `text`; 0 when there is none (Unicode 15, table 3-7).
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF && follows(1)) return 2;
  if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

nlohmann::json kept_number(const nlohmann::json& number) {
  if (!number.is_number_float()) return number;
  const double value = number.get<double>();
  constexpr double kExact = 9007199254740992.0;
  if (std::trunc(value) == value && std::abs(value) < kExact) return static_cast<std::int64_t>(value);
  return number;
}

}  // namespace

std::string encoded_key(std::string_view raw) {
  if (raw.empty()) return "%";
  std::string key;
  while (!raw.empty()) {
    const std::size_t size = character_size(raw);
    const unsigned char first = static_cast<unsigned char>(raw[0]);
    const bool reserved =
        first < 0x20 || first == 0x7F || std::string_view(".$#[]/%").find(raw[0]) != std::string_view::npos;
    if (size == 0 || reserved) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      key += {'%', kDigits[first >> 4], kDigits[first & 15]};
      raw.remove_prefix(1);
    } else {
      key += raw.substr(0, size);
      raw.remove_prefix(size);
    }
  }
  return key;
}

std::optional<nlohmann::json> parsed_payload(const std::string& payload) {
  // The parser takes a NUL for the end of the text; in JSON it may stand nowhere.
  if (payload.find('\0') != std::string::npos || nesting_of(payload) > kNestingMax) return std::nullopt;
  nlohmann::json value = nlohmann::json::parse(payload, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

nlohmann::json as_kept(const nlohmann::json& value, bool published) {
  nlohmann::json kept;
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      nlohmann::json kept_child = as_kept(child, published);
      if (!kept_child.is_null()) kept[published ? encoded_key(key) : key] = std::move(kept_child);
    }
    return kept;
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      nlohmann::json kept_child = as_kept(value[i], published);
      if (!kept_child.is_null()) kept[std::to_string(i)] = std::move(kept_child);
    }
    return kept;
  }
  return value.is_number() ? kept_number(value) : value;
}

Extent extent_of(const nlohmann::json& kept) {
  Extent longest;
  if (!kept.is_object()) return longest;
  for (const auto& [key, child] : kept.items()) {
    const Extent below = extent_of(child);
    longest.keys = std::max(longest.keys, below.keys + 1);
    longest.bytes = std::max(longest.bytes, below.bytes + key.size() + 1);
  }
  return longest;
}

}  // namespace broker_sim
