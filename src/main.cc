#include <signal.h>

#include <cstdio>

#include "base/secret.h"
#include "base/thread.h"
#include "terminal/commands.h"
#include "terminal/complain.h"

namespace {

using namespace firebase_relay::terminal;

int run_command(int argc, char** argv) {
  const auto line = parse_command_line(argc, argv, process_environment());
  if (!line) {
    complain(line.error());
    return kExitInvalid;
  }
  if (line->print) return std::fputs(line->print->c_str(), stdout) < 0 ? kExitFailed : kExitOk;
  if (line->options.hold_secret()) firebase_relay::forbid_core_dumps();
  switch (line->command) {
    case Command::kRun: return run(*line);
    case Command::kCheck: return check(*line);
    case Command::kTap: return tap(*line);
    case Command::kDeadLetters: return dead_letters(*line);
    case Command::kReplay: return replay(*line);
    case Command::kExport: return export_history(*line);
    case Command::kPrune: return prune(*line);
    case Command::kStatus: return status(*line);
    case Command::kHealthcheck: return healthcheck(*line);
  }
  return kExitInvalid;
}

}  // namespace

int main(int argc, char** argv) {
  // A peer or a reader that has gone is an error of that write (libcurl, told to leave signals alone, says so of TLS,
  // too) and not the end of the program.
  ::signal(SIGPIPE, SIG_IGN);
  firebase_relay::tell_of_uncaught_exceptions();
  try {
    const int status = run_command(argc, argv);
    return status == kExitOk && firebase_relay::a_thread_has_failed() ? kExitFailed : status;
  } catch (...) {
    firebase_relay::tell_of_exception("it has to end");
    return kExitFailed;
  }
}
