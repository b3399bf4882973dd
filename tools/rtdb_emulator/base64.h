#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtdb_emulator {

/// What `text` says in the base64 of URLs (RFC 4648, section 5), up to its padding: `=`, or `.` as the SDKs write it.
/// Nothing: it has other characters.
std::optional<std::string> base64url_decoded(std::string_view text);

}  // namespace rtdb_emulator
