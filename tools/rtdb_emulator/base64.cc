#include "rtdb_emulator/base64.h"

namespace rtdb_emulator {

std::optional<std::string> base64url_decoded(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string plain;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find_first_of("=."))) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    plain += static_cast<char>(bits >> count & 0xFF);
  }
  return plain;
}

}  // namespace rtdb_emulator
