#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtdb_emulator/access.h"
#include "rtdb_emulator/database.h"
#include "rtdb_emulator/path.h"
#include "rtdb_emulator/query.h"
#include "rtdb_emulator/switches.h"

namespace rtdb_emulator {

/// A request as the REST API sees it.
struct Request {
  std::string method;    ///< after X-HTTP-Method-Override
  std::string url_path;  ///< percent-decoded once, without the query
  Parameters parameters;
  std::string body;
  std::optional<std::string> authorization, if_match, if_none_match;
  bool wants_etag = false;  ///< X-Firebase-ETag: true
};

/// What is answered.
struct Response {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type = "application/json; charset=utf-8";
};

/// What the command line says about databases.
struct RestOptions {
  std::string default_ns = "demo";  ///< empty: requests without `ns` are refused
  std::uint64_t body_bytes_max = 256ull << 20;
};

/// The Realtime Database's REST API over a Database: firebase.google.com/docs/reference/rest/database. Knows no socket.
/// Threads: any.
class Rest {
 public:
  /// All of them must outlive it.
  Rest(Database& database, Access& access, const RestOptions& options, Switches& switches)
      : database_(database), access_(access), options_(options), switches_(switches) {}

  /// Does what the request asks for. `number`: of the request, for the journal.
  Response handle(const Request& request, std::uint64_t number, std::int64_t now_ms) const;
  /// The place that a request names, or why it names none: the REST API's paths end in `.json`, in some database.
  [[nodiscard]] std::variant<Path, Refusal> place_of(const Request& request) const;
  /// The database that it names: its `ns`, else RestOptions::default_ns.
  [[nodiscard]] std::string ns_of(const Request& request) const;
  /// The query that it makes of `place`, none, or why it is refused.
  [[nodiscard]] std::variant<std::monostate, Query, Refusal> query_of(const Request& request, const Path& place) const;
  /// Who asks, or why nobody.
  [[nodiscard]] std::variant<Identity, Refusal> identify(const Request& request, std::int64_t now_ms) const;

 private:
  static std::optional<Refusal> check_parameters(const Request& request);
  Response get(const Request& request, const Path& path, const Identity& identity) const;
  Response put(const Request& request, const Path& path, const Author& author) const;
  Response patch(const Request& request, const Path& path, const Author& author) const;
  Response post(const Request& request, const Path& path, const Author& author) const;
  Response settings(const Request& request, const Identity& identity) const;
  [[nodiscard]] Response answer_to_write(const Request& request, std::string body) const;
  [[nodiscard]] bool is_too_big(const Request& request, const Path& path) const;
  [[nodiscard]] bool is_more_than_tiny(const Request& request, const std::vector<Path>& written) const;

  Database& database_;
  Access& access_;
  const RestOptions& options_;
  Switches& switches_;
};

/// The database's form of an error: `{"error": text}`.
Response error(int status, const std::string& text);

}  // namespace rtdb_emulator
