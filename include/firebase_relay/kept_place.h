#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firebase_relay/kind.h"

namespace firebase_relay {

/// A place of history of which only the newest days are kept, as a route's `keep` says, or a person: where its days
/// stand.
struct KeptPlace {
  /// One key of the way down to what is removed.
  struct Piece {
    /// A key that is known, one of many (a ticker, a channel), or the day.
    enum class What : std::uint8_t { kLiteral, kAny, kDay };
    What what = What::kLiteral;
    std::string key;                     ///< kLiteral: as it stands between quotes
    std::vector<std::string> not_these;  ///< kAny: keys that belong to other routes, in the same spelling
  };
  std::vector<Piece> pieces;  ///< down to the node that is removed; one of them is a kDay
  std::uint32_t days = 0;     ///< that stay: today, and so many less one before it
  Kind kind = Kind::kUnrouted;
  std::optional<std::chrono::sys_days> before{};  ///< by hand: what is older than this day goes, whatever `days` says
  /// By hand: not the days go, but the entries that an earlier version left beside them. The kDay is the last piece.
  bool is_flat = false;

  bool operator==(const KeptPlace&) const = default;
};
inline bool operator==(const KeptPlace::Piece& a, const KeptPlace::Piece& b) {
  return a.what == b.what && a.key == b.key && a.not_these == b.not_these;
}

}  // namespace firebase_relay
