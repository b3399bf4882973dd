#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "rtdb_emulator/poller.h"
#include "rtdb_emulator/rest.h"
#include "rtdb_emulator/session.h"

namespace rtdb_emulator {

/// The clients that come to `/.lp`: browsers whose WebSocket has failed once, since their SDK remembers that.
/// Threads: any.
class LongPolling {
 public:
  /// An SDK asks again after 25 s; before that it has an answer.
  static constexpr std::chrono::seconds kPoll{20};
  /// Nobody has asked for so long: the client is gone.
  static constexpr std::chrono::seconds kGone{60};

  /// `options` must outlive it, as what is shared.
  LongPolling(Shared shared, const RestOptions& options);
  ~LongPolling();
  LongPolling(const LongPolling&) = delete;
  LongPolling& operator=(const LongPolling&) = delete;

  /// A script, which is what a browser asks for; waits for up to kPoll. `host`: as the client calls this server.
  Response handle(const Parameters& parameters, const std::string& host);
  /// The client with this session; null: there is none.
  std::shared_ptr<Poller> find(const std::string& session) const;
  /// Ends all polls, for the end of the server.
  void end();

 private:
  Response start(const Parameters& parameters, const std::string& host);
  std::shared_ptr<Poller> remove(const std::string& session);
  void watch_over(std::unique_lock<std::mutex>& lock);

  Shared shared_;
  const RestOptions& options_;
  mutable std::mutex mutex_;
  std::condition_variable ending_;
  bool has_ended_ = false;                                  ///< guarded by mutex_
  std::map<std::string, std::shared_ptr<Poller>> pollers_;  ///< by session; guarded by mutex_
  std::jthread watch_;
};

}  // namespace rtdb_emulator
