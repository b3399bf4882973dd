#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/queue.h"
#include "base/wakeup.h"
#include "bus/block_desk.h"
#include "bus/name_lookup.h"
#include "bus/reading_pause.h"
#include "bus/redis_url.h"
#include "bus/retry_pace.h"
#include "bus/stream_committer.h"
#include "bus/stream_reader.h"
#include "firebase_relay/message.h"
#include "firebase_relay/source.h"
#include "observe/events.h"
#include "observe/metrics.h"
#include "observe/stream_events.h"

namespace firebase_relay::bus {

/// Redis Streams. Reads them in order from where the consumer group stands, so what was added while nobody read waits
/// in Redis; moves the group once a second, no further than what is safe. The group serves as a cursor and nothing
/// else: no entry is claimed, none is pending. At the queue's bound and at the outbox's limit nothing is read, and
/// nothing is lost by that. A read waits in Redis for a second at most, so a peer that has not answered after four is
/// dead.
///
/// Threads: run() is the subscriber's thread; room_came() and is_subscribed() may be called from any; commit() once
/// run() has ended.
class StreamSource final : public Source {
 public:
  /// Where messages go, and who is told and asked. All of it must outlive the source.
  struct Wiring {
    Queue<MessageBlock>& messages;
    Queue<MessageBlock>& emptied;  ///< blocks to use again
    ByteBudget& budget;
    observe::Metrics& metrics;
    observe::Events& events;
    observe::StreamEvents& stream_events;
    /// Up to where everything is safe; called on the subscriber's thread, as are the others.
    std::function<Sequence()> safe_upto;
    /// Has the outbox room for more? At its limit nothing is read. Called on any thread; empty: it always has.
    std::function<bool()> takes_more;
    std::function<void(UtcMillis)> first_subscribed;  ///< may be empty
    StreamReader::Listeners told;
    /// For StreamSourceOptions::before of the next run; called at commit(), too, on its thread.
    StreamCommitter::Commits commits;
  };
  /// Connects when it runs.
  StreamSource(const StreamSourceOptions& options, Wiring wiring);

  void run(std::stop_token stop) override;
  void room_came() override;
  [[nodiscard]] bool is_subscribed() const override { return is_subscribed_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::optional<UtcMillis> read_until() const override { return reader_.read_until(); }
  [[nodiscard]] SteadyTime last_turn() const override {
    return SteadyTime(SteadyTime::duration(last_turn_.load(std::memory_order_relaxed)));
  }
  /// For the stop, after the drain: notes that everything up to `upto` is done. Waits two seconds at most. False: it
  /// could not, so the next start reads again what is not noted.
  bool commit(Sequence upto);
  /// Once run() has ended: how far each stream was read and noted in Redis. Not the last of it (`is_last`) where Redis
  /// was asked to note more and has not answered: it may do it yet.
  [[nodiscard]] std::vector<RememberedPosition> positions() const;

 private:
  void wait();
  [[nodiscard]] SteadyTime next_deadline() const;
  void connect();
  void proceed();
  void lose(Error why);  // By value: the text is the connection's own, which goes.
  void adopt();

  StreamSourceOptions options_;
  Wiring wiring_;
  Wakeup wakeup_;
  NameLookup names_;
  RetryPace pace_;
  ReadingPause pause_;
  BlockDesk desk_;
  StreamReader reader_;
  StreamCommitter committer_;
  Now now_{};

  std::unique_ptr<StreamConnection> connection_;
  SteadyTime attempt_since_{};
  SteadyTime next_attempt_{};
  SteadyTime heard_{};  ///< when anything last came, or was asked
  SteadyTime lost_{};   ///< when anything last came before the connection was lost
  bool was_subscribed_ = false;

  std::atomic<bool> is_subscribed_{false};
  std::atomic<SteadyTime::rep> last_turn_;
};

}  // namespace firebase_relay::bus
