// Server-sent events: firebase.google.com/docs/reference/rest/database#section-streaming.
#include <civetweb.h>

#include <chrono>
#include <deque>
#include <memory>

#include "rtdb_emulator/clock.h"
#include "rtdb_emulator/json_writer.h"
#include "rtdb_emulator/outgoing.h"
#include "rtdb_emulator/server.h"

namespace rtdb_emulator {
namespace {

constexpr char kCancelled[] = "event: cancel\ndata: \"Permission denied.\"\n\n";

std::string frame(const std::string& event, const std::string& data) {
  return "event: " + event + "\ndata: " + data + "\n\n";
}

}  // namespace

int Server::stream(mg_connection* connection, const Request& request) {
  const auto place = rest_.place_of(request);
  if (const auto* refusal = std::get_if<Refusal>(&place)) {
    const Response response = error(refusal->status, refusal->text);
    mg_send_http_error(connection, response.status, "%s", response.body.c_str());
    return response.status;
  }
  constexpr char kHead[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
      "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n";
  mg_write(connection, kHead, sizeof kHead - 1);
  mg_disable_connection_keep_alive(connection);
  if (rest_.refuse_credentials(request, now_ms())) {
    mg_write(connection, kCancelled, sizeof kCancelled - 1);
    return 200;
  }
  const auto outgoing = std::make_shared<Outgoing>();
  const std::uint64_t id =
      database_.listen(rest_.ns_of(request), std::get<Path>(place), [outgoing](const Change& change) {
        std::string data = "{\"path\":";
        write_string("/" + join(change.path), data);
        outgoing->push(frame(change.is_patch ? "patch" : "put", data + ",\"data\":" + change.json({}) + "}"));
      });
  const auto keep_alive = std::chrono::seconds(options_.keep_alive_seconds);
  auto next_keep_alive = std::chrono::steady_clock::now() + keep_alive;
  while (sleep_unless_stopping(std::chrono::milliseconds(0))) {
    // Comes around for the end of the server and of credentials, which have no signal of their own.
    std::deque<std::string> frames = outgoing->take(std::chrono::milliseconds(200));
    if (outgoing->overflowed()) break;
    const auto refusal = rest_.refuse_credentials(request, now_ms());
    if (refusal && refusal->text == kTokenExpired) {
      frames.push_back(frame("auth_revoked", "\"credential is no longer valid\""));
    } else if (refusal) {
      frames.emplace_back(kCancelled);
    }
    if (frames.empty() && std::chrono::steady_clock::now() >= next_keep_alive)
      frames.push_back(frame("keep-alive", "null"));
    bool is_gone = false;
    for (const std::string& text : frames) is_gone = is_gone || mg_write(connection, text.data(), text.size()) <= 0;
    if (!frames.empty()) next_keep_alive = std::chrono::steady_clock::now() + keep_alive;
    if (is_gone || refusal) break;
  }
  database_.unlisten(id);
  return 200;
}

}  // namespace rtdb_emulator
