#pragma once

#include <cstdio>
#include <string>

#include "observe/printable.h"
#include "terminal/commands.h"

namespace firebase_relay::terminal {

/// What `check` prints: one line for each thing that was looked at, whether it is well, and what to do if not. What a
/// person typed may stand in it, and what a server said: it is made fit for a terminal.
class Report {
 public:
  void good(const std::string& what, const std::string& detail) {
    std::printf("ok      %-12s %s\n", what.c_str(), observe::printable(detail).c_str());
  }
  void bad(const std::string& what, const std::string& detail, const std::string& remedy) {
    const std::string text = detail + (remedy.empty() ? "" : " -> ") + remedy;
    std::printf("FAILED  %-12s %s\n", what.c_str(), observe::printable(text).c_str());
    all_good_ = false;
  }
  [[nodiscard]] int exit() const { return all_good_ ? kExitOk : kExitFailed; }

 private:
  bool all_good_ = true;
};

}  // namespace firebase_relay::terminal
