#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rtdb_emulator/outgoing.h"
#include "rtdb_emulator/piece_reader.h"
#include "rtdb_emulator/query.h"
#include "rtdb_emulator/session.h"

namespace rtdb_emulator {

/// One client that asks again and again for what is new, since it has no WebSocket, and that may change to one later.
/// Until it says that nothing more comes by polling, what its WebSocket brings has to wait.
/// Source: firebase-js-sdk packages/database/src/realtime/BrowserPollConnection.ts and Connection.ts.
/// Threads: any.
class Poller {
 public:
  /// What one poll is answered with. Answers are numbered from 0.
  struct Answer {
    std::uint64_t number;
    std::deque<std::string> messages;
    bool is_last;  ///< the client is to ask no more
  };

  /// `bytes_max`: of a request that is done.
  Poller(Shared shared, const std::string& ns, std::size_t bytes_max)
      : bytes_max_(bytes_max), session_(shared, ns, [this](std::string message) { send(std::move(message)); }) {}

  /// To the client, by the way that is in use.
  void send(std::string message);
  /// Takes the pieces of messages that came with a poll, as PieceReader. False: they are none.
  bool take_pieces(const Parameters& parameters, std::int64_t now_ms);
  /// Waits until there is something, or `time` is over, or another poll comes, which goes on waiting in its place.
  Answer poll(std::chrono::milliseconds time);

  /// The client has a WebSocket now, and says by polling when it is to be used.
  void offer(std::shared_ptr<Outgoing> socket);
  /// A request that came by the WebSocket. False: it is none.
  bool receive_by_socket(nlohmann::json request, std::int64_t now_ms);
  /// The WebSocket is gone, and with it the client, if it was in use.
  void lose_socket(std::int64_t now_ms);

  /// The page that polled says that it polls no more. False: for it uses its WebSocket, and is not gone.
  [[nodiscard]] bool has_left() const;
  /// The client is gone.
  void close(std::int64_t now_ms);
  /// Ends what the client may no longer do.
  void check_credential(std::int64_t now_ms);
  /// For how long nobody has polled. A client that uses its WebSocket is not missed.
  [[nodiscard]] std::chrono::milliseconds silence() const;

 private:
  bool receive(const std::string& text, std::int64_t now_ms);
  void change_to_socket();

  const std::size_t bytes_max_;
  std::mutex requests_mutex_;            ///< held before mutex_
  PieceReader pieces_;                   ///< guarded by requests_mutex_
  std::vector<nlohmann::json> waiting_;  ///< came by the WebSocket too early; guarded by requests_mutex_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> messages_;  ///< to be polled; guarded by mutex_
  std::shared_ptr<Outgoing> socket_;  ///< guarded by mutex_
  bool uses_socket_ = false;          ///< guarded by mutex_
  bool is_closed_ = false;            ///< guarded by mutex_
  std::uint64_t polls_ = 0;           ///< guarded by mutex_
  std::uint64_t next_answer_ = 0;     ///< guarded by mutex_
  std::size_t polls_now_ = 0;         ///< guarded by mutex_
  std::chrono::steady_clock::time_point last_poll_ = std::chrono::steady_clock::now();  ///< guarded by mutex_

  Session session_;  ///< guarded by requests_mutex_; ends first, since it sends
};

}  // namespace rtdb_emulator
