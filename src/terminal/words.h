#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/result.h"
#include "terminal/flag_table.h"

namespace firebase_relay::terminal {

/// The words behind the command, told apart; what their texts mean is not decided here.
struct Words {
  std::map<std::string_view, std::string> flags;          ///< by Flag::name; of one given twice, the last counts
  std::map<std::string_view, std::string> command_flags;  ///< by CommandFlag::name
  std::vector<std::string> plain;                         ///< no more than the command takes
};

/// Reads `--name TEXT`, `--name=TEXT`, switches (`--name`, for `--history` also `--no-history`) and plain words. A
/// switch takes its text behind `=` alone, so that `--log-messages off` cannot swallow the next word. A list
/// (`--channels`, `--streams`) given several times adds up. Behind `--` all words are plain.
///
/// Errors: kInvalid in one line, which never shows what stands behind a `=`, since that may be a secret.
Result<Words> read_words(const std::vector<std::string>& arguments, Command command);

}  // namespace firebase_relay::terminal
