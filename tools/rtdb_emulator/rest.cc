#include "rtdb_emulator/rest.h"

#include <algorithm>
#include <charconv>
#include <future>
#include <nlohmann/json.hpp>
#include <set>

#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/json_writer.h"

namespace rtdb_emulator {
namespace {

constexpr char kTooBig[] = "Data to write exceeds the maximum size that can be modified with a single request.";

/// Source: firebase.google.com/docs/reference/rest/database#section-security-rules.
constexpr char kRulesPath[] = "/.settings/rules.json";
/// What holds where there are no rules.
constexpr char kOpenRules[] = R"({"rules":{".read":true,".write":true}})";

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

std::variant<Identity, Refusal> Rest::identify(const Request& request, std::int64_t now_ms) const {
  constexpr std::string_view kBearer = "Bearer ";
  Credential credential{parameter(request, "access_token"), parameter(request, "auth")};
  if (request.authorization && request.authorization->starts_with(kBearer))
    credential.token = request.authorization->substr(kBearer.size());
  auto identity = access_.identify(credential, now_ms);
  const auto* known = std::get_if<Identity>(&identity);
  if (known && !access_.may_enter(*known)) return Refusal{401, kPermissionDenied};
  return identity;
}

std::variant<std::monostate, Query, Refusal> Rest::query_of(const Request& request, const Path& place) const {
  auto query = parse_query(request.parameters);
  const auto* made = std::get_if<Query>(&query);
  // Where no rules could index them, values are ordered all the same.
  if (!made || (!access_.has_rules() && made->order_by == Query::OrderBy::kValue)) return query;
  if (auto refusal = access_.refuse_without_index(*made, place)) return *std::move(refusal);
  return query;
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
  const bool is_of_rules = request.url_path == kRulesPath;
  const auto place = is_of_rules ? Path() : place_of(request);
  if (const auto* refusal = std::get_if<Refusal>(&place)) return error(refusal->status, refusal->text);
  const auto known = identify(request, now_ms);
  if (const auto* refusal = std::get_if<Refusal>(&known)) return error(refusal->status, refusal->text);
  if (request.body.size() > options_.body_bytes_max) return error(413, "Request Entity Too Large");
  if (is_of_rules) return settings(request, std::get<Identity>(known));
  if (const auto refusal = check_parameters(request)) return error(refusal->status, refusal->text);
  const Path& path = std::get<Path>(place);
  const Identity& identity = std::get<Identity>(known);
  const Author author{number, now_ms, [&](const Node& root, const Writes& writes) {
                        return access_.may_write(identity, root, writes);
                      }};
  if (request.method == "GET") return get(request, path, identity);
  if (request.method == "PUT" || request.method == "DELETE") return put(request, path, author);
  if (is_of_priority(path)) return error(400, kNoPriority);  // the others write below it
  if (request.method == "PATCH") return patch(request, path, author);
  if (request.method == "POST") return post(request, path, author);
  return error(405, "Method not allowed");
}

Response Rest::get(const Request& request, const Path& path, const Identity& identity) const {
  auto query = query_of(request, path);
  if (const auto* refusal = std::get_if<Refusal>(&query)) return error(refusal->status, refusal->text);
  const bool shallow = parameter(request, "shallow") == "true";
  const WriteOptions options{parameter(request, "format") == "export", shallow, false};
  Response response;
  std::string etag;
  const ReadRight right{[&](const Node& root) { return access_.may_read(identity, root, path); }};
  const bool is_read = database_.read(ns_of(request), path, right, [&](const Node& node) {
    response.body =
        std::holds_alternative<Query>(query) ? run_query(std::get<Query>(query), node) : to_json(node, options);
    if (request.wants_etag || request.if_none_match) etag = etag_of(node);
  });
  if (!is_read) return error(401, kPermissionDenied);
  if (request.if_none_match && *request.if_none_match == etag) return {304, "", {{"ETag", etag}}};
  if (request.wants_etag) response.headers.emplace_back("ETag", etag);
  Response printed = answer(request, std::move(response.body));
  printed.headers = std::move(response.headers);
  return printed;
}

Response Rest::put(const Request& request, const Path& path, const Author& author) const {
  Node value;
  if (request.method == "PUT") {
    auto read = read_value(request.body, path.size());
    if (const auto* refusal = std::get_if<Refusal>(&read)) return error(refusal->status, refusal->text);
    if (is_of_priority(path) && !can_be_priority(std::get<Node>(read))) return error(400, kNoPriority);
    if (is_too_big(request, path)) return error(400, kTooBig);
    value = std::move(std::get<Node>(read));
  } else if (is_more_than_tiny(request, {path})) {
    return error(400, kTooBig);
  }
  Database::Condition only_if;
  if (request.if_match) only_if = [&](const Node& current) { return *request.if_match == etag_of(current); };
  const auto result = database_.set(ns_of(request), path, std::move(value), only_if, author);
  if (!result.is_allowed) return error(401, kPermissionDenied);
  if (!result.matched) return {412, result.current, {{"ETag", result.etag}}};
  Response response = answer_to_write(request, request.method == "PUT" ? request.body : "null");
  if (request.wants_etag) response.headers.emplace_back("ETag", result.etag);
  return response;
}

Response Rest::patch(const Request& request, const Path& path, const Author& author) const {
  auto read = read_updates(request.body, path.size());
  if (const auto* refusal = std::get_if<Refusal>(&read)) return error(refusal->status, refusal->text);
  std::vector<Path> written;
  for (const auto& [key, value] : std::get<Updates>(read)) {
    written.push_back(path);
    for (std::string& piece : split_path(key)) written.back().push_back(std::move(piece));
  }
  if (is_too_big(request, path) || is_more_than_tiny(request, written)) return error(400, kTooBig);
  if (const auto refusal = database_.update(ns_of(request), path, std::move(std::get<Updates>(read)), author)) {
    return error(refusal->status, refusal->text);
  }
  return answer_to_write(request, request.body);
}

/// The rules, which are those of every database here. `dryRun`: firebase-tools asks first whether they will do.
Response Rest::settings(const Request& request, const Identity& identity) const {
  if (identity.kind != Identity::Kind::kAdmin) return error(401, kPermissionDenied);
  if (request.method == "GET") {
    const auto rules = access_.rules();
    return {200, rules ? rules->text : kOpenRules, {}};
  }
  if (request.method != "PUT") return error(405, "Method not allowed");
  // In a thread with a stack of the usual size: civetweb's have 100 kB.
  auto parsed = std::async(std::launch::async, parse_rules, std::string_view(request.body)).get();
  if (const auto* fault = std::get_if<RulesFault>(&parsed)) return error(400, fault->message());
  if (parameter(request, "dryRun") != "true") {
    access_.set_rules(std::make_shared<const Rules>(std::move(std::get<Rules>(parsed))));
    database_.end_lost_rights();
  }
  return {200, R"({"status":"ok"})", {}};
}

/// As a database does, or as a server that never heard of print=silent.
Response Rest::answer_to_write(const Request& request, std::string body) const {
  const Unsilent unsilent = switches_.unsilent;
  if (unsilent == Unsilent::kNo) return answer(request, std::move(body));
  if (unsilent == Unsilent::kTree)
    database_.read(ns_of(request), {}, [&](const Node& node) { body = to_json(node, WriteOptions{}); });
  return {200, std::move(body), {}};
}

Response Rest::post(const Request& request, const Path& path, const Author& author) const {
  auto read = read_value(request.body, path.size() + 1);
  if (const auto* refusal = std::get_if<Refusal>(&read)) return error(refusal->status, refusal->text);
  const auto id = database_.push(ns_of(request), path, std::move(std::get<Node>(read)), author);
  if (!id) return error(401, kPermissionDenied);
  return answer(request, "{\"name\":\"" + *id + "\"}");
}

/// The estimate counts what stands at the URL, not only what is written: seen by those whose database had grown.
bool Rest::is_too_big(const Request& request, const Path& path) const {
  const std::uint64_t limit = switches_.size_limit_bytes;
  if (limit == 0) return false;
  if (parameter(request, "writeSizeLimit") == "unlimited" && !switches_.ignore_unlimited) return false;
  return database_.size_at(ns_of(request), path) + request.body.size() > limit;
}

/// What firebase-tools relies on when it removes much: a tiny write is refused by what it replaces, and so passes in
/// pieces.
bool Rest::is_more_than_tiny(const Request& request, const std::vector<Path>& written) const {
  const std::uint64_t limit = switches_.tiny_limit_bytes;
  if (limit == 0 || parameter(request, "writeSizeLimit") != "tiny") return false;
  std::uint64_t bytes = 0;
  for (const Path& path : written) bytes += database_.size_at(ns_of(request), path);
  return bytes > limit;
}

}  // namespace rtdb_emulator
