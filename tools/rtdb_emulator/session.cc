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
                                                         {wire::kTooBigAction, {&Session::refuse_size, false}},
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

/// As the SDKs pass it on to whoever wrote: WRITE_TOO_BIG and the text. A client that is cut off writes it again for
/// ever.
void Session::refuse_size(const Request& request) {
  fail(request, "write_too_big", "Data to write exceeds the maximum size that can be modified with a single request.");
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
  become(std::move(credential), std::get<Identity>(identity));
  const bool is_user = identity_.kind == Identity::Kind::kUser;
  succeed(request, json{{"auth", is_user ? identity_.auth : json()}}.dump());
  shared_.database.end_lost_rights();
}

void Session::sign_out(const Request& request) {
  become({}, {});
  succeed(request);
  shared_.database.end_lost_rights();
}

void Session::become(Credential credential, Identity identity) {
  const std::lock_guard lock(shared_.database.mutex());
  credential_ = std::move(credential);
  identity_ = std::move(identity);
}

void Session::listen(const Request& request) {
  if (!is_allowed(request)) return;
  const json& body = request.body;
  const ListenKey key{request.path, json_of(body, "t")};
  auto query = parse_query_object(body.value("q", json::object()));
  if (const auto* refusal = std::get_if<Refusal>(&query)) return fail(request, "failed", refusal->text);
  if (const auto before = listening_.extract(key); !before.empty()) shared_.database.unlisten(before.mapped());
  const bool is_query = !key.second.empty();
  const bool has_index = !is_query || !shared_.access.refuse_without_index(std::get<Query>(query), request.path);
  const std::string hash = text_of(body, "h");
  ReadRight right = right_to_read(request.path);
  right.lost = [this, path = request.path, asked = is_query ? json_of(body, "q") : std::string()] {
    send_(wire::cancel(path, asked));
  };
  const auto id = shared_.database.listen(ns_, request.path,
                                          is_query ? listener_to_query(key, std::move(std::get<Query>(query)), hash)
                                                   : listener_to_place(request.path, hash),
                                          std::move(right));
  if (!id) return deny(request);
  listening_[key] = *id;
  succeed(request, has_index ? "{}" : R"({"w":["no_index"]})");
}

Listener Session::listener_to_place(const Path& path, const std::string& hash) const {
  return [this, at = path, hash, is_first = true](const Change& change) mutable {
    // What stands here as an empty place is told, too: the client waits for it.
    const bool is_known = is_first && !hash.empty() && hash_of(change.whole) == hash;
    is_first = false;
    if (is_known) return;
    Path place = at;
    place.insert(place.end(), change.path.begin(), change.path.end());
    send_(wire::push(change.is_patch, place, change.json(kAsSent), {}));
  };
}

Listener Session::listener_to_query(const ListenKey& key, Query query, const std::string& hash) const {
  return [this, key, hash, window = std::make_shared<Window>(std::move(query)),
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
}

void Session::unlisten(const Request& request) {
  const auto found = listening_.extract({request.path, json_of(request.body, "t")});
  if (!found.empty()) shared_.database.unlisten(found.mapped());
  succeed(request);
}

void Session::get(const Request& request) {
  if (!is_allowed(request)) return;
  std::optional<Query> query;
  if (request.body.contains("q")) {
    auto parsed = parse_query_object(request.body["q"]);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) return fail(request, "failed", refusal->text);
    query = std::move(std::get<Query>(parsed));
    if (const auto refusal = shared_.access.refuse_without_index(*query, request.path))
      return fail(request, "failed", refusal->text);
  }
  std::string value;
  const bool is_read = shared_.database.read(ns_, request.path, right_to_read(request.path), [&](const Node& node) {
    const bool is_whole = !query || (!query->start && !query->end && query->limit == 0);
    value = is_whole ? to_json(node, kAsSent) : to_json(Window(std::move(*query)).value(node), kAsSent);
  });
  if (!is_read) return deny(request);
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
  const auto result =
      shared_.database.set(ns_, request.path, std::move(std::get<Node>(value)), only_if, author_of(request));
  if (!result.is_allowed) return deny(request);
  if (!result.matched) return fail(request, "datastale", "Transaction hash does not match");
  succeed(request, "\"\"");
}

void Session::merge(const Request& request) {
  if (!is_allowed(request)) return;
  auto updates = read_updates(request.body["d"].dump(), request.path.size());
  if (const auto* refusal = std::get_if<Refusal>(&updates)) return fail(request, "failed", refusal->text);
  const auto refusal =
      shared_.database.update(ns_, request.path, std::move(std::get<Updates>(updates)), author_of(request));
  if (refusal) return refuse(request, *refusal);
  succeed(request, "\"\"");
}

void Session::leave_put(const Request& request) {
  if (!is_allowed(request)) return;
  auto value = read_value(request.body["d"].dump(), request.path.size());
  if (const auto* refusal = std::get_if<Refusal>(&value)) return fail(request, "failed", refusal->text);
  if (!may_leave({{request.path, &std::get<Node>(value)}})) return deny(request);
  on_disconnect_.set(request.path, std::move(std::get<Node>(value)));
  succeed(request, "\"\"");
}

void Session::leave_merge(const Request& request) {
  if (!is_allowed(request)) return;
  auto updates = read_updates(request.body["d"].dump(), request.path.size());
  if (const auto* refusal = std::get_if<Refusal>(&updates)) return fail(request, "failed", refusal->text);
  Writes writes;
  for (const auto& [key, node] : std::get<Updates>(updates)) {
    Path path = request.path;
    for (std::string& piece : split_path(key)) path.push_back(std::move(piece));
    writes.emplace_back(std::move(path), &node);
  }
  if (!may_leave(writes)) return deny(request);
  on_disconnect_.update(request.path, std::move(std::get<Updates>(updates)));
  succeed(request, "\"\"");
}

void Session::leave_nothing(const Request& request) {
  on_disconnect_.cancel(request.path);
  succeed(request, "\"\"");
}

bool Session::is_allowed(const Request& request) const {
  if (shared_.access.may_enter(identity_)) return true;
  deny(request);
  return false;
}

/// The rules are asked when a write is left behind, and not again when it is done.
bool Session::may_leave(const Writes& writes) const {
  bool may = false;
  shared_.database.read(ns_, {}, [&](const Node& root) { may = shared_.access.may_write(identity_, root, writes); });
  return may;
}

ReadRight Session::right_to_read(const Path& path) const {
  return {[this, path](const Node& root) { return shared_.access.may_read(identity_, root, path); }};
}

Author Session::author_of(const Request& request) const {
  return {++shared_.requests, request.now_ms,
          [this](const Node& root, const Writes& writes) { return shared_.access.may_write(identity_, root, writes); }};
}

void Session::check_credential(std::int64_t now_ms) {
  const auto identity = shared_.access.identify(credential_, now_ms);
  const auto* refusal = std::get_if<Refusal>(&identity);
  if (refusal) {
    become({}, {});
    const bool is_over = refusal->text == kTokenExpired;
    send_(wire::auth_revoked(is_over ? "expired_token" : "invalid_token", refusal->text));
  }
  if (refusal || !shared_.access.may_enter(identity_)) shared_.database.end_lost_rights();
}

void Session::stop_listening() {
  for (const auto& [key, id] : listening_) shared_.database.unlisten(id);
  listening_.clear();
}

void Session::close(std::int64_t now_ms) {
  stop_listening();
  for (auto& [path, value] : on_disconnect_.take())
    shared_.database.set(ns_, path, std::move(value), nullptr, {++shared_.requests, now_ms, {}});
}

void Session::succeed(const Request& request, const std::string& data) const {
  send_(wire::answer(request.number, "ok", data));
}

void Session::fail(const Request& request, std::string_view status, std::string_view text) const {
  send_(wire::refusal(request.number, status, text));
}

void Session::refuse(const Request& request, const Refusal& refusal) const {
  fail(request, refusal.status == 401 ? "permission_denied" : "failed", refusal.text);
}

}  // namespace rtdb_emulator
