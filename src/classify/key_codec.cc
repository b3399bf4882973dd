#include "classify/key_codec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace firebase_relay::classify {
namespace {

constexpr std::array<bool, 256> kReserved = [] {
  std::array<bool, 256> reserved{};
  for (unsigned byte = 0; byte < 0x20; ++byte) reserved[byte] = true;
  for (const char byte : {'.', '$', '#', '[', ']', '/', '%', '\x7F'}) reserved[static_cast<unsigned char>(byte)] = true;
  return reserved;
}();

constexpr char kHex[] = "0123456789ABCDEF";

void append_percent(unsigned char byte, std::string& out) {
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

/// Length of the valid UTF-8 sequence at the start of `text`, or 0. Table 3-7 of the Unicode standard.
std::size_t utf8_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto is_tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (first == 0xE0 && at(1) < 0xA0) return 0;
    if (first == 0xED && at(1) > 0x9F) return 0;
    return is_tail(1) && is_tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (first == 0xF0 && at(1) < 0x90) return 0;
    if (first == 0xF4 && at(1) > 0x8F) return 0;
    return is_tail(1) && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Four hex digits at `at`, or -1.
std::int32_t hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return error == std::errc() && end == text.data() + at + 4 && text[at] != '-' ? value : -1;
}

/// The code point of a `\uXXXX` at `at`, a surrogate pair included; moves `at` behind it. Negative when invalid.
std::int32_t unicode_escape(std::string_view text, std::size_t& at, bool& lone_surrogate) {
  const std::int32_t first = hex4(text, at + 2);
  at += 6;
  if (first < 0xD800 || first > 0xDFFF) return first;
  lone_surrogate = true;
  if (first > 0xDBFF || at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  const std::int32_t second = hex4(text, at + 2);
  if (second < 0xDC00 || second > 0xDFFF) return -1;
  lone_surrogate = false;
  at += 6;
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

template <class Predicate>
std::size_t length_while(std::string_view text, Predicate holds) {
  std::size_t length = 0;
  while (length < text.size() && holds(static_cast<unsigned char>(text[length]))) ++length;
  return length;
}

}  // namespace

bool is_reserved_in_key(unsigned char byte) noexcept { return kReserved[byte]; }

bool is_plain_key(std::string_view raw) noexcept {
  static constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (unsigned byte = 0; byte < 0x80; ++byte) plain[byte] = !kReserved[byte] && byte != '"' && byte != '\\';
    return plain;
  }();
  return !raw.empty() &&
         std::all_of(raw.begin(), raw.end(), [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
}

std::size_t append_encoded_key(std::string_view raw, std::string& out) {
  const std::size_t before = out.size();
  if (raw.empty()) out += '%';
  while (!raw.empty()) {
    const std::size_t plain = length_while(raw, [](unsigned char byte) { return byte < 0x80 && !kReserved[byte]; });
    out.append(raw, 0, plain);  // mostly all of it
    raw.remove_prefix(plain);
    if (raw.empty()) break;
    const auto byte = static_cast<unsigned char>(raw.front());
    const std::size_t sequence = utf8_sequence(raw);
    if (sequence == 0 || kReserved[byte]) {
      append_percent(byte, out);
      raw.remove_prefix(1);
    } else {
      out.append(raw, 0, sequence);
      raw.remove_prefix(sequence);
    }
  }
  return out.size() - before;
}

std::string decode_key(std::string_view key) {
  if (key == "%") return {};
  std::string raw;
  for (std::size_t i = 0; i < key.size(); ++i) {
    unsigned value = 0;
    if (key[i] == '%' && i + 3 <= key.size() &&
        std::from_chars(key.data() + i + 1, key.data() + i + 3, value, 16).ptr == key.data() + i + 3) {
      raw += static_cast<char>(value);
      i += 2;
    } else {
      raw += key[i];
    }
  }
  return raw;
}

void append_json_escaped(std::string_view text, std::string& out) {
  const std::size_t plain =
      length_while(text, [](unsigned char byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; });
  out.append(text, 0, plain);  // mostly all of it
  for (const char character : text.substr(plain)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += character;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += character;
    }
  }
}

bool append_json_unescaped(std::string_view inside, std::string& out, bool& lone_surrogate) {
  lone_surrogate = false;
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  for (std::size_t at = 0; at < inside.size();) {
    if (inside[at] != '\\') {
      out += inside[at++];
      continue;
    }
    if (at + 1 >= inside.size()) return false;
    if (inside[at + 1] == 'u') {
      const std::int32_t point = unicode_escape(inside, at, lone_surrogate);
      if (point < 0) return false;
      append_utf8(static_cast<std::uint32_t>(point), out);
      continue;
    }
    const std::size_t which = kEscapes.find(inside[at + 1]);
    if (which == std::string_view::npos) return false;
    out += kMeanings[which];
    at += 2;
  }
  return true;
}

}  // namespace firebase_relay::classify
