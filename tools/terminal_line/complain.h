#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace terminal_line {

/// `text` fit for a line in a terminal: what a terminal would obey, and bytes that are no UTF-8, become `\xNN`.
std::string printable(std::string_view text);
/// Says `PROGRAM: WHAT` on stderr, in one line. What a person typed, or a file held, may stand in it.
void complain(const char* program, std::string_view what);
/// Lets `app` complain of flags so, too.
void complain_in_print(CLI::App& app);

}  // namespace terminal_line
