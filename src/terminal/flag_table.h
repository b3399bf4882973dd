#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/result.h"
#include "relay/options.h"

namespace firebase_relay::terminal {

/// What the program is asked to do.
enum class Command : std::uint8_t { kRun, kCheck, kTap, kDeadLetters, kReplay, kExport, kPrune, kStatus, kHealthcheck };
inline constexpr std::size_t kCommandCount = 9;

/// A row of the table of commands.
struct CommandRow {
  Command command;
  std::string_view name;
  std::string_view arguments;  ///< for the usage line
  std::size_t words_min;       ///< words behind the command that are no flags
  std::size_t words_max;
  std::string_view help;
};
std::span<const CommandRow> command_table();

/// How --help and docs/settings.md put flags together, in this order.
enum class Group : std::uint8_t { kRedis, kDatabase, kDelivery, kLimits, kDisk, kWatching, kConfiguration };
inline constexpr std::size_t kGroupCount = 7;
std::string_view name_of(Group group);

/// One setting: everything that the command line, the environment, the TOML file, --help, docs/settings.md and
/// .env.example know of it. Its key in the TOML file is its long name.
struct Flag {
  std::string_view name;        ///< long, without the dashes
  std::string_view value_name;  ///< what stands behind it in --help; empty: a switch
  std::string_view
      environment;  ///< variables, separated by blanks, the first wins; empty: FIREBASE_RELAY_ and the name
  std::string_view default_text;  ///< applied as if it were given; empty: Options' own
  std::string_view default_note;  ///< shown instead of default_text when that says too little
  Group group;
  std::uint16_t commands;  ///< whose --help shows it: bits of 1 << Command; every command takes it
  bool may_hold_secret;    ///< its value is never printed as it was given
  std::string_view help;
  /// Puts `text` into `options`, or says what was expected instead. Null: flags.cc decides, since it takes more than
  /// one setting.
  Result<void> (*set)(relay::Options& options, std::string_view text);

  /// Are its values several, separated by commas? Given several times they add up.
  [[nodiscard]] bool is_list() const { return value_name.ends_with(",…"); }
};

/// Every flag, in the order of --help.
std::span<const Flag> flag_table();
/// The flag of that name, or null.
const Flag* find_flag(std::string_view name);
/// The variables that set it, the most important first.
std::vector<std::string> environment_of(const Flag& flag);

/// FIREBASE_RELAY_ and the flag's name: its variable, unless the table has others.
std::string own_variable_of(const Flag& flag);
/// Is `flag` one that `command` goes by? `check` looks at all that `run` uses.
bool is_used_by(const Flag& flag, Command command);

/// A flag of one command alone: no environment, no key in the file.
struct CommandFlag {
  Command command;
  std::string_view name;
  std::string_view value_name;
  std::string_view help;
};
std::span<const CommandFlag> command_flag_table();

}  // namespace firebase_relay::terminal
