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
#include "bus/channel_filter.h"
#include "bus/connection.h"
#include "bus/gap.h"
#include "bus/name_lookup.h"
#include "bus/reading_pace.h"
#include "bus/reading_pause.h"
#include "bus/redis_url.h"
#include "bus/retry_pace.h"
#include "firebase_relay/message.h"
#include "firebase_relay/source.h"
#include "observe/events.h"
#include "observe/metrics.h"

namespace firebase_relay::bus {

/// Which Redis, and what of it.
struct RedisSourceOptions {
  RedisUrl url;
  std::shared_ptr<const TlsContext> tls;   ///< TlsContext::make()'s for `url`
  std::vector<std::string> patterns{"*"};  ///< as ChannelFilter takes them
  Sequence last_sequence = 0;              ///< messages are numbered behind this
  std::uint64_t jitter_seed = 0;
  Resolver resolver = look_up_addresses;  ///< of the URL's host
};

/// Redis pub/sub. Notices a dead peer within five seconds by asking for a sign of life, in a way that it does not
/// refuse (Connection::Question), and tries again at RetryPace. A connection that says nothing is kept all the same
/// until another one has subscribed, since it may only be slow, and what comes late is not lost. While reading is
/// paused at the queue's bound Redis buffers, up to its own limit, and its silence means nothing.
///
/// Threads: run() is the subscriber's thread; room_came() and is_subscribed() may be called from any.
class RedisSource final : public Source {
 public:
  /// Where messages go, and who is told. All of it must outlive the source.
  struct Wiring {
    Queue<MessageBlock>& messages;
    Queue<MessageBlock>& emptied;  ///< blocks to use again
    ByteBudget& budget;
    observe::Metrics& metrics;
    observe::Events& events;
    std::function<void(const Gap&)> gap;              ///< called on the subscriber's thread, as is the next
    std::function<void(UtcMillis)> first_subscribed;  ///< may be empty
    std::function<SteadyTime()> next_flush;           ///< for ReadingPace; may be empty: now
  };
  /// Connects when it runs.
  RedisSource(const RedisSourceOptions& options, Wiring wiring);

  void run(std::stop_token stop) override;
  void room_came() override;
  [[nodiscard]] bool is_subscribed() const override { return is_subscribed_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::optional<UtcMillis> read_until() const override {
    return was_subscribed_ ? std::optional(heard_at_) : std::nullopt;
  }
  [[nodiscard]] SteadyTime last_turn() const override {
    return SteadyTime(SteadyTime::duration(last_turn_.load(std::memory_order_relaxed)));
  }

 private:
  void wait();
  void finish_reading();
  [[nodiscard]] SteadyTime next_deadline() const;
  [[nodiscard]] bool is_resting() const { return now_.steady < rest_until_ && !suspected_; }
  void proceed_with_current();
  void proceed_with_attempt();
  void judge_silence();
  void resume_if_room();
  void note_refusal(const Error& refusal);
  // By value: the text is the connection's own, which goes.
  void lose(Error why);
  void attempt_failed(Error why);
  void wait_before_next_attempt(const Error& why, SteadyTime::duration took);
  void adopt_attempt();

  RedisSourceOptions options_;
  Wiring wiring_;
  Wakeup wakeup_;
  ChannelFilter channels_;
  NameLookup names_;
  RetryPace pace_;
  ReadingPace reading_;
  ReadingPause pause_;
  BlockDesk desk_;
  Now now_{};

  std::unique_ptr<Connection> current_;  ///< subscribed
  std::unique_ptr<Connection> attempt_;  ///< on its way to be
  SteadyTime attempt_since_{};
  SteadyTime next_attempt_{};
  std::unique_ptr<MessageBlock> block_;

  SteadyTime rest_until_{};  ///< nothing is read before
  SteadyTime heard_{};       ///< when anything last came
  UtcMillis heard_at_{};
  Connection::Question question_ = Connection::Question::kPing;  ///< on this run: what was refused is not asked again
  bool asked_ = false;                                           ///< a question is under way
  bool suspected_ = false;                                       ///< no answer to it
  bool was_subscribed_ = false;
  std::string loss_;             ///< why the subscription was lost
  std::size_t read_last_ = 0;    ///< bytes of messages that the last read brought
  std::size_t read_before_ = 0;  ///< and the one before it
  SteadyTime paused_until_{};    ///< the last time that reading was paused

  std::atomic<bool> is_subscribed_{false};
  std::atomic<SteadyTime::rep> last_turn_;
};

}  // namespace firebase_relay::bus
