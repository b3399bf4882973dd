#pragma once

#include <optional>

#include "classify/matcher.h"
#include "classify/opened.h"
#include "classify/places.h"
#include "firebase_relay/dead_letter.h"

namespace firebase_relay::classify {

/// Why a message may not be written, since a path below one of its values would be beyond a limit of the database;
/// nothing: it may. `base`: of the node below which everything is written. `history`: does it get an entry there?
std::optional<DeadLetterReason> over_path_limit(const Opened& payload, const Routed& routed, const Place& place,
                                                const Reach& base, bool history);

}  // namespace firebase_relay::classify
