#pragma once

#include <poll.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bus/name_lookup.h"
#include "bus/redis_url.h"
#include "bus/stream_connection.h"
#include "bus/stream_cursor.h"
#include "firebase_relay/message.h"
#include "firebase_relay/time.h"
#include "observe/stream_events.h"

namespace firebase_relay::bus {

/// Notes in Redis how far each stream was read: once a second, over a connection of its own, so that a read that waits
/// does not hold it up. Each group moves forwards only, and no further than what is safe. What cannot be noted is told,
/// and tried again.
///
/// Threads: the subscriber's; once that has ended, finish() may be another's. Reads no clock, but in finish().
class StreamCommitter {
 public:
  /// Which Redis, and which groups. All of it must outlive the committer.
  struct Target {
    const RedisUrl& url;
    std::shared_ptr<const TlsContext> tls;
    Resolver resolver;
    const std::vector<std::string>& streams;
    const std::string& group;
  };
  /// Told in front of each commit what will be noted; may be empty. So whoever remembers it is never behind Redis.
  using Commits = std::function<void(std::size_t stream, const StreamPosition&)>;
  /// `cursors`: by stream; they must outlive it, as `events` must.
  StreamCommitter(Target target, std::vector<StreamCursor>& cursors, observe::StreamEvents& events, Commits commits);

  /// Call once a turn, with what is safe by now.
  void turn(SteadyTime now, const std::function<Sequence()>& safe_upto);
  /// What to poll for: fd -1 while there is nothing.
  [[nodiscard]] pollfd polled() const;
  /// turn() is due then, whatever poll() says.
  [[nodiscard]] SteadyTime deadline() const;
  /// Waits until everything up to `upto` is noted, or `until`. False: it is not.
  bool finish(Sequence upto, SteadyTime until);
  /// May the group stand further than its cursor has it? It was asked to, and Redis has not answered, but may do it
  /// yet.
  [[nodiscard]] bool may_stand_further(std::size_t stream) const { return !unanswered_[stream].empty(); }

 private:
  struct Asked {
    std::size_t stream;
    StreamPosition position;
    std::uint64_t life;    ///< of its cursor
    bool is_said = false;  ///< it may have gone out: not before the connection stands, and TLS with it
  };

  std::vector<Asked> find_due(Sequence safe_upto);
  void begin(std::vector<Asked> due, SteadyTime now);
  void ask(StreamConnection& connection);
  void proceed(SteadyTime now);
  void take(const StreamConnection::Answer& answer, SteadyTime now);
  void give_up(const Error& why, SteadyTime now);
  void note_unanswered(const Asked& asked);

  Target target_;
  std::vector<StreamCursor>& cursors_;
  observe::StreamEvents& events_;
  Commits commits_;
  NameLookup names_;
  std::unique_ptr<StreamConnection> connection_;
  std::deque<Asked> asked_;  ///< and not answered; said with the greeting where there is no connection yet
  /// Of each stream what went out since the last answer and was given up, oldest first: any of it may stand there.
  std::vector<std::deque<StreamId>> unanswered_;
  SteadyTime asked_at_{};
  SteadyTime next_{};  ///< nothing is asked before
};

}  // namespace firebase_relay::bus
