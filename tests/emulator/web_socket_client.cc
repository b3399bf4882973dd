#include "emulator/web_socket_client.h"

#include <civetweb.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace emulator_test {
namespace {

constexpr std::chrono::seconds kPatience(20);

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

WebSocketClient::WebSocketClient(const std::string& url, const std::string& parameters, const std::string& path) {
  mg_init_library(0);
  const std::size_t host = url.find("//") + 2;
  const std::size_t colon = url.rfind(':');
  char error[200] = {};
  connection_ =
      mg_connect_websocket_client(url.substr(host, colon - host).c_str(), std::stoi(url.substr(colon + 1)), 0, error,
                                  sizeof error, (path + "?" + parameters).c_str(), nullptr, &on_frame, &on_close, this);
  if (!connection_) throw std::runtime_error(url + ": " + error);
}

WebSocketClient::~WebSocketClient() {
  close();
  mg_exit_library();
}

int WebSocketClient::on_frame(mg_connection* /*connection*/, int bits, char* bytes, std::size_t size, void* self) {
  auto& client = *static_cast<WebSocketClient*>(self);
  const int opcode = bits & 0x0F;
  const std::lock_guard lock(client.mutex_);
  if (opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE && size >= 2)
    client.close_code_ =
        static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[0]) << 8U | static_cast<std::uint8_t>(bytes[1]));
  if (opcode != MG_WEBSOCKET_OPCODE_TEXT) return 1;
  client.frames_.emplace_back(bytes, size);
  client.changed_.notify_all();
  return 1;
}

void WebSocketClient::on_close(const mg_connection* /*connection*/, void* self) {
  auto& client = *static_cast<WebSocketClient*>(self);
  const std::lock_guard lock(client.mutex_);
  client.is_closed_ = true;
  client.changed_.notify_all();
}

void WebSocketClient::send_frame(const std::string& text) {
  mg_websocket_client_write(connection_, MG_WEBSOCKET_OPCODE_TEXT, text.data(), text.size());
}

std::string WebSocketClient::next_frame() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !frames_.empty() || is_closed_; }) || frames_.empty())
    throw std::runtime_error(is_closed_ ? "the server has closed the connection" : "no frame has come");
  std::string frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

nlohmann::json WebSocketClient::next() {
  std::string text = next_frame();
  if (is_number(text)) {
    std::string message;
    for (int left = std::stoi(text); left > 0; --left) message += next_frame();
    text = std::move(message);
  }
  return nlohmann::json::parse(text);
}

nlohmann::json WebSocketClient::ask(const std::string& action, const nlohmann::json& body) {
  const std::int64_t number = ++last_request_;
  send_frame(nlohmann::json{{"t", "d"}, {"d", {{"r", number}, {"a", action}, {"b", body}}}}.dump());
  while (true) {
    const nlohmann::json message = next();
    const nlohmann::json& data = message.at("d");
    if (message.at("t") == "d" && data.value("r", std::int64_t{0}) == number) return data.at("b");
    if (message.at("t") == "d") pushes_.push_back(data);
  }
}

std::vector<nlohmann::json> WebSocketClient::pushes() { return std::exchange(pushes_, {}); }

std::vector<nlohmann::json> WebSocketClient::pushes(std::size_t count) {
  while (pushes_.size() < count) {
    const nlohmann::json message = next();
    if (message.at("t") == "d") pushes_.push_back(message.at("d"));
  }
  return pushes();
}

bool WebSocketClient::is_closed_by_server() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return is_closed_; });
}

std::uint16_t WebSocketClient::close_code() {
  const std::lock_guard lock(mutex_);
  return close_code_;
}

void WebSocketClient::close() {
  if (!connection_) return;
  mg_websocket_client_write(connection_, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, nullptr, 0);
  is_closed_by_server();  // else civetweb waits two seconds for its reading thread
  mg_close_connection(std::exchange(connection_, nullptr));
}

}  // namespace emulator_test
