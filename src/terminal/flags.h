#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/result.h"
#include "relay/options.h"
#include "terminal/environment.h"
#include "terminal/flag_table.h"

namespace firebase_relay::terminal {

/// What `export` is asked for, as it was given; the command judges it.
struct ExportFlags {
  std::string from, to;  ///< days; empty: the oldest, the newest
  std::string ticker;    ///< empty: any
  std::string kind;      ///< empty: any
  std::string format = "jsonl";
  std::string fields;          ///< empty: those of the first entry
  bool from_database = false;  ///< instead of the archive
  bool yes = false;            ///< downloads without asking
};

/// Likewise of `prune`.
struct PruneFlags {
  std::string before;  ///< a day; empty: not given
  std::string ticker;  ///< empty: any
  std::string kind;    ///< empty: any
  bool flat = false;
  bool unsealed = false;
  bool yes = false;
};

/// A person's order, read and checked.
struct CommandLine {
  Command command = Command::kRun;
  relay::Options options;
  std::string route_test_file;         ///< check --route-test; `-`: standard input; empty: not asked for
  std::vector<std::string> arguments;  ///< words behind the command that are no flags
  bool json = false;                   ///< tap, dead-letters: --json
  bool all = false;                    ///< dead-letters --all
  bool live = false;                   ///< dead-letters, replay: --live
  bool watch = false;                  ///< status --watch
  ExportFlags export_flags;
  PruneFlags prune_flags;
  std::string config_file;            ///< the TOML file that was read; empty: none
  std::vector<std::string> warnings;  ///< for the log, once it is there
  std::optional<std::string> print;   ///< --help or --version: print this and exit 0, all else is unset
};

/// Flags beat the environment, which beats the TOML file, which beats the defaults of the flag table.
/// Reads the TOML file and the password file; touches nothing global. A wrong variable or key of the file is an error
/// for the commands that go by it (is_used_by), and a wrong flag for every command.
///
/// Errors: kInvalid or kIo, always one line: where (flag, variable, or file and key), what was given, what was
/// expected. Never a secret. The program prints it on stderr and exits with 2.
Result<CommandLine> parse_command_line(int argc, const char* const* argv, const Environment& environment);

}  // namespace firebase_relay::terminal
