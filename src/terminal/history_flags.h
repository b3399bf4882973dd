#pragma once

#include <optional>
#include <string>

#include "archive/calendar.h"
#include "firebase_relay/kind.h"
#include "firebase_relay/result.h"

namespace firebase_relay::terminal {

// Flags by which a person says what of the history is meant. Empty texts were not given. Errors: kInvalid, with the
// flag and what was expected.

/// The day that `flag` (`--from`) names, in UTC.
Result<std::optional<archive::Day>> day_given(const char* flag, const std::string& text);
/// The kind that --kind names.
Result<std::optional<Kind>> kind_given(const std::string& text);

}  // namespace firebase_relay::terminal
