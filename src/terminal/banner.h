#pragma once

#include <string>
#include <vector>

#include "relay/options.h"

namespace firebase_relay::terminal {

/// What `run` says first: from where to where, and every setting in effect. Secrets are masked, files of secrets are
/// named. `options` name a database.
std::vector<std::string> banner(const relay::Options& options);

}  // namespace firebase_relay::terminal
