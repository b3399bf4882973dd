#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/queue.h"
#include "firebase_relay/time.h"
#include "observe/events.h"

namespace firebase_relay::bus {

/// At the queue's bound nothing is read, so that Redis keeps what comes, not we; nor, from a source that can be read
/// again, at the outbox's limit, where what is read would push out what waits. Says so, and counts how long.
///
/// Threads: the subscriber's, but ends_now(). Reads no clock.
class ReadingPause {
 public:
  /// All must outlive it. `meanwhile`: for people, what becomes of what comes in a pause. `takes_more`: has the outbox
  /// room? Called on any thread; empty: it does not matter.
  ReadingPause(const ByteBudget& budget, observe::Events& events, std::string_view meanwhile,
               std::function<bool()> takes_more = {})
      : budget_(budget), events_(events), meanwhile_(meanwhile), takes_more_(std::move(takes_more)) {}

  [[nodiscard]] bool is_on() const { return since_.has_value(); }
  void begin_if_full(SteadyTime now);
  /// At each turn, the one after the stop too: what has gone by of a pause, be its end near or not.
  void count(SteadyTime now);
  /// True: a pause has just ended.
  bool end_if_room(SteadyTime now);
  /// When count() is due; while it is on. A scrape shall see a pause that lasts.
  [[nodiscard]] SteadyTime due() const { return counted_ + std::chrono::seconds(1); }
  /// Is it on, and is there room again? Any thread: then the subscriber has to be woken.
  [[nodiscard]] bool ends_now() const;

 private:
  [[nodiscard]] bool is_outbox_full() const { return takes_more_ && !takes_more_(); }
  [[nodiscard]] bool has_room() const { return budget_.has_room() && !is_outbox_full(); }

  const ByteBudget& budget_;
  observe::Events& events_;
  std::string_view meanwhile_;
  std::function<bool()> takes_more_;
  std::optional<SteadyTime> since_;
  bool is_limit_told_ = false;
  SteadyTime counted_{};  ///< until when the metrics know of it
  std::atomic<bool> is_on_{false};
};

}  // namespace firebase_relay::bus
