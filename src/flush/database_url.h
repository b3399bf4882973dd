#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "firebase_relay/result.h"

namespace firebase_relay::flush {

/// Where the database is. Made by the functions below; every part is valid.
struct DatabaseUrl {
  bool https = true;
  std::string host;  ///< in lower case, without the brackets of IPv6
  std::uint16_t port = 443;
  std::string base_path;  ///< node below which everything goes, as it stands in a URL; without slashes at its ends, may
                          ///< be empty
  std::string name_space;  ///< the emulator's `ns`; empty: none
  /// An emulator takes `Authorization: Bearer owner` and no other credential. Every plain http:// database is taken for
  /// one, unless there are credentials for it.
  bool emulator = false;

  /// This very machine: plaintext does not leave it.
  [[nodiscard]] bool is_local() const;
  /// base_path as the database's path it is.
  [[nodiscard]] std::string root() const;
  /// scheme://host[:port][/base]: no query.
  [[nodiscard]] std::string text() const;
  /// The same with the emulator's `ns`, for people.
  [[nodiscard]] std::string shown() const { return text() + (name_space.empty() ? "" : "?ns=" + name_space); }
  /// The node's URL. `encoded_path` is a database path as routes write it (keys encoded, joined by `/`; empty: the
  /// root); it is percent-encoded for the URL once more, so that the node `BRK%2EB` is asked for as `BRK%252EB`.
  /// `query` is appended as it stands, without `?`; the emulator's `ns` is added behind it.
  [[nodiscard]] std::string url_of(std::string_view encoded_path, std::string_view query) const;
  /// Where a PATCH of the location `encoded_base_path` goes: no body comes back, no limit on the size of a write.
  [[nodiscard]] std::string patch_url(std::string_view encoded_base_path) const;

  bool operator==(const DatabaseUrl&) const = default;
};

/// Is `host` (a name, or an address without brackets) this very machine? Also by 0.0.0.0, which leads here, and as
/// which Firebase's emulator prints its own.
bool is_this_machine(const std::string& host);

/// Reads `https://host[:port][/base/path][?ns=name]`; a trailing slash is harmless.
/// `http://` is taken when the host is this machine or `allow_plaintext` is set; its `ns` is `demo` unless the URL
/// says. Errors: kInvalid, with what was expected; the text is never part of an error, since it may hold a secret
/// (`?auth=`).
Result<DatabaseUrl> parse_database_url(std::string_view text, bool allow_plaintext);

/// Reads FIREBASE_DATABASE_EMULATOR_HOST: `host:port[?ns=name]`, no scheme. Without `ns` the first label of
/// `database_url`'s host is taken, or its own `ns`, else `project_id`, else `demo`; a base path of `database_url` is
/// kept. Both may be empty. Errors: as above.
Result<DatabaseUrl> parse_emulator_host(std::string_view text, std::string_view database_url,
                                        std::string_view project_id);

/// The database a project gets by default: https://PROJECT-default-rtdb.firebaseio.com. Wrong for regional databases
/// and for projects older than autumn 2020, which the first answer (404) tells.
/// Errors: kInvalid for what cannot be part of a host's name.
Result<DatabaseUrl> default_database_of(std::string_view project_id);

/// Appends `text` as it stands in a path or a query: all but RFC 3986's unreserved characters and `/` encoded.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace firebase_relay::flush
