#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "classify/published_routes.h"
#include "firebase_relay/delivery.h"
#include "firebase_relay/time.h"
#include "flush/keeper_shell.h"
#include "flush/patch_sender.h"
#include "flush/stored_history.h"
#include "observe/history_events.h"

namespace firebase_relay::flush {

/// Keeps of history what the newest routes say: its Keeper's requests go beside those of delivery, over the same
/// connections, and with its leave.
///
/// Threads: the flusher's. Errors: none; whatever comes of a request is the keeper's to judge.
class Remover {
 public:
  /// All must outlive it. `routes`: null where nothing is to be removed. `may_go`: as Manner has it.
  Remover(const classify::PublishedRoutes* routes, PatchSender& sender, observe::HistoryEvents& events,
          std::function<bool(std::string_view day)> may_go = {});
  Remover(const Remover&) = delete;
  Remover& operator=(const Remover&) = delete;

  /// Who is asked for leave (Delivery::grant()) before anything is sent, and who counts what stands in the database;
  /// before the first proceed(). Both outlive it.
  void ask(Delivery& delivery, StoredHistory& stored) {
    delivery_ = &delivery;
    stored_ = &stored;
  }
  /// Does what is due.
  void proceed(const Now& now);
  /// When proceed() has something to do, at the latest. Other routes are seen when it is called for anything else.
  [[nodiscard]] SteadyTime due() const { return shell_.due(); }
  /// What has become of a request, if it was this one's; false: it was not.
  bool take(const PatchSender::Finished& finished, const Now& now) { return shell_.take(finished, now); }

 private:
  void report(const keep::Report& what, SteadyTime now);
  [[nodiscard]] std::uint64_t bytes_of(const keep::AskLeave& ask, SteadyTime now) const;

  const classify::PublishedRoutes* routes_;
  observe::HistoryEvents& events_;
  KeeperShell shell_;
  Delivery* delivery_ = nullptr;
  StoredHistory* stored_ = nullptr;
  std::uint64_t routes_version_ = 0;
};

}  // namespace firebase_relay::flush
