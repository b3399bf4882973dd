#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace firebase_relay {

/// Length of the valid UTF-8 sequence at the start of `text`, which is not empty; 0: none. RFC 3629, table 3-7 of
/// Unicode.
std::size_t utf8_length(std::string_view text) noexcept;

/// Is this one character what a terminal obeys instead of showing it? C0, DEL and C1, and what turns the direction of
/// text around (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), so that one thing is shown and another is there.
/// And what nobody sees: U+200B, U+2060 and the byte order mark U+FEFF.
bool is_control(std::string_view character) noexcept;

}  // namespace firebase_relay
