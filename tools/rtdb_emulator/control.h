#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "rtdb_emulator/database.h"
#include "rtdb_emulator/faults.h"
#include "rtdb_emulator/rest.h"

namespace rtdb_emulator {

/// What was asked of the emulator since the start or the last reset. Threads: any.
class Stats {
 public:
  /// A request was answered; `bytes`: of its body.
  void count(const std::string& method, int status, std::uint64_t bytes);
  /// Around each PATCH, for how many were under way at once.
  void patch_began();
  void patch_ended();
  /// Counts from 0 again.
  void reset();
  /// As GET stats answers it.
  [[nodiscard]] std::string json() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> answers_;  ///< `PATCH 204` and how often
  std::uint64_t bytes_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t patches_now_ = 0;
  std::uint64_t patches_at_once_max_ = 0;
};

/// `/.test/…`, with --test-controls only:
///
///     POST   faults   {"kind": "status", "status": 503, "retry_after": 2, "body": "…", "after_apply": false,
///                     "content_type": "text/html", "location": "https://…"}
///                     the 404 of a database in another region is one of these, with its body
///                     {"kind": "hang"} {"kind": "close", "after_apply": true} {"kind": "refuse", "ms": 1000}
///                     {"kind": "delay", "min_ms": 5, "max_ms": 50} {"kind": "poison", "marker": "…"}
///                     {"kind": "straggle", "ms": 800}    closed now without an answer, applied 800 ms later
///                     each with "count": n (default 1), or "ms": how long; "probability": 0…1; "method": "GET"
///                     (default: all but GET); "path_prefix": "/services". A poison and a delay stay until they are
///                     cleared.
///     GET    faults   with "hits"        DELETE faults   clears them
///     POST   journal  {"enabled": true, "prefix": "services"}
///     GET    journal  ?path=… or ?prefix=…: [{"at_ms", "request", "path", "value"}]
///     GET    stats    {"requests", "bytes", "patches_at_once_max", "answers": {"PATCH 204": n}}
///     POST   settings {"size_limit_bytes": n, "tiny_limit_bytes": n, "ignore_unlimited": true, "require_auth": true,
///                     "clock_ahead_seconds": n,    of the Date that answers have; may be negative
///                     "unsilent": "request"|"tree"}    writes are answered with that although print=silent
///     POST   tokens   {"accept": ["…"], "revoke": ["…"]}
///     POST   reset    empties the tree, journal, stats and faults, and takes the settings back
class Control {
 public:
  /// All of them must outlive it.
  Control(Database& database, Faults& faults, Switches& switches, Stats& stats)
      : database_(database), faults_(faults), switches_(switches), stats_(stats) {}
  /// `what`: the path behind `/.test/`.
  Response handle(const std::string& method, const std::string& what, const Parameters& parameters,
                  const std::string& body);

 private:
  std::optional<std::string> change_settings(const nlohmann::json& json);
  Response journal(const std::string& method, const Parameters& parameters, const std::string& body);

  Database& database_;
  Faults& faults_;
  Switches& switches_;
  Stats& stats_;
};

}  // namespace rtdb_emulator
