#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace firebase_relay::classify {

/// The bytes at `at` as a number, read in one load of a fixed size.
template <class Word>
std::uint64_t word_of(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Spreads keys over a word: enough to tell a few dozen keys of one object apart. Loads are of a fixed size: bytes that
/// were copied into a word one by one cannot be read back from it without a stall.
inline std::uint64_t hash_of_key(std::string_view key) {
  const char* const begin = key.data();
  const char* const end = begin + key.size();
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  if (key.size() >= 8) {
    head = word_of<std::uint64_t>(begin);
    tail = word_of<std::uint64_t>(end - 8);
  } else if (key.size() >= 4) {
    head = word_of<std::uint32_t>(begin);
    tail = word_of<std::uint32_t>(end - 4);
  } else if (!key.empty()) {
    head = word_of<std::uint8_t>(begin) | word_of<std::uint8_t>(begin + key.size() / 2) << 8;
    tail = word_of<std::uint8_t>(end - 1);
  }
  const std::uint64_t mixed = (head ^ (tail * 0x9E3779B97F4A7C15ull) ^ key.size()) * 0xD6E8FEB86659FD93ull;
  return mixed ^ (mixed >> 32);
}

}  // namespace firebase_relay::classify
