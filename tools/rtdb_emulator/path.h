#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtdb_emulator {

/// Keys from the root down; empty: the root.
using Path = std::vector<std::string>;

/// Limits of the database: firebase.google.com/docs/database/usage/limits.
inline constexpr std::size_t kKeyBytesMax = 768;
inline constexpr std::size_t kDepthMax = 32;
inline constexpr std::size_t kStringBytesMax = 10'485'760;

/// What a request is refused with.
struct Refusal {
  int status = 400;
  std::string text;
};
inline constexpr char kPermissionDenied[] = "Permission denied";

/// Why `key` may not be one; nothing: it may.
std::optional<std::string> flaw_of_key(std::string_view key);
/// Whether a node can stand there: its keys have no flaw, except that `.priority` may be the last.
bool is_place(const Path& path);
bool is_of_priority(const Path& path);
/// Whether `b` is `a`, or stands below it.
bool is_prefix(const Path& a, const Path& b);
/// The rest of `path` below its ancestor `place`.
Path below(const Path& path, const Path& place);
/// A key of a PATCH body, or a URL's path after decoding: pieces between slashes, empty ones dropped.
Path split_path(std::string_view path);
std::string join(const Path& path);
/// Percent-decodes a query's part, where `+` is a blank; nothing for a malformed escape.
std::optional<std::string> url_decoded(std::string_view text);
bool is_valid_utf8(std::string_view text);

}  // namespace rtdb_emulator
