#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace firebase_relay::classify {

/// The parts of `text` between separators, of which there is at least one; empty ones stay.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace firebase_relay::classify
