#include "terminal_line/complain.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "base/terminal_text.h"

namespace terminal_line {

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = firebase_relay::utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(valid, 1));
    if (valid > 0 && !firebase_relay::is_control(character)) {
      out += character;
    } else {
      for (const char byte : character) {
        char escaped[5];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        out += escaped;
      }
    }
    text.remove_prefix(character.size());
  }
  return out;
}

void complain(const char* program, std::string_view what) {
  std::fprintf(stderr, "%s: %s\n", program, printable(what).c_str());
}

void complain_in_print(CLI::App& app) {
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return printable(error.what()) + "\nRun with --help for more information.\n";
  });
}

}  // namespace terminal_line
