#pragma once

#include "firebase_relay/result.h"

namespace firebase_relay::terminal {

/// Says on stderr, in one line, what is wrong and what to do about it. What a person typed may stand in it, so it is
/// made fit for a terminal. Returns what to exit with.
int complain(const Error& error);

}  // namespace firebase_relay::terminal
