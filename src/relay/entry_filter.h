#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive/line.h"
#include "classify/routes.h"
#include "firebase_relay/kind.h"

namespace firebase_relay::relay {

/// Which entries of an archive are history by the routes, of any ticker and kind or of one: their paths are held
/// against the places that routes give to history. A day in such a place may be missing in a path, or stand in it where
/// the route has none: trees of an earlier version, or of other routes, had it so.
///
/// Threads: one. Keeps what it found, by place.
class EntryFilter {
 public:
  /// `ticker`: as published; empty: any. `kind`: nothing: any. `routes` is not kept.
  EntryFilter(const classify::RouteTable& routes, const std::string& ticker, std::optional<Kind> kind);

  [[nodiscard]] bool wants(const archive::Line& line);
  /// Is `path` (as between quotes, without the entries' key) such a place? Finds it out each time.
  [[nodiscard]] bool wants_place(std::string_view path) const;

 private:
  /// One key of a place: what stands before and behind what is filled in.
  struct Part {
    std::string before;
    std::string behind;
    std::optional<classify::PathTemplate::Piece> filled;  ///< nothing: `before` is all of it
  };
  using Place = std::vector<Part>;
  using Keys = std::vector<std::string_view>;

  static Place place_of(const classify::PathTemplate& path);
  [[nodiscard]] bool fits(const Part& part, std::string_view key) const;
  [[nodiscard]] bool fits(const Place& place, const Keys& keys) const;

  std::string ticker_;         ///< as a key; empty: any
  std::vector<Place> places_;  ///< of the kind, and of such as have a ticker if one is wanted
  std::unordered_map<std::string, bool> known_;
};

}  // namespace firebase_relay::relay
