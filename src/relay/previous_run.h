#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "bus/redis_source.h"
#include "firebase_relay/result.h"
#include "outbox/sqlite_outbox.h"

namespace firebase_relay::relay {

/// Finds out since when nobody was subscribed before this run began, so that this gap is reported like any other: since
/// the last stop, or, after a kill, since the relay's last heartbeat in the database. Until that has been read no new
/// heartbeat may be written over it.
///
/// Threads: subscribed() from the subscriber's; one of its own while the database is asked, which ends by itself.
class PreviousRun {
 public:
  struct Wiring {
    std::function<void(const bus::Gap&)> gap;
    /// The time in relay/{instance}/heartbeat_at; nothing when there is none. An error: ask again later.
    std::function<Result<std::optional<UtcMillis>>()> read_heartbeat;
    std::function<void()> heartbeat_is_free;  ///< called once, when the old one is not needed any more
  };
  /// `last_run`: as the outbox knows it; nothing when this is the first run.
  PreviousRun(std::optional<outbox::LastRun> last_run, Wiring wiring);

  /// The first subscription of this run.
  void subscribed(UtcMillis at);
  /// Stops asking. A gap whose beginning could not be found out is reported from the beginning of that run.
  void finish();

 private:
  void ask(const std::stop_token& stop, UtcMillis subscribed_at);

  std::optional<outbox::LastRun> last_run_;
  Wiring wiring_;
  std::optional<UtcMillis> unreported_;  ///< the subscription that ended the gap; the asking thread's, then finish()'s
  std::jthread asking_;
};

}  // namespace firebase_relay::relay
