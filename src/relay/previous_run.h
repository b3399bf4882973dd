#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

#include "bus/gap.h"
#include "firebase_relay/result.h"
#include "flush/credentials.h"
#include "flush/http_client.h"
#include "outbox/sqlite_outbox.h"

namespace firebase_relay::relay {

/// Asks for the time in relay/{instance}/heartbeat_at; nothing when there is none. Gives up at once when it is to stop.
using HeartbeatQuestion = std::function<Result<std::optional<UtcMillis>>(const std::stop_token& stop)>;

/// Finds out since when nobody was subscribed before this run's first subscription, so that this gap is reported like
/// any other: since the last stop, or, after a kill, since the relay's last heartbeat in the database. Until that has
/// been read no new heartbeat may be written over it. A run that never subscribes leaves what it found to the next one.
///
/// Threads: subscribed() from the subscriber's; one of its own, which asks the database and writes to the outbox.
class PreviousRun {
 public:
  /// Whom it asks and tells: on its own thread, and on that of whoever makes it, or calls subscribed() or finish().
  struct Wiring {
    /// Reports the gap. It ends before it begins where the clock was set back in between: then nobody knows how long it
    /// was.
    std::function<void(const bus::Gap&)> gap;
    std::function<void()> gaps_are_known;  ///< once: the gap before this run, if there was one, has been told
    /// As heartbeat_question() gives it. An error: asked again later.
    HeartbeatQuestion read_heartbeat;
    std::function<void(const Error&)> not_read;        ///< that error, each time, unless it is because of finish()
    std::function<void()> heartbeat_is_free;           ///< called once, when the old one is not needed any more
    std::function<void(UtcMillis at)> note_started;    ///< this run has subscribed: it is the last run from now on
    std::function<void(UtcMillis at)> note_last_stop;  ///< when the last run ended is known, and this one not yet one
  };
  /// `last_run`: as the outbox knows it; nothing when this is the first run.
  PreviousRun(std::optional<outbox::LastRun> last_run, Wiring wiring);

  /// This run has subscribed for the first time, at `at`: what was published from then on is heard.
  void subscribed(UtcMillis at);
  /// Stops asking, also while the database is silent. A gap whose beginning could not be found out is reported from the
  /// beginning of that run.
  void finish();

 private:
  void run(const std::stop_token& stop);
  void note_start();
  void ask(const std::stop_token& stop);

  std::optional<outbox::LastRun> last_run_;
  Wiring wiring_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<UtcMillis> subscribed_at_;  // guarded by mutex_
  bool is_reported_ = false;                // guarded by mutex_
  bool is_noted_ = false;                   // the thread's, then finish()'s
  std::optional<UtcMillis> ended_at_;       // guarded by mutex_; when the last run was killed
  std::jthread thread_;                     // last: it uses the others
};

/// The question that is `request`, sent with the credential of its moment (`credentials` may be null). Waits for the
/// answer, and reads it as heartbeat_of() does. Errors: kUnavailable and others; asking again later may help.
HeartbeatQuestion heartbeat_question(flush::HttpRequest request, std::shared_ptr<flush::CredentialSource> credentials);

/// What an answer to the question for relay/{instance}/heartbeat_at says: the time, or nothing when there is none. An
/// error when it is no answer of a database: from a login page nobody can know that the last run had no heartbeat.
Result<std::optional<UtcMillis>> heartbeat_of(int status, std::string_view body);

}  // namespace firebase_relay::relay
