#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace test_support {

/// Letters and digits that no compression makes much smaller; the same for the same seed.
inline std::string random_text(std::uint64_t seed, std::size_t size) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
  std::mt19937_64 random(seed);
  std::string text(size, ' ');
  for (char& letter : text) letter = kLetters[random() % kLetters.size()];
  return text;
}

}  // namespace test_support
