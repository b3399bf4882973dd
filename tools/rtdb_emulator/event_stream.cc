// Server-sent events: firebase.google.com/docs/reference/rest/database#section-streaming.
#include <civetweb.h>

#include <chrono>
#include <deque>
#include <memory>

#include "rtdb_emulator/clock.h"
#include "rtdb_emulator/json_writer.h"
#include "rtdb_emulator/outgoing.h"
#include "rtdb_emulator/server.h"
#include "rtdb_emulator/window.h"

namespace rtdb_emulator {
namespace {

constexpr char kCancelled[] = "event: cancel\ndata: \"Permission denied.\"\n\n";

std::string frame(const std::string& event, const std::string& data) {
  return "event: " + event + "\ndata: " + data + "\n\n";
}

std::string data_at(const Path& path, const std::string& json) {
  std::string data = "{\"path\":";
  write_string("/" + join(path), data);
  return data + ",\"data\":" + json + "}";
}

/// Tells of all that changes at its place.
Listener listener_to_place(std::shared_ptr<Outgoing> outgoing, const WriteOptions& options) {
  return [outgoing = std::move(outgoing), options](const Change& change) {
    outgoing->push(frame(change.is_patch ? "patch" : "put", data_at(change.path, change.json(options))));
  };
}

/// Tells of what a query takes, and then of what changes in that: null for what left it.
Listener listener_to_query(std::shared_ptr<Outgoing> outgoing, Query query, const WriteOptions& options) {
  return [outgoing = std::move(outgoing), window = std::make_shared<Window>(std::move(query), options), options,
          is_first = true](const Change& change) mutable {
    if (is_first) {
      window->know(change.whole);
      outgoing->push(
          frame("put", data_at({}, to_json(window->value(change.whole), {options.with_priorities, false, true}))));
    } else if (const auto news = window->news(change.whole)) {
      outgoing->push(frame("patch", data_at({}, *news)));
    }
    is_first = false;
  };
}

}  // namespace

int Server::stream(mg_connection* connection, const Request& request) {
  const auto refuse = [&](const Refusal& refusal) { return send(connection, error(refusal.status, refusal.text)); };
  const auto place = rest_.place_of(request);
  if (const auto* refusal = std::get_if<Refusal>(&place)) return refuse(*refusal);
  const Path& path = std::get<Path>(place);
  const auto known = rest_.identify(request, now_ms());
  if (const auto* refusal = std::get_if<Refusal>(&known)) return refuse(*refusal);
  auto query = rest_.query_of(request, path);
  if (const auto* refusal = std::get_if<Refusal>(&query)) return refuse(*refusal);
  const Identity& identity = std::get<Identity>(known);
  const auto outgoing = std::make_shared<Outgoing>();
  const auto format = request.parameters.find("format");
  const WriteOptions options{format != request.parameters.end() && format->second == "export", false, false};
  const auto lose = [outgoing] {
    outgoing->push(kCancelled);
    outgoing->end();
  };
  const auto id = database_.listen(rest_.ns_of(request), path,
                                   std::holds_alternative<Query>(query)
                                       ? listener_to_query(outgoing, std::move(std::get<Query>(query)), options)
                                       : listener_to_place(outgoing, options),
                                   {[&](const Node& root) { return access_.may_read(identity, root, path); }, lose});
  if (!id) return refuse({401, kPermissionDenied});
  constexpr char kHead[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
      "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n";
  mg_write(connection, kHead, sizeof kHead - 1);
  mg_disable_connection_keep_alive(connection);
  write_stream(connection, *outgoing, [&] {
    const auto still_known = rest_.identify(request, now_ms());
    const auto* refusal = std::get_if<Refusal>(&still_known);
    if (!refusal) return std::string();
    return refusal->text == kTokenExpired ? frame("auth_revoked", "\"credential is no longer valid\"") : kCancelled;
  });
  database_.unlisten(*id);
  return 200;
}

/// Sends what comes, until one of both sides ends it, or `farewell` is something to say at the end.
void Server::write_stream(mg_connection* connection, Outgoing& outgoing, const std::function<std::string()>& farewell) {
  const auto keep_alive = std::chrono::seconds(options_.keep_alive_seconds);
  auto next_keep_alive = std::chrono::steady_clock::now() + keep_alive;
  while (sleep_unless_stopping(std::chrono::milliseconds(0))) {
    // Comes around for the end of the server and of credentials, which have no signal of their own.
    const bool is_last = outgoing.has_ended();
    std::deque<std::string> frames = outgoing.take(std::chrono::milliseconds(200));
    if (outgoing.overflowed()) break;
    const std::string last = outgoing.has_ended() ? std::string() : farewell();
    if (!last.empty()) frames.push_back(last);
    if (frames.empty() && std::chrono::steady_clock::now() >= next_keep_alive)
      frames.push_back(frame("keep-alive", "null"));
    bool is_gone = false;
    for (const std::string& text : frames) is_gone = is_gone || mg_write(connection, text.data(), text.size()) <= 0;
    if (!frames.empty()) next_keep_alive = std::chrono::steady_clock::now() + keep_alive;
    if (is_gone || is_last || !last.empty()) break;
  }
}

}  // namespace rtdb_emulator
