#pragma once

#include <string>
#include <vector>

#include "support/process.h"

namespace test_support {

/// How a command of the relay ended, and what it said.
struct Ran {
  int status;
  std::string out;
  std::string err;
};

/// Runs `firebase-relay WORDS…` to its end; status -1 when it does not end within a minute.
inline Ran run_relay_command(std::vector<std::string> words) {
  words.insert(words.begin(), built("src/firebase-relay"));
  Process process(words);
  const int status = process.wait(std::chrono::minutes(1)).value_or(-1);
  return {status, process.out(), process.err()};
}

}  // namespace test_support
