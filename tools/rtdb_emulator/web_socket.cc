#include "rtdb_emulator/web_socket.h"

#include <civetweb.h>

#include <memory>
#include <mutex>
#include <thread>

#include "rtdb_emulator/clock.h"
#include "rtdb_emulator/outgoing.h"
#include "rtdb_emulator/query.h"
#include "rtdb_emulator/wire.h"

namespace rtdb_emulator {
namespace {

// RFC 6455, section 5.2: the first byte of a frame.
constexpr int kIsLastFragment = 0x80;
constexpr int kOpcode = 0x0F;
// Section 7.4.1: why a connection ends.
constexpr std::uint16_t kNormalClosure = 1000;
constexpr std::uint16_t kProtocolError = 1002;

constexpr char kTooMany[] =
    "The Firebase database has reached its peak connections limit. If you are the Firebase owner, consider upgrading.";

Parameters parameters_of(const mg_connection* connection) {
  const char* query = mg_get_request_info(connection)->query_string;
  return parse_parameters(query ? query : "");
}

std::string host_of(const mg_connection* connection) {
  const char* host = mg_get_header(connection, "Host");
  return host ? host : "";
}

/// RFC 6455, section 5.5.1: whoever ends it says so, and so does the other one. `code`: section 7.4.1.
void write_close(mg_connection* connection, std::uint16_t code) {
  const char bytes[] = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  mg_websocket_write(connection, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, bytes, sizeof bytes);
}

void write(mg_connection* connection, const std::string& message) {
  for (const std::string& frame : wire::frames_of(message))
    mg_websocket_write(connection, MG_WEBSOCKET_OPCODE_TEXT, frame.data(), frame.size());
}

}  // namespace

/// One of them, from its greeting to its end.
class WebSockets::Client {
 public:
  /// `polled`: the client that goes on here in place of polling; null: a new one.
  Client(WebSockets& all, mg_connection* connection, const std::string& ns, std::shared_ptr<Poller> polled)
      : connection_(connection), bytes_max_(all.options_.body_bytes_max), polled_(std::move(polled)) {
    if (polled_) {
      polled_->offer(outgoing_);
      outgoing_->push(wire::upgrade());
    } else {
      session_ = std::make_unique<Session>(
          all.shared_, ns, [outgoing = outgoing_](std::string message) { outgoing->push(std::move(message)); });
      outgoing_->push(wire::hello(host_of(connection), std::to_string(++all.last_session_), now_ms()));
    }
    writer_ = std::jthread([this] { write_all(); });
  }
  ~Client() {
    outgoing_->end();
    writer_.join();
    if (session_) session_->close(now_ms());
    if (polled_) polled_->lose_socket(now_ms());
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False: the connection is to end.
  bool receive(int bits, std::string_view bytes) {
    const int opcode = bits & kOpcode;
    if (opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE) return false;
    if (opcode != MG_WEBSOCKET_OPCODE_TEXT && opcode != MG_WEBSOCKET_OPCODE_CONTINUATION) return true;
    frame_ += bytes;
    if (!(bits & kIsLastFragment)) return frame_.size() <= wire::kMessageBytesMax;
    const auto text = frames_.feed(std::exchange(frame_, {}));
    if (frames_.is_broken() || outgoing_->overflowed()) return false;
    if (!text || receive(*text)) return true;
    write(connection_, wire::complaint("Invalid message: a request was expected"));
    return false;
  }

 private:
  bool receive(const std::string& text) {
    auto message = wire::parse(text, bytes_max_);
    if (!message) return false;
    if (message->control == "p") outgoing_->push(wire::pong());
    if (!message->control.empty()) return true;
    if (polled_) return polled_->receive_by_socket(std::move(message->data), now_ms());
    const std::lock_guard lock(session_mutex_);
    return session_->receive(message->data, now_ms());
  }
  void write_all() {
    while (!outgoing_->has_ended() && !outgoing_->overflowed()) {
      for (const std::string& message : outgoing_->take(std::chrono::milliseconds(500))) write(connection_, message);
      check_credential();
    }
  }
  /// It ends by time, and a client that only listens asks for nothing.
  void check_credential() {
    if (polled_) return polled_->check_credential(now_ms());
    const std::lock_guard lock(session_mutex_);
    session_->check_credential(now_ms());
  }

  mg_connection* connection_;
  const std::size_t bytes_max_;  ///< of a request that is done
  wire::FrameReader frames_;
  std::string frame_;  ///< what has come of a frame that comes in fragments
  const std::shared_ptr<Outgoing> outgoing_ = std::make_shared<Outgoing>();
  const std::shared_ptr<Poller> polled_;  ///< null: session_ is the client
  std::mutex session_mutex_;
  std::unique_ptr<Session> session_;  ///< guarded by session_mutex_
  std::jthread writer_;
};

void WebSockets::serve_at(mg_context* context) {
  // `$`: this address, and none that begins so.
  mg_set_websocket_handler(context, "/.ws$", &connect, &ready, &data, &close, this);
}

/// Not 0: this is no address of a database.
int WebSockets::connect(const mg_connection* connection, void* self) {
  const auto& all = *static_cast<WebSockets*>(self);
  const Parameters parameters = parameters_of(connection);
  const auto ns = parameters.find("ns");
  return all.options_.default_ns.empty() && (ns == parameters.end() || ns->second.empty()) ? 1 : 0;
}

void WebSockets::ready(mg_connection* connection, void* self) {
  auto& all = *static_cast<WebSockets*>(self);
  mg_set_user_connection_data(connection, nullptr);
  if (++all.clients_ > kClientsMax) {
    --all.clients_;
    return write(connection, wire::shutdown(kTooMany));
  }
  Parameters parameters = parameters_of(connection);
  const std::string& ns = parameters["ns"];
  const std::string& session = parameters["s"];
  auto polled = session.empty() ? nullptr : all.long_polling_.find(session);
  if (!session.empty() && !polled) {
    --all.clients_;
    return write(connection, wire::reset(host_of(connection)));
  }
  auto client = std::make_unique<Client>(all, connection, ns.empty() ? all.options_.default_ns : ns, std::move(polled));
  mg_set_user_connection_data(connection, client.release());
}

int WebSockets::data(mg_connection* connection, int bits, char* bytes, std::size_t size, void* /*self*/) {
  auto* client = static_cast<Client*>(mg_get_user_connection_data(connection));
  if (client && client->receive(bits, {bytes, size})) return 1;
  const bool is_asked_for = (bits & kOpcode) == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE;
  write_close(connection, !client || is_asked_for ? kNormalClosure : kProtocolError);
  return 0;
}

void WebSockets::close(const mg_connection* connection, void* self) {
  const std::unique_ptr<Client> client(static_cast<Client*>(mg_get_user_connection_data(connection)));
  if (client) --static_cast<WebSockets*>(self)->clients_;
}

}  // namespace rtdb_emulator
