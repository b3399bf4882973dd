#pragma once

#include <optional>
#include <string>

#include "terminal/flag_table.h"

namespace firebase_relay::terminal {

/// What --help prints, at most 100 columns wide: all commands and flags, or for `command` its own. Made from the tables
/// alone, so it never holds a value of this machine.
std::string help_text(std::optional<Command> command);

/// `firebase-relay 0.1.0`
std::string version_text();

/// A flag as it stands in --help: `--workers N`, `--log-messages[=auto|on|off]`, `--[no-]history`.
std::string usage_of(const Flag& flag);

/// What is shown as its default.
std::string default_of(const Flag& flag);

}  // namespace firebase_relay::terminal
