#include "rtdb_emulator/path.h"

#include <algorithm>
#include <charconv>

namespace rtdb_emulator {

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
    if (size == 0 || i + size > text.size()) return false;
    unsigned point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      const auto tail = static_cast<unsigned char>(text[i + k]);
      if ((tail & 0xC0) != 0x80) return false;
      point = point << 6 | (tail & 0x3Fu);
    }
    constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[size] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    i += size;
  }
  return true;
}

std::optional<std::string> flaw_of_key(std::string_view key) {
  constexpr char kFlaw[] = "Key value can't be empty or contain $ # [ ] / or .";
  if (key.empty() || key.find_first_of("$#[]/.") != std::string_view::npos) return kFlaw;
  for (const char c : key) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "Key value can't contain ASCII control characters.";
  }
  if (key.size() > kKeyBytesMax) return "Key value is longer than 768 bytes.";
  return std::nullopt;
}

bool is_of_priority(const Path& path) { return !path.empty() && path.back() == ".priority"; }

bool is_prefix(const Path& a, const Path& b) {
  return a.size() <= b.size() && std::equal(a.begin(), a.end(), b.begin());
}

Path below(const Path& path, const Path& place) {
  return Path(path.begin() + static_cast<std::ptrdiff_t>(place.size()), path.end());
}

bool is_place(const Path& path) {
  const auto end = path.end() - (is_of_priority(path) ? 1 : 0);
  return std::none_of(path.begin(), end, [](const std::string& key) { return flaw_of_key(key).has_value(); });
}

Path split_path(std::string_view path) {
  Path keys;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) keys.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return keys;
}

std::string join(const Path& path) {
  std::string text;
  for (const std::string& key : path) text += (text.empty() ? "" : "/") + key;
  return text;
}

std::optional<std::string> url_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      plain += ' ';
    } else if (text[i] == '%') {
      unsigned value = 0;
      const char* begin = text.data() + i + 1;
      if (i + 2 >= text.size() || std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) return std::nullopt;
      plain += static_cast<char>(value);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace rtdb_emulator
