#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/result.h"

namespace firebase_relay::terminal {

/// One `key = value` of a TOML file, the value as text; the elements of an array joined by commas.
struct ConfigEntry {
  std::string key;
  std::string text;
  std::size_t line;  ///< from 1, where the key stands
};

/// Reads flat TOML: strings, numbers, booleans, and arrays of them. docs/decisions/0007 says why no library does.
///
///     file    = { [ key "=" ( scalar | "[" [ scalar { "," scalar } [ "," ] ] "]" ) ] [ "#" comment ] newline }
///     key     = letters, digits, `-` and `_`, or a string
///     scalar  = "string" with TOML's escapes | 'literal string' | number | true | false
///
/// Errors: kInvalid with the line and what was expected; one line, never a value, since that may be a secret.
/// Source: toml.io/en/v1.0.0; tables, dotted keys, dates and multi-line strings are refused.
Result<std::vector<ConfigEntry>> parse_config(std::string_view toml);

/// parse_config() of a file; errors begin with its name. Fails with kIo, too.
Result<std::vector<ConfigEntry>> read_config_file(const std::string& file);

/// The whole of a small file. Fails with kIo when it cannot be read or is over 1 MiB.
/// `shown`: its name in errors.
Result<std::string> read_small_file(const std::string& file, const std::string& shown);

}  // namespace firebase_relay::terminal
