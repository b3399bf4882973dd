#include "rtdb_emulator/control.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rtdb_emulator/json_writer.h"

namespace rtdb_emulator {

void Stats::count(const std::string& method, int status, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++answers_[method + " " + std::to_string(status)];
  ++requests_;
  bytes_ += bytes;
}

void Stats::patch_began() {
  const std::lock_guard lock(mutex_);
  patches_at_once_max_ = std::max(patches_at_once_max_, ++patches_now_);
}

void Stats::patch_ended() {
  const std::lock_guard lock(mutex_);
  --patches_now_;
}

void Stats::reset() {
  const std::lock_guard lock(mutex_);
  answers_.clear();
  bytes_ = requests_ = patches_at_once_max_ = 0;
}

std::string Stats::json() const {
  const std::lock_guard lock(mutex_);
  return nlohmann::json{{"requests", requests_},
                        {"bytes", bytes_},
                        {"patches_now", patches_now_},
                        {"patches_at_once_max", patches_at_once_max_},
                        {"answers", answers_}}
      .dump();
}

Response Control::handle(const std::string& method, const std::string& what, const Parameters& parameters,
                         const std::string& body) {
  const nlohmann::json json = nlohmann::json::parse(body.empty() ? "{}" : body, nullptr, false);
  if (json.is_discarded()) return error(400, "not JSON");
  if (what == "faults" && method == "POST") {
    const auto flaw = faults_.add(json);
    return flaw ? error(400, "expected " + *flaw) : Response{200, "{}", {}};
  }
  if (what == "faults" && method == "GET") return {200, faults_.list().dump(), {}};
  if (what == "faults" && method == "DELETE") {
    faults_.clear();
    return {200, "{}", {}};
  }
  if (what == "journal") return journal(method, parameters, body);
  if (what == "stats") return {200, stats_.json(), {}};
  if (what == "settings") {
    const auto flaw = change_settings(json);
    return flaw ? error(400, "expected " + *flaw) : Response{200, "{}", {}};
  }
  if (what == "tokens") {
    const std::lock_guard lock(switches_.tokens_mutex);
    for (const auto& token : json.value("accept", nlohmann::json::array()))
      switches_.accepted.insert(token), switches_.revoked.erase(token);
    for (const auto& token : json.value("revoke", nlohmann::json::array())) switches_.revoked.insert(token);
    return {200, "{}", {}};
  }
  if (what == "reset") {
    database_.clear();
    faults_.clear();
    stats_.reset();
    switches_.size_limit_bytes = 0;
    switches_.tiny_limit_bytes = 0;
    switches_.ignore_unlimited = false;
    switches_.require_auth = false;
    switches_.unsilent = Unsilent::kNo;
    switches_.clock_ahead_seconds = 0;
    return {200, "{}", {}};
  }
  return error(404, "no such control");
}

/// All of them, or none and what is wrong.
std::optional<std::string> Control::change_settings(const nlohmann::json& json) {
  for (const auto& [name, value] : json.items()) {
    const bool fits = name == "size_limit_bytes"      ? value.is_number_unsigned()
                      : name == "tiny_limit_bytes"    ? value.is_number_unsigned()
                      : name == "clock_ahead_seconds" ? value.is_number_integer()
                      : name == "unsilent"            ? value == "no" || value == "request" || value == "tree"
                                                      : value.is_boolean();
    if (!fits)
      return "size_limit_bytes, tiny_limit_bytes or clock_ahead_seconds, a number, unsilent, 'no', 'request' or "
             "'tree', or "
             "ignore_unlimited or require_auth, a "
             "bool";
  }
  if (json.contains("size_limit_bytes")) switches_.size_limit_bytes = json.at("size_limit_bytes").get<std::uint64_t>();
  if (json.contains("tiny_limit_bytes")) switches_.tiny_limit_bytes = json.at("tiny_limit_bytes").get<std::uint64_t>();
  if (json.contains("ignore_unlimited")) switches_.ignore_unlimited = json.at("ignore_unlimited").get<bool>();
  if (json.contains("require_auth")) switches_.require_auth = json.at("require_auth").get<bool>();
  if (json.contains("clock_ahead_seconds"))
    switches_.clock_ahead_seconds = json.at("clock_ahead_seconds").get<std::int64_t>();
  if (json.contains("unsilent")) {
    switches_.unsilent = json.at("unsilent") == "request" ? Unsilent::kRequest
                         : json.at("unsilent") == "tree"  ? Unsilent::kTree
                                                          : Unsilent::kNo;
  }
  return std::nullopt;
}

Response Control::journal(const std::string& method, const Parameters& parameters, const std::string& body) {
  const std::lock_guard lock(database_.mutex());
  Journal& journal = database_.journal();
  if (method == "POST") {
    const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_object() && json.value("enabled", true)) {
      journal.start(json.value("prefix", ""));
    } else {
      journal.stop();
    }
    return {200, "{}", {}};
  }
  if (journal.overflowed()) return error(500, "the journal has overflowed");
  const auto path = parameters.find("path");
  const auto prefix = parameters.find("prefix");
  std::string out = "[";
  for (const Journal::Line& line : journal.lines()) {
    if (path != parameters.end() && line.path != path->second) continue;
    if (prefix != parameters.end() && !line.path.starts_with(prefix->second)) continue;
    if (out.size() > 1) out += ',';
    out += "{\"at_ms\":" + std::to_string(line.at_ms) + ",\"request\":" + std::to_string(line.request) + ",\"path\":";
    write_string(line.path, out);
    out += ",\"value\":" + line.value + "}";
  }
  return {200, out + "]", {}};
}

}  // namespace rtdb_emulator
