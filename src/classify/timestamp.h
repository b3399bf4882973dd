#pragma once

#include <optional>
#include <string_view>

#include "firebase_relay/time.h"

namespace firebase_relay::classify {

/// The moment that a publisher's `timestamp` names, cut to milliseconds: ISO 8601 with `T` or a blank, with or without
/// a zone (none: UTC) and a fraction; or seconds since 1970, with or without a fraction. `text` is the inside of a JSON
/// string, or a JSON number. Empty for anything else: such a time counts as absent.
std::optional<UtcMillis> parse_timestamp(std::string_view text);

}  // namespace firebase_relay::classify
