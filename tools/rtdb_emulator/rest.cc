#include "rtdb_emulator/rest.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/json_writer.h"

namespace rtdb_emulator {
namespace {

constexpr char kTooBig[] = "Data to write exceeds the maximum size that can be modified with a single request.";

constexpr char kNoPath[] = "Invalid path: Invalid token in path";

std::string parameter(const Request& request, const char* name) {
  const auto found = request.parameters.find(name);
  return found == request.parameters.end() ? std::string() : found->second;
}

std::string pretty(const std::string& body) {
  constexpr int kIndent = 2;
  return nlohmann::ordered_json::parse(body).dump(kIndent) + "\n";
}

Response answer(const Request& request, std::string body) {
  if (parameter(request, "print") == "silent") return {204, "", {}};
  if (parameter(request, "print") == "pretty") body = pretty(body);
  return {200, std::move(body), {}};
}

/// 3ms, 3s, 3min; at most 15 minutes.
bool is_timeout(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::int64_t ms = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "min" ? 60'000 : 0;
  return error == std::errc() && ms > 0 && number > 0 && number <= 15 * 60'000 && number * ms <= 15 * 60'000;
}

std::optional<Refusal> check_shallow(const Request& request) {
  if (parameter(request, "shallow") != "true") return std::nullopt;
  if (request.method != "GET") return Refusal{400, "shallow is not supported for " + request.method};
  const std::set<std::string> beside = {"shallow", "print", "ns", "auth", "access_token"};
  for (const auto& [name, value] : request.parameters) {
    if (!beside.contains(name)) return Refusal{400, "Mixing 'shallow' and querying parameters is not supported"};
  }
  return std::nullopt;
}

}  // namespace

Response error(int status, const std::string& text) {
  std::string body = "{\n  \"error\" : ";
  write_string(text, body);
  return {status, body + "\n}\n", {}};
}

std::variant<Path, Refusal> Rest::place_of(const Request& request) const {
  constexpr std::string_view kEnding = ".json";
  const std::string& url_path = request.url_path;
  if (!url_path.ends_with(kEnding)) return Refusal{404, "append .json to the path to use the REST API"};
  if (ns_of(request).empty()) return Refusal{400, "no database is named: add ?ns=NAME"};
  const std::string_view whole(url_path.data(), url_path.size() - kEnding.size());
  Path path;
  for (std::string& key : split_path(whole)) {
    if (!is_valid_utf8(key)) return Refusal{400, kNoPath};
    path.push_back(std::move(key));
  }
  if (!is_place(path)) return Refusal{400, kNoPath};
  if (path.size() > kDepthMax) return Refusal{400, "Invalid path: the path is too long"};
  return path;
}

std::string Rest::ns_of(const Request& request) const {
  const std::string ns = parameter(request, "ns");
  return ns.empty() ? options_.default_ns : ns;
}

std::optional<Refusal> Rest::refuse_credentials(const Request& request, std::int64_t now_ms) const {
  constexpr std::string_view kBearer = "Bearer ";
  Credential credential{parameter(request, "access_token"), parameter(request, "auth")};
  if (request.authorization && request.authorization->starts_with(kBearer))
    credential.token = request.authorization->substr(kBearer.size());
  const auto identity = access_.identify(credential, now_ms);
  if (const auto* refusal = std::get_if<Refusal>(&identity)) return *refusal;
  if (!access_.may_enter(std::get<Identity>(identity))) return Refusal{401, kPermissionDenied};
  return std::nullopt;
}

std::optional<Refusal> Rest::check_parameters(const Request& request) {
  const auto is_one_of = [&](const char* name, std::initializer_list<std::string_view> values) {
    const auto found = request.parameters.find(name);
    return found == request.parameters.end() || std::find(values.begin(), values.end(), found->second) != values.end();
  };
  if (!is_one_of("print", {"pretty", "silent"})) return Refusal{400, "print must be pretty or silent"};
  if (!is_one_of("writeSizeLimit", {"tiny", "small", "medium", "large", "unlimited"}))
    return Refusal{400, "writeSizeLimit must be tiny, small, medium, large or unlimited"};
  if (!is_one_of("format", {"export"})) return Refusal{400, "format must be export"};
  const auto timeout = request.parameters.find("timeout");
  if (timeout != request.parameters.end() && !is_timeout(timeout->second))
    return Refusal{400, "timeout must be positive and at most 15min"};
  if (request.if_match && request.method != "PUT" && request.method != "DELETE")
    return Refusal{400, "if-match is not supported for " + request.method};
  return check_shallow(request);
}

Response Rest::handle(const Request& request, std::uint64_t number, std::int64_t now_ms) const {
  const auto place = place_of(request);
  if (const auto* refusal = std::get_if<Refusal>(&place)) return error(refusal->status, refusal->text);
  if (const auto refusal = refuse_credentials(request, now_ms)) return error(refusal->status, refusal->text);
  if (const auto refusal = check_parameters(request)) return error(refusal->status, refusal->text);
  if (request.body.size() > options_.body_bytes_max) return error(413, "Request Entity Too Large");
  const Path& path = std::get<Path>(place);
  if (request.method == "GET") return get(request, path);
  if (request.method == "PUT" || request.method == "DELETE") return put(request, path, number, now_ms);
  if (is_of_priority(path)) return error(400, kNoPriority);  // the others write below it
  if (request.method == "PATCH") return patch(request, path, number, now_ms);
  if (request.method == "POST") return post(request, path, number, now_ms);
  return error(405, "Method not allowed");
}

Response Rest::get(const Request& request, const Path& path) const {
  auto query = parse_query(request.parameters, path);
  if (const auto* refusal = std::get_if<Refusal>(&query)) return error(refusal->status, refusal->text);
  const bool shallow = parameter(request, "shallow") == "true";
  const WriteOptions options{parameter(request, "format") == "export", shallow, false};
  Response response;
  std::string etag;
  database_.read(ns_of(request), path, [&](const Node& node) {
    response.body =
        std::holds_alternative<Query>(query) ? run_query(std::get<Query>(query), node) : to_json(node, options);
    if (request.wants_etag || request.if_none_match) etag = etag_of(node);
  });
  if (request.if_none_match && *request.if_none_match == etag) return {304, "", {{"ETag", etag}}};
  if (request.wants_etag) response.headers.emplace_back("ETag", etag);
  Response printed = answer(request, std::move(response.body));
  printed.headers = std::move(response.headers);
  return printed;
}

Response Rest::put(const Request& request, const Path& path, std::uint64_t number, std::int64_t now_ms) const {
  Node value;
  if (request.method == "PUT") {
    auto read = read_value(request.body, path.size());
    if (const auto* refusal = std::get_if<Refusal>(&read)) return error(refusal->status, refusal->text);
    if (is_of_priority(path) && !can_be_priority(std::get<Node>(read))) return error(400, kNoPriority);
    if (is_too_big(request, path)) return error(400, kTooBig);
    value = std::move(std::get<Node>(read));
  }
  Database::Condition only_if;
  if (request.if_match) only_if = [&](const Node& current) { return *request.if_match == etag_of(current); };
  const auto result = database_.set(ns_of(request), path, std::move(value), only_if, number, now_ms);
  if (!result.matched) return {412, result.current, {{"ETag", result.etag}}};
  Response response = answer_to_write(request, request.method == "PUT" ? request.body : "null");
  if (request.wants_etag) response.headers.emplace_back("ETag", result.etag);
  return response;
}

Response Rest::patch(const Request& request, const Path& path, std::uint64_t number, std::int64_t now_ms) const {
  auto read = read_updates(request.body, path.size());
  if (const auto* refusal = std::get_if<Refusal>(&read)) return error(refusal->status, refusal->text);
  if (is_too_big(request, path)) return error(400, kTooBig);
  if (const auto refusal = database_.update(ns_of(request), path, std::move(std::get<Updates>(read)), number, now_ms)) {
    return error(refusal->status, refusal->text);
  }
  return answer_to_write(request, request.body);
}

/// As a database does, or as a server that never heard of print=silent.
Response Rest::answer_to_write(const Request& request, std::string body) const {
  const Unsilent unsilent = switches_.unsilent;
  if (unsilent == Unsilent::kNo) return answer(request, std::move(body));
  if (unsilent == Unsilent::kTree)
    database_.read(ns_of(request), {}, [&](const Node& node) { body = to_json(node, WriteOptions{}); });
  return {200, std::move(body), {}};
}

Response Rest::post(const Request& request, const Path& path, std::uint64_t number, std::int64_t now_ms) const {
  auto read = read_value(request.body, path.size() + 1);
  if (const auto* refusal = std::get_if<Refusal>(&read)) return error(refusal->status, refusal->text);
  const std::string id = database_.push(ns_of(request), path, std::move(std::get<Node>(read)), number, now_ms);
  return answer(request, "{\"name\":\"" + id + "\"}");
}

/// The estimate counts what stands at the URL, not only what is written: seen by those whose database had grown.
bool Rest::is_too_big(const Request& request, const Path& path) const {
  const std::uint64_t limit = switches_.size_limit_bytes;
  if (limit == 0) return false;
  if (parameter(request, "writeSizeLimit") == "unlimited" && !switches_.ignore_unlimited) return false;
  return database_.size_at(ns_of(request), path) + request.body.size() > limit;
}

}  // namespace rtdb_emulator
