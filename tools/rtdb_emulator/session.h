#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>

#include "rtdb_emulator/access.h"
#include "rtdb_emulator/database.h"
#include "rtdb_emulator/on_disconnect.h"
#include "rtdb_emulator/query.h"

namespace rtdb_emulator {

/// What all sessions share. It outlives them.
struct Shared {
  Database& database;
  const Access& access;
  std::atomic<std::uint64_t>& requests;  ///< counts the writes, for the journal
};

/// One client of the database's own protocol: requests come in, answers and pushes go out. Knows no socket.
/// A client's own change reaches its listeners before the answer to the write: all that is sent goes through one
/// `send`. Threads: one at a time; `send` is called by whoever writes to the database, under its lock, and must be
/// quick.
class Session {
 public:
  using Send = std::function<void(std::string message)>;
  /// A client of the database `ns`.
  Session(Shared shared, std::string ns, Send send) : shared_(shared), ns_(std::move(ns)), send_(std::move(send)) {}
  ~Session() { stop_listening(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Does what one request, an object, asks for. False: it is none; nothing more of the client can be understood.
  bool receive(const nlohmann::json& request, std::int64_t now_ms);
  /// Ends what the client may no longer do: its credential is over, or was taken back.
  void check_credential(std::int64_t now_ms);
  /// The client is gone: does what it has left to be done then.
  void close(std::int64_t now_ms);

 private:
  /// A request: its number, its body, and the place that it is about.
  struct Request {
    std::int64_t number;
    const nlohmann::json& body;
    Path path;
    std::int64_t now_ms;
  };
  /// What is done, and what has to stand in the body for it.
  struct Action {
    void (Session::*act)(const Request&);
    bool needs_place = true;
    bool needs_value = false;
  };
  /// By place and tag (JSON; empty: none).
  using ListenKey = std::pair<Path, std::string>;
  static const std::map<std::string, Action>& actions();
  void stats(const Request& request);
  void refuse_size(const Request& request);
  void sign_in_user(const Request& request);
  void sign_in_server(const Request& request);
  void sign_out(const Request& request);
  void listen(const Request& request);
  void unlisten(const Request& request);
  void get(const Request& request);
  void put(const Request& request);
  void merge(const Request& request);
  void leave_put(const Request& request);
  void leave_merge(const Request& request);
  void leave_nothing(const Request& request);

  void sign_in(const Request& request, Credential credential);
  void become(Credential credential, Identity identity);
  [[nodiscard]] bool is_allowed(const Request& request) const;
  [[nodiscard]] bool may_leave(const Writes& writes) const;
  [[nodiscard]] ReadRight right_to_read(const Path& path) const;
  [[nodiscard]] Author author_of(const Request& request) const;
  Listener listener_to_place(const Path& path, const std::string& hash) const;
  Listener listener_to_query(const ListenKey& key, Query query, const std::string& hash) const;
  void stop_listening();
  void succeed(const Request& request, const std::string& data = "{}") const;
  void fail(const Request& request, std::string_view status, std::string_view text) const;
  void refuse(const Request& request, const Refusal& refusal) const;
  void deny(const Request& request) const { refuse(request, {401, kPermissionDenied}); }

  Shared shared_;
  std::string ns_;
  Send send_;
  Credential credential_;
  Identity identity_;  ///< changed under the database's lock, under which the rights of listeners are asked for
  std::map<ListenKey, std::uint64_t> listening_;  ///< some may have lost their right since
  OnDisconnect on_disconnect_;
};

}  // namespace rtdb_emulator
