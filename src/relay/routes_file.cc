#include "relay/routes_file.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace firebase_relay::relay {

Result<classify::RouteTable> load_routes(const Options& options) {
  if (options.routes_file.empty()) return classify::parse_routes(classify::builtin_routes_json(), "built-in routes");
  std::error_code error;
  // A pipe, or a terminal, might never end, and a stop would wait for it.
  if (const auto kind = std::filesystem::status(options.routes_file, error).type();
      kind == std::filesystem::file_type::fifo || kind == std::filesystem::file_type::socket ||
      kind == std::filesystem::file_type::character) {
    return fail(ErrorCode::kInvalid, "--routes " + options.routes_file + ": is no regular file", "name a file");
  }
  std::ifstream file(options.routes_file, std::ios::binary);
  std::ostringstream json;
  // An empty file can be read, and is no table: that is the parser's to say.
  const bool is_empty = file && file.peek() == std::ifstream::traits_type::eof() && !file.bad();
  if (!is_empty && !(json << file.rdbuf())) {
    return fail(ErrorCode::kInvalid, "--routes " + options.routes_file + ": " + std::strerror(errno),
                "name a file that can be read");
  }
  return classify::parse_routes(json.str(), options.routes_file);
}

void read_routes_again(const Options& options, classify::PublishedRoutes& routes, observe::Events& events) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (options.routes_file.empty()) return events.routes_read("built in, there is no file to read again", now);
  Result<classify::RouteTable> table = load_routes(options);
  if (!table) return events.routes_refused(table.error(), now);
  const std::string lines = std::to_string(table->routes.size()) + " lines";
  if (const auto clash = routes.replace(std::move(*table))) {
    return events.routes_refused({ErrorCode::kInvalid, options.routes_file + ": " + *clash,
                                  "choose another path, or stop the relay, and start it when nothing waits"},
                                 now);
  }
  events.routes_read(options.routes_file + " read again, " + lines + "; new messages go by them", now);
}

}  // namespace firebase_relay::relay
