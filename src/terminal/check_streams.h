#pragma once

#include "relay/options.h"
#include "terminal/report.h"

namespace firebase_relay::terminal {

/// Looks at the streams of `options` as a relay would read them, and writes nothing: a line for Redis, and one for each
/// stream, with how much it holds, of how long a time that is, and how much of it is not noted as read. A right that is
/// missing is named. Waits seconds at most.
void check_streams(const relay::Options& options, Report& report);

}  // namespace firebase_relay::terminal
