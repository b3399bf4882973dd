#include "terminal/complain.h"

#include <cstdio>
#include <string>

#include "observe/printable.h"
#include "terminal/commands.h"

namespace firebase_relay::terminal {

int complain(const Error& error) {
  const std::string line = error.what + (error.remedy.empty() ? "" : "; " + error.remedy);
  std::fprintf(stderr, "firebase-relay: %s\n", observe::printable(line).c_str());
  return error.code == ErrorCode::kInvalid ? kExitInvalid : kExitFailed;
}

}  // namespace firebase_relay::terminal
