#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "rtdb_emulator/long_polling.h"
#include "rtdb_emulator/rest.h"
#include "rtdb_emulator/session.h"

struct mg_connection;
struct mg_context;

namespace rtdb_emulator {

/// The clients that come to `/.ws`: each has a session, a thread of civetweb that reads, and one of its own that
/// writes, so that a client that does not read holds up nobody. Threads: civetweb's.
class WebSockets {
 public:
  /// The free plan's: firebase.google.com/docs/database/usage/limits. Whoever comes then is told to stay away.
  static constexpr std::size_t kClientsMax = 100;

  /// What it is given must outlive it. `long_polling`: its clients may go on here.
  WebSockets(Shared shared, const RestOptions& options, const LongPolling& long_polling)
      : shared_(shared), options_(options), long_polling_(long_polling) {}
  /// Serves the WebSockets of `context` until that has stopped.
  void serve_at(mg_context* context);

 private:
  class Client;
  static int connect(const mg_connection* connection, void* self);
  static void ready(mg_connection* connection, void* self);
  static int data(mg_connection* connection, int bits, char* bytes, std::size_t size, void* self);
  static void close(const mg_connection* connection, void* self);

  Shared shared_;
  const RestOptions& options_;
  const LongPolling& long_polling_;
  std::atomic<std::size_t> clients_{0};
  std::atomic<std::uint64_t> last_session_{0};
};

}  // namespace rtdb_emulator
