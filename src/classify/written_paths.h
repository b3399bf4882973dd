#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "classify/routes.h"

namespace firebase_relay::classify {

/// A path that a table writes, as far as it is known before a message has come.
struct WrittenPath {
  /// "" for one to fill in, which may become anything; kDay and kEntry for a day and an entry's key, which are never
  /// the same.
  std::vector<std::string> keys;
  static constexpr const char* kDay = "{DATE}";
  static constexpr const char* kEntry = "{KEY}";
  std::string place;  ///< in the file: `/routes/2/live`
  std::string text;   ///< as the file has it
};

/// All paths of `table`, history with its key.
std::vector<WrittenPath> written_paths(const RouteTable& table);

/// Could the first `keys` keys of both be the same? Both have so many.
bool could_begin(const WrittenPath& b, const WrittenPath& a, std::size_t keys);

/// Of all `paths` of one table: throws Mistake when one of them could be above another, or above or below the relay's
/// own state, or when two values of one message could go to the same path.
void refuse_ancestors(const std::vector<WrittenPath>& paths);

/// Two tables whose values may travel in one PATCH, since those of the older one still wait when the newer one begins:
/// what stands in the way, in one line, if a path of one could be above one of the other.
std::optional<std::string> clash_between(const std::vector<WrittenPath>& older, const std::vector<WrittenPath>& newer);

}  // namespace firebase_relay::classify
