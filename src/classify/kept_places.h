#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "classify/routes.h"
#include "classify/written_paths.h"
#include "firebase_relay/kept_place.h"
#include "firebase_relay/kind.h"
#include "firebase_relay/result.h"

namespace firebase_relay::classify {

/// The places in which `table` keeps history, of any kind or of one, each once; KeptPlace::days is 0 where all of it is
/// kept. A key of which several may stand somewhere (a ticker, a channel) is none that another route names at this very
/// place: `_channels` is no ticker.
std::vector<KeptPlace> history_places(const RouteTable& table, std::optional<Kind> kind);

/// Those of which `table` keeps only the newest days.
std::vector<KeptPlace> kept_places(const RouteTable& table);

/// The history paths of `table` of which nothing is ever removed, as its file has them, each once.
std::vector<std::string> endless_history(const RouteTable& table);

/// What a person wants to be gone, whatever routes keep.
struct WhatIsOld {
  std::chrono::sys_days before;  ///< what is older
  std::string ticker;            ///< as it is published; empty: of any, and what has none
  std::optional<Kind> kind;      ///< nothing: of any
  bool flat = false;             ///< not the days, but the entries that an earlier version left beside them
};
/// The places of `table` that have days, as far as it is about them, each once.
/// Errors: kInvalid, where a person has to say more or ask for less, since it is not clear what would go: another route
/// could have written below a day, or another kind goes to the same place. Or where no place is left.
Result<std::vector<KeptPlace>> places_of(const RouteTable& table, const WhatIsOld& old);

/// Throws Mistake when it is not clear what a `keep` of `table` may remove: another route keeps the same place
/// differently, or may write something else below one of its days.
void refuse_unclear_keeping(const RouteTable& table);

}  // namespace firebase_relay::classify
