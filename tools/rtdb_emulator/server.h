#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "rtdb_emulator/control.h"
#include "rtdb_emulator/database.h"
#include "rtdb_emulator/faults.h"
#include "rtdb_emulator/long_polling.h"
#include "rtdb_emulator/outgoing.h"
#include "rtdb_emulator/rest.h"
#include "rtdb_emulator/web_socket.h"

struct mg_connection;
struct mg_context;

namespace rtdb_emulator {

/// What the command line says.
struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9000;  ///< 0: any free one
  bool test_controls = false;
  unsigned keep_alive_seconds = 30;  ///< of event streams
  RestOptions rest;
  AccessOptions access;
  std::uint64_t size_limit_bytes = 0;
};

/// The emulator on HTTP: REST, event streams, WebSockets, long polling, and the controls of tests.
/// Threads: made, stopped and asked by one; civetweb's serve.
class Server {
 public:
  /// Listens nowhere yet.
  explicit Server(const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Empty when it listens, else why not.
  std::string start();
  /// Ends event streams, hangs and delays, and returns when nobody is served any more.
  void stop();
  /// Where it listens, also when any port would do.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// What is stored, also before start() and after stop().
  Database& database() { return database_; }

 private:
  static int on_complaint(const mg_connection* connection, const char* message);
  static int on_request(mg_connection* connection, void* self);
  int serve(mg_connection* connection);
  int serve_rest(mg_connection* connection, Request request);
  int stream(mg_connection* connection, const Request& request);
  void write_stream(mg_connection* connection, Outgoing& outgoing, const std::function<std::string()>& farewell);
  static int send(mg_connection* connection, const Response& response, std::int64_t clock_ahead_seconds = 0);
  static int send_head(mg_connection* connection, const Response& response);
  static std::string head_of(mg_connection* connection, const Response& response, std::int64_t clock_ahead_seconds);
  void apply_later(Request request, std::uint64_t number, std::chrono::milliseconds delay);
  bool sleep_unless_stopping(std::chrono::milliseconds time);

  ServerOptions options_;
  Database database_;
  Faults faults_;
  Switches switches_;
  Stats stats_;
  Access access_;
  Rest rest_;
  Control control_;
  mg_context* context_ = nullptr;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> requests_{0};

  LongPolling long_polling_;
  WebSockets web_sockets_;

  std::mutex stop_mutex_;
  std::condition_variable stop_signal_;
  bool stopping_ = false;                 ///< guarded by stop_mutex_
  std::string complaint_;                 ///< civetweb's first; guarded by stop_mutex_
  std::vector<std::jthread> stragglers_;  ///< guarded by stop_mutex_
};

}  // namespace rtdb_emulator
