#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "terminal/flags.h"

namespace firebase_relay::terminal {

/// What the program exits with.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;   ///< it did not work out
inline constexpr int kExitInvalid = 2;  ///< a wrong flag, variable or file

/// Relays until SIGTERM or SIGINT, then drains; a second one ends it at once. SIGHUP reads the routes again.
int run(const CommandLine& line);
/// Prints messages as they come, and writes nothing, until a signal, or until nobody takes what is printed.
int tap(const CommandLine& line);
/// Looks at everything that the relay needs, a line each, with the remedy for what is wrong.
int check(const CommandLine& line);
/// Asks a running relay how it is, and prints it; again and again with --watch, until a signal, or until nobody takes
/// it.
int status(const CommandLine& line);
/// Lists, shows, retries or drops dead letters, while a relay runs and while none does.
int dead_letters(const CommandLine& line);
/// Sends the messages of a file through the pipeline, as fast as answers come, beside a running relay or alone.
int replay(const CommandLine& line);
/// Prints the entries of an archive, or of the database's history, beside a running relay or alone.
int export_history(const CommandLine& line);
/// Removes old days of history from the database, or tells what would go, beside a running relay or alone.
int prune(const CommandLine& line);
/// Asks a running relay whether its threads move.
int healthcheck(const CommandLine& line);

/// Where a relay that runs on this machine with these settings answers over HTTP.
std::string url_of_relay(const relay::Options& options, std::string_view path);

/// For each line of `input` (`channel<TAB>payload`, or JSON as `tap --json` prints it) what would be written, as a line
/// of JSON: {"line":1,"kind":"price","paths":{"services/AAPL/price":"187.2",…}}, or
/// {"line":1,"dead_letter":"invalid_json","fault":"byte 5, price: NaN is no JSON value"}.
int test_routes(const CommandLine& line, std::istream& input, std::ostream& output);

}  // namespace firebase_relay::terminal
