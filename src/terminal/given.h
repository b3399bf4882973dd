#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/result.h"
#include "terminal/config_file.h"
#include "terminal/flag_table.h"

namespace firebase_relay::terminal {

/// Where a setting comes from; the higher wins.
enum class Level : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };

/// A setting as a person gave it.
struct Given {
  std::string text;
  std::string origin;  ///< for errors: `--workers`, `environment variable X`, `relay.toml:3: workers`
  Level level;
};

/// By Flag::name (static storage).
using Settings = std::map<std::string_view, Given>;

/// Adds what the TOML file says. Fails on a key that is no flag.
Result<void> take_entries(const std::vector<ConfigEntry>& entries, const std::string& file, Settings& settings);

/// The one line that says where, what was given and why not. What may hold a secret is shown without it.
tl::unexpected<Error> wrong(const Given& given, const Flag& flag, const std::string& complaint);

/// Fails, in one line without the text, when a character that is hard to see stands at one of its ends, or when the
/// content of a secret's file stands where its name is expected.
Result<void> expect_clean(const Given& given, const Flag& flag);

/// A URL without what may be secret in it: `***` for all before an `@`, for what stands in the port's place and is
/// none, and behind whatever is no plain path.
std::string masked(std::string_view url);

/// The one of `known`, which is not empty, that is nearest to `word`.
const std::string& nearest(std::string_view word, const std::vector<std::string>& known);

/// `; did you mean X?` for the one of `known` that is nearest to `word`, or `otherwise` when none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known, std::string_view otherwise);

}  // namespace firebase_relay::terminal
