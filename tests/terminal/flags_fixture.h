#pragma once

#include <map>
#include <string>
#include <vector>

#include "terminal/flags.h"

namespace firebase_relay::terminal {

using Variables = std::map<std::string, std::string>;

/// What the program would make of `words` behind its own name, with these variables alone in its environment.
inline Result<CommandLine> parse(const std::vector<std::string>& words, const Variables& variables = {}) {
  std::vector<const char*> argv = {"firebase-relay"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  Environment environment{[&](const std::string& name) -> std::optional<std::string> {
                            const auto found = variables.find(name);
                            if (found == variables.end()) return std::nullopt;
                            return found->second;
                          },
                          {}};
  for (const auto& [name, value] : variables) environment.names.push_back(name);
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), environment);
}

/// As parse(), with a database: `run` needs one.
inline Result<CommandLine> parse_run(std::vector<std::string> words, Variables variables = {}) {
  variables.try_emplace("FIREBASE_DATABASE_URL", "https://x.firebaseio.com");
  return parse(words, variables);
}

}  // namespace firebase_relay::terminal
