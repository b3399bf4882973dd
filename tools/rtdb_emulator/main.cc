#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "rtdb_emulator/rules.h"
#include "rtdb_emulator/server.h"
#include "terminal_line/complain.h"

namespace {

using rtdb_emulator::Database;

void complain(const std::string& what) { terminal_line::complain("rtdb-emulator", what); }

std::optional<std::string> bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return std::nullopt;
  return text.str();
}

/// Null, and said why: there are none.
std::shared_ptr<const rtdb_emulator::Rules> rules_in(const std::string& file) {
  const auto text = bytes_of(file);
  if (!text) {
    complain("--rules " + file + " cannot be read, or is empty");
    return nullptr;
  }
  auto rules = rtdb_emulator::parse_rules(*text);
  if (const auto* fault = std::get_if<rtdb_emulator::RulesFault>(&rules)) {
    complain(file + ":" + fault->message());
    return nullptr;
  }
  return std::make_shared<const rtdb_emulator::Rules>(std::move(std::get<rtdb_emulator::Rules>(rules)));
}

bool load(const std::string& file, Database& database) {
  std::error_code error;
  // A device would be read for ever.
  if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error)) return false;
  std::ifstream in(file, std::ios::binary);
  if (!in) return true;  // nothing was saved yet
  std::ostringstream text;
  text << in.rdbuf();
  return database.restore(text.str());
}

/// Over the old file only when all of the new one is written. False, and said: it could not be.
bool save(const std::string& file, const std::string& dump) {
  const std::string fresh = file + ".new";
  std::ofstream out(fresh, std::ios::binary);
  out << dump;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, file, error);
  if (out && !error) return true;
  complain("the tree cannot be saved to " + file + ": is there such a folder, and room?");
  std::filesystem::remove(fresh, error);
  return false;
}

int block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "A local stand-in for the Firebase Realtime Database, for development and tests: REST, event streams, and the "
      "protocol "
      "of the SDKs over WebSockets."};
  app.footer(
      "Limits: it is in no region, and any ?ns= is a database: the 404 of a wrong host is for a test to plant, as a "
      "fault.\n"
      "Without --rules a credential may do everything; a query by a child is refused, and a listener to one warned.\n"
      "\nTo point an SDK at it:\n"
      "  JavaScript     connectDatabaseEmulator(db, '127.0.0.1', 9000)\n"
      "  or             getDatabase(app, 'ws://127.0.0.1:9000?ns=demo')\n"
      "  admin          FIREBASE_DATABASE_EMULATOR_HOST=127.0.0.1:9000; for Go the URL localhost:9000?ns=demo\n"
      "  Android, iOS   useEmulator(HOST, 9000); more in docs/emulator.md");
  terminal_line::complain_in_print(app);
  rtdb_emulator::ServerOptions options;
  std::string listen = "127.0.0.1:9000";
  std::string persist;
  std::optional<std::string> rules;  // an empty name is one that is not there, and no wish for an open database
  app.add_option("--listen", listen, "HOST:PORT; port 0 is any free one")->capture_default_str();
  app.add_option("--persist", persist,
                 "keep the tree in this file, over restarts: saved every 2 s, which is what a SIGKILL costs at most");
  app.add_option("--ns", options.rest.default_ns, "database of requests without ?ns=; empty: they are refused")
      ->capture_default_str();
  app.add_flag("--require-auth", options.access.require_auth,
               "refuse requests without a credential; 'Bearer owner' always is one");
  app.add_option("--rules", rules,
                 "a database.rules.json by which users read and write, for every database; administrators are past it");
  app.add_option("--token", options.access.tokens, "an access token that is accepted (repeatable)");
  app.add_option("--secret", options.access.secrets, "a database secret that ?auth= is accepted with (repeatable)");
  app.add_option("--token-seconds", options.access.token_seconds,
                 "an ID token of a user ends so long after its first use; 0: when it says itself")
      ->capture_default_str();
  app.add_option("--body-bytes-max", options.rest.body_bytes_max, "413 above this")->capture_default_str();
  app.add_option("--size-limit-bytes", options.size_limit_bytes,
                 "refuse writes where more than this stands at the URL; 0: never")
      ->capture_default_str();
  app.add_option("--keep-alive-seconds", options.keep_alive_seconds, "of event streams")->capture_default_str();
  app.add_flag("--test-controls", options.test_controls, "faults and journal at /.test/: for tests only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) {
    complain("--listen expects HOST:PORT, found '" + listen + "'");
    return 2;
  }
  options.host = listen.substr(0, colon);
  const std::string_view port = std::string_view(listen).substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    complain("--listen expects a port from 0 to 65535, found '" + listen + "'");
    return 2;
  }

  if (rules && !(options.access.rules = rules_in(*rules))) return 2;

  const int signals = block_signals();
  rtdb_emulator::Server server(options);
  if (!persist.empty() && !load(persist, server.database())) {
    complain(persist + " is not a tree that was saved by --persist");
    return 1;
  }
  if (!persist.empty() && !save(persist, server.database().dump())) return 1;  // now, not after it has taken writes
  if (const std::string flaw = server.start(); !flaw.empty()) {
    complain(flaw);
    return 1;
  }
  std::printf("rtdb-emulator listening on http://%s:%u\n", options.host.c_str(), server.port());
  std::fflush(stdout);
  std::uint64_t saved = server.database().version();
  constexpr int kSaveEveryMs = 2000;
  for (pollfd fd{signals, POLLIN, 0}; poll(&fd, 1, persist.empty() ? -1 : kSaveEveryMs) <= 0;) {
    if (server.database().version() == saved) continue;
    saved = server.database().version();
    save(persist, server.database().dump());
  }
  // Stopping in order would wait up to two seconds for civetweb's idle connections. Nothing is applied after this dump.
  const std::string dump = server.database().dump_and_freeze();
  std::_Exit(persist.empty() || save(persist, dump) ? 0 : 1);
}
