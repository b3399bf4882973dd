#include "base/terminal_text.h"

namespace firebase_relay {

std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte_at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte_at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  const std::uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(1) < least || byte_at(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool is_control(std::string_view character) noexcept {
  const auto byte_at = [&](std::size_t i) { return static_cast<std::uint8_t>(character[i]); };
  if (character.size() == 1) return byte_at(0) < 0x20 || byte_at(0) == 0x7F;
  if (character.size() == 2) return byte_at(0) == 0xC2 && byte_at(1) < 0xA0;
  if (character == "\xEF\xBB\xBF") return true;
  if (character.size() != 3 || byte_at(0) != 0xE2) return false;
  const std::uint8_t last = byte_at(2);
  if (byte_at(1) == 0x80) return last == 0x8B || last == 0x8E || last == 0x8F || (last >= 0xAA && last <= 0xAE);
  return byte_at(1) == 0x81 && (last == 0xA0 || (last >= 0xA6 && last <= 0xA9));
}

}  // namespace firebase_relay
