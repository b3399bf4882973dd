#include "rtdb_emulator/session.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <variant>

#include "rtdb_emulator/hash.h"
#include "rtdb_emulator/json_writer.h"
#include "rtdb_emulator/window.h"
#include "rtdb_emulator/wire.h"

namespace rtdb_emulator {
namespace {

using nlohmann::json;

/// As values are sent to an SDK: with priorities, and children under their keys.
constexpr WriteOptions kAsSent{true, false, false};

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string json_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() ? found->dump() : std::string();
}

bool has_text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string();
}

}  // namespace

const std::map<std::string, Session::Action>& Session::actions() {
  static const std::map<std::string, Action> kActions = {{"s", {&Session::stats, false}},
                                                         {"appcheck", {&Session::stats, false}},
                                                         {"auth", {&Session::sign_in_user, false}},
                                                         {"gauth", {&Session::sign_in_server, false}},
                                                         {"unauth", {&Session::sign_out, false}},
                                                         {"q", {&Session::listen}},
                                                         {"n", {&Session::unlisten}},
                                                         {"g", {&Session::get}},
                                                         {"p", {&Session::put, true, true}},
                                                         {"m", {&Session::merge, true, true}},
                                                         {"o", {&Session::leave_put, true, true}},
                                                         {"om", {&Session::leave_merge, true, true}},
                                                         {"oc", {&Session::leave_nothing}}};
  return kActions;
}

bool Session::receive(const json& body, std::int64_t now_ms) {
  const auto number = body.find("r");
  if (number == body.end() || !number->is_number_integer()) return false;
  const json none = json::object();
  const auto found = body.find("b");
  const json& asked = found != body.end() && found->is_object() ? *found : none;
  const Request request{number->get<std::int64_t>(), asked, split_path(text_of(asked, "p")), now_ms};
  check_credential(now_ms);
  const auto action = actions().find(text_of(body, "a"));
  if (action == actions().end()) {
    fail(request, "failed", "Unknown action");
  } else if (action->second.needs_place && !has_text(asked, "p")) {  // taken for the root, it could erase all
    fail(request, "failed", "Invalid request: no path");
  } else if (action->second.needs_value && !asked.contains("d")) {
    fail(request, "failed", "Invalid request: no value");
  } else if (!is_place(request.path) || request.path.size() > kDepthMax) {
    fail(request, "failed", "Invalid path: Invalid token in path");
  } else {
    (this->*action->second.act)(request);
  }
  return true;
}

void Session::stats(const Request& request) { succeed(request, "\"\""); }

void Session::sign_in_user(const Request& request) { sign_in(request, {"", text_of(request.body, "cred")}); }

void Session::sign_in_server(const Request& request) { sign_in(request, {text_of(request.body, "cred"), ""}); }

void Session::sign_in(const Request& request, Credential credential) {
  const auto identity = shared_.access.identify(credential, request.now_ms);
  if (const auto* refusal = std::get_if<Refusal>(&identity)) {
    const bool is_over = refusal->text == kTokenExpired;
    return fail(request, is_over ? "expired_token" : "invalid_token", refusal->text);
  }
  credential_ = std::move(credential);
  identity_ = std::get<Identity>(identity);
  if (identity_.kind != Identity::Kind::kUser) return succeed(request, R"({"auth":null})");
  succeed(request, json{{"auth", {{"uid", identity_.uid}, {"token", identity_.claims}}}}.dump());
}

void Session::sign_out(const Request& request) {
  credential_ = {};
  identity_ = {};
  succeed(request);
  check_credential(request.now_ms);
}

void Session::listen(const Request& request) {
  if (!is_allowed(request)) return;
  const json& body = request.body;
  const ListenKey key{request.path, json_of(body, "t")};
  auto query = parse_query_object(body.value("q", json::object()));
  if (const auto* refusal = std::get_if<Refusal>(&query)) return fail(request, "failed", refusal->text);
  if (const auto before = listening_.extract(key); !before.empty()) shared_.database.unlisten(before.mapped().id);
  if (key.second.empty()) {
    listen_to_place(request, key, text_of(body, "h"));
    return succeed(request);
  }
  const bool has_index = !refuse_without_index(std::get<Query>(query), request.path);
  listen_to_query(request, key, std::move(std::get<Query>(query)), text_of(body, "h"));
  succeed(request, has_index ? "{}" : R"({"w":["no_index"]})");
}

void Session::listen_to_place(const Request& request, const ListenKey& key, const std::string& hash) {
  const auto tell = [this, at = request.path, hash, is_first = true](const Change& change) mutable {
    // What stands here as an empty place is told, too: the client waits for it.
    const bool is_known = is_first && !hash.empty() && hash_of(change.whole) == hash;
    is_first = false;
    if (is_known) return;
    Path path = at;
    path.insert(path.end(), change.path.begin(), change.path.end());
    send_(wire::push(change.is_patch, path, change.json(kAsSent), {}));
  };
  listening_[key] = {shared_.database.listen(ns_, request.path, tell), {}};
}

void Session::listen_to_query(const Request& request, const ListenKey& key, Query query, const std::string& hash) {
  const auto tell = [this, key, hash, window = std::make_shared<Window>(std::move(query)),
                     is_first = true](const Change& change) mutable {
    if (is_first) {
      is_first = false;
      window->know(change.whole);
      const Node value = window->value(change.whole);
      if (hash.empty() || hash_of(value) != hash)
        send_(wire::push(false, key.first, to_json(value, kAsSent), key.second));
      return;
    }
    if (const auto news = window->news(change.whole)) send_(wire::push(true, key.first, *news, key.second));
  };
  listening_[key] = {shared_.database.listen(ns_, request.path, tell), json_of(request.body, "q")};
}

void Session::unlisten(const Request& request) {
  const auto found = listening_.extract({request.path, json_of(request.body, "t")});
  if (!found.empty()) shared_.database.unlisten(found.mapped().id);
  succeed(request);
}

void Session::get(const Request& request) {
  if (!is_allowed(request)) return;
  std::optional<Query> query;
  if (request.body.contains("q")) {
    auto parsed = parse_query_object(request.body["q"]);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) return fail(request, "failed", refusal->text);
    query = std::move(std::get<Query>(parsed));
    if (const auto refusal = refuse_without_index(*query, request.path)) return fail(request, "failed", refusal->text);
  }
  std::string value;
  shared_.database.read(ns_, request.path, [&](const Node& node) {
    const bool is_whole = !query || (!query->start && !query->end && query->limit == 0);
    value = is_whole ? to_json(node, kAsSent) : to_json(Window(std::move(*query)).value(node), kAsSent);
  });
  succeed(request, value);
}

void Session::put(const Request& request) {
  if (!is_allowed(request)) return;
  auto value = read_value(request.body["d"].dump(), request.path.size());
  if (const auto* refusal = std::get_if<Refusal>(&value)) return fail(request, "failed", refusal->text);
  if (is_of_priority(request.path) && !can_be_priority(std::get<Node>(value)))
    return fail(request, "failed", kNoPriority);
  Database::Condition only_if;
  if (request.body.contains("h"))
    only_if = [hash = text_of(request.body, "h")](const Node& current) { return hash_of(current) == hash; };
  const auto result = shared_.database.set(ns_, request.path, std::move(std::get<Node>(value)), only_if,
                                           ++shared_.requests, request.now_ms);
  if (!result.matched) return fail(request, "datastale", "Transaction hash does not match");
  succeed(request, "\"\"");
}

void Session::merge(const Request& request) {
  if (!is_allowed(request)) return;
  auto updates = read_updates(request.body["d"].dump(), request.path.size());
  if (const auto* refusal = std::get_if<Refusal>(&updates)) return fail(request, "failed", refusal->text);
  const auto refusal = shared_.database.update(ns_, request.path, std::move(std::get<Updates>(updates)),
                                               ++shared_.requests, request.now_ms);
  if (refusal) return fail(request, "failed", refusal->text);
  succeed(request, "\"\"");
}

void Session::leave_put(const Request& request) {
  if (!is_allowed(request)) return;
  auto value = read_value(request.body["d"].dump(), request.path.size());
  if (const auto* refusal = std::get_if<Refusal>(&value)) return fail(request, "failed", refusal->text);
  on_disconnect_.set(request.path, std::move(std::get<Node>(value)));
  succeed(request, "\"\"");
}

void Session::leave_merge(const Request& request) {
  if (!is_allowed(request)) return;
  auto updates = read_updates(request.body["d"].dump(), request.path.size());
  if (const auto* refusal = std::get_if<Refusal>(&updates)) return fail(request, "failed", refusal->text);
  on_disconnect_.update(request.path, std::move(std::get<Updates>(updates)));
  succeed(request, "\"\"");
}

void Session::leave_nothing(const Request& request) {
  on_disconnect_.cancel(request.path);
  succeed(request, "\"\"");
}

bool Session::is_allowed(const Request& request) {
  if (shared_.access.may_enter(identity_)) return true;
  fail(request, "permission_denied", kPermissionDenied);
  return false;
}

void Session::check_credential(std::int64_t now_ms) {
  const auto identity = shared_.access.identify(credential_, now_ms);
  if (const auto* refusal = std::get_if<Refusal>(&identity)) {
    credential_ = {};
    identity_ = {};
    const bool is_over = refusal->text == kTokenExpired;
    send_(wire::auth_revoked(is_over ? "expired_token" : "invalid_token", refusal->text));
  }
  if (shared_.access.may_enter(identity_)) return;
  for (const auto& [key, listening] : listening_) send_(wire::cancel(key.first, listening.query));
  stop_listening();
}

void Session::stop_listening() {
  for (const auto& [key, listening] : listening_) shared_.database.unlisten(listening.id);
  listening_.clear();
}

void Session::close(std::int64_t now_ms) {
  stop_listening();
  for (auto& [path, value] : on_disconnect_.take())
    shared_.database.set(ns_, path, std::move(value), nullptr, ++shared_.requests, now_ms);
}

void Session::succeed(const Request& request, const std::string& data) const {
  send_(wire::answer(request.number, "ok", data));
}

void Session::fail(const Request& request, std::string_view status, std::string_view text) const {
  send_(wire::refusal(request.number, status, text));
}

}  // namespace rtdb_emulator
