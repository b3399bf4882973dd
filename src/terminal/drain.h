#pragma once

#include "relay/relay.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {

/// Drains `relay`, in its time; a signal meanwhile ends it at once.
relay::Outcome drain(relay::Relay& relay, const Signals& signals);

}  // namespace firebase_relay::terminal
