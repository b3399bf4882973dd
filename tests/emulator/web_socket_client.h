#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

struct mg_connection;

namespace emulator_test {

/// A client of the database's own protocol, over a real WebSocket. It knows frames and messages; what they say is the
/// test's. Threads: one; frames come in on a thread of civetweb.
class WebSocketClient {
 public:
  /// Connects to the emulator at `url` (`http://HOST:PORT`). Throws when it cannot.
  explicit WebSocketClient(const std::string& url, const std::string& parameters = "v=5&ns=demo",
                           const std::string& path = "/.ws");
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  /// One frame, as it is.
  void send_frame(const std::string& text);
  /// The next frame, as it came. Throws when none comes in time.
  std::string next_frame();
  /// The next message, put together. Throws when none comes in time.
  nlohmann::json next();
  /// Sends a request, and gives the body of its answer; what came before it stands in pushes().
  nlohmann::json ask(const std::string& action, const nlohmann::json& body);
  /// What ask() and wait_for_pushes() met since the last call: their `d`.
  std::vector<nlohmann::json> pushes();
  /// Waits until `count` pushes have come.
  std::vector<nlohmann::json> pushes(std::size_t count);
  /// Waits until the server has closed the connection. False: it has not, in time.
  bool is_closed_by_server();
  /// The code with which it said so, once it has; 0: it has not.
  std::uint16_t close_code();
  /// The client goes, as at the end of its process.
  void close();

 private:
  static int on_frame(mg_connection* connection, int bits, char* bytes, std::size_t size, void* self);
  static void on_close(const mg_connection* connection, void* self);

  mg_connection* connection_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> frames_;  ///< guarded by mutex_
  bool is_closed_ = false;          ///< guarded by mutex_
  std::uint16_t close_code_ = 0;    ///< guarded by mutex_
  std::vector<nlohmann::json> pushes_;
  std::int64_t last_request_ = 0;
};

}  // namespace emulator_test
