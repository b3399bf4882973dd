#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace firebase_relay::classify {

/// Limits of one path in the database, encoded; its bytes with the slash in front. The SDKs refuse more for the whole
/// path with the value's own depth: firebase/firebase-js-sdk packages/database/src/core/util/Path.ts
/// (MAX_PATH_LENGTH_BYTES, MAX_PATH_DEPTH).
inline constexpr std::size_t kPathBytesMax = 768;
inline constexpr std::size_t kPathKeysMax = 32;

/// True for a byte that never stands in an encoded key: `. $ # [ ] / %`, 00-1F and 7F.
bool is_reserved_in_key(unsigned char byte) noexcept;

/// Is `raw` its own key, and needs no escape between quotes either? What append_encoded_key() and append_json_escaped()
/// would make of it, without a copy; most ids are.
bool is_plain_key(std::string_view raw) noexcept;

/// Appends `raw` as a key of the database: reserved bytes and those that are no valid UTF-8 as `%XX`, an empty key as
/// `%`. Injective, so two names never meet in one node. Returns the bytes appended.
std::size_t append_encoded_key(std::string_view raw, std::string& out);

/// The inverse: what append_encoded_key() was given. Text that it never writes comes back as it is.
std::string decode_key(std::string_view key);

/// Appends `text` as it stands between the quotes of a JSON string. Only `"` and `\` and control bytes change.
void append_json_escaped(std::string_view text, std::string& out);

/// Appends the UTF-8 that the inside of a JSON string stands for. False, with `out` undefined, for an invalid escape or
/// a lone surrogate; `lone_surrogate` tells which.
bool append_json_unescaped(std::string_view inside, std::string& out, bool& lone_surrogate);

}  // namespace firebase_relay::classify
