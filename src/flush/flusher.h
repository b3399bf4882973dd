#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/every.h"
#include "base/first_seen.h"
#include "base/queue.h"
#include "base/shared_time.h"
#include "base/wake_call.h"
#include "coalesce/block_order.h"
#include "coalesce/live_orders.h"
#include "coalesce/repeats.h"
#include "firebase_relay/delivery.h"
#include "firebase_relay/outbox.h"
#include "flush/archive_link.h"
#include "flush/letter_box.h"
#include "flush/patch_sender.h"
#include "flush/remover.h"
#include "flush/safe_point.h"
#include "flush/stored_history.h"
#include "observe/backfill_report.h"
#include "observe/events.h"
#include "observe/metrics.h"
#include "observe/stream_events.h"

namespace firebase_relay::flush {

/// What the flusher knows of itself.
struct FlushState {
  std::optional<UtcMillis> last_message_at;      ///< arrival of the newest message
  std::optional<UtcMillis> last_flush_at;        ///< the last acknowledgement
  std::optional<std::chrono::milliseconds> lag;  ///< arrival to acknowledgement, the mean since the last beat
};

/// What the relay is doing, as the database is told.
enum class RunState : std::uint8_t { kRunning, kDraining, kStopped };

/// What the flusher adds by itself from time to time: the relay's own state (relay/heartbeat.h).
class Heartbeat {
 public:
  virtual ~Heartbeat() = default;
  /// When beat() is due next; max(): never.
  [[nodiscard]] virtual SteadyTime due() const = 0;
  /// The state as a block without messages.
  virtual std::unique_ptr<FragmentBlock> beat(const FlushState& state, const Now& now, RunState run_state) = 0;
};

/// The settings that the flusher depends on.
struct FlusherOptions {
  DeliveryOptions delivery;  ///< `syncs_for_commit` is given whether or not the outbox is on disk
  std::size_t closed_orders_max = 50;
  std::uint64_t jitter_seed = 0;
};

/// The shell around Delivery: brings it blocks in their order, answers and the time, and does what it decides. What is
/// sent, saved, tried again and given up is decided there, and by the pure classes beside it, which are told the time
/// (decision 3 of the contract): coalesce/live_orders.h, flush/letter_box.h, observe/backfill_report.h.
///
/// It is the largest here: its parts have classes of their own, and what is left is their order, and a function for
/// each action and each report.
///
/// Threads: run() is the flusher's thread; notify(), stop() and end_now() may be called from any,
/// caught_up() and falls_behind() from the source's.
class Flusher {
 public:
  /// What it works with; all of it must outlive the flusher. The functions are called on its thread.
  struct Wiring {
    Queue<FragmentBlock>& fragments;
    ByteBudget& budget;
    Outbox& outbox;
    LetterBox* letters;  ///< null: dead letters are counted and logged only
    Remover& remover;
    PatchSender& sender;
    Heartbeat& heartbeat;
    ArchiveLink& archive;
    observe::Metrics& metrics;
    observe::Events& events;
    observe::StreamEvents& stream_events;
    std::function<void()> try_outbox;             ///< asked once a minute while it cannot be written
    std::function<void()> made_progress;          ///< a block was taken, or messages have been acknowledged
    std::function<void(std::string lines)> show;  ///< console lines, in the order of arrival
    /// By how many seconds this machine's clock is ahead, as far as it is wrong: workers judge times by it.
    std::atomic<std::int64_t>& clock_ahead_seconds;
  };
  /// `restored`: what the outbox held when it was opened.
  Flusher(const FlusherOptions& options, const Restored& restored, Wiring wiring);

  /// Works until stop() was called and all is drained, or until end_now(). Called once, on the flusher's own thread.
  void run();
  /// To be called by whoever has put a block of `bytes` into the queue. Wakes the flusher only if it would do something
  /// with the block now.
  void notify(std::uint64_t bytes);
  /// To be called when no more blocks come: run() sends what there is, within the drain's time, and returns.
  void stop();
  /// Makes run() return without waiting for answers. What is not acknowledged by then is in the outbox only as far as
  /// it was saved.
  void end_now();
  /// Messages that were taken out of the queue and have not ended: neither delivered nor lost in any counted way.
  [[nodiscard]] std::uint64_t messages_in_flight() const { return in_flight_.load(std::memory_order_seq_cst); }
  /// To be asked after run(): is every message that is still in flight in the outbox?
  [[nodiscard]] bool left_is_safe() const { return !delivery_.has_unsaved(); }
  /// As Delivery::safe_upto(), with dead letters, at most a second old; after run() it is exact. 0 unless
  /// DeliveryOptions::syncs_for_commit was asked for.
  [[nodiscard]] Sequence safe_upto() const noexcept { return safe_point_.get(); }
  /// With DeliveryOptions::is_behind: all that the source held at the start has been put into the queues, and the
  /// message `upto` is the last of it. Live values go once that message has been taken; at once where there was
  /// nothing, and `upto` is Restored::last_sequence, as it is the source's.
  void caught_up(Sequence upto);
  /// What the source puts into the queues from now on is as it is at the start, with DeliveryOptions::is_behind.
  void falls_behind() { safe_point_.falls_behind(); }
  /// Delivery::takes_more(), for a source that can replay.
  [[nodiscard]] bool takes_more() const { return takes_more_.load(std::memory_order_seq_cst); }
  /// As Delivery::next_flush(), for the workers: what they finish before is sent no earlier.
  [[nodiscard]] SteadyTime next_flush() const { return next_flush_.get(); }
  /// When the oldest batch in the outbox was stored; nothing when it is empty.
  [[nodiscard]] std::optional<UtcMillis> outbox_oldest() const;
  /// When run()'s loop last went round: /healthz says that the thread is stuck when this is long ago.
  [[nodiscard]] SteadyTime last_turn() const { return last_turn_.get(); }

 private:
  void collect_blocks();
  SteadyTime take_blocks();
  void take(std::unique_ptr<FragmentBlock> block, bool more);
  void hear_of_replay();
  void account_for(FragmentBlock& block);
  void beat_if_due();
  void beat(RunState run_state);
  void begin_to_stop();
  [[nodiscard]] bool is_done();
  void store_letters(bool at_once);
  bool retry_letters();
  void save_orders();
  void outbox_written(SteadyTime now);
  void do_chores();
  void set_aside(DeadLetter letter);
  void report_backfill();
  void handle(Event event);
  void process(Event event);
  void carry_out(const Decisions& decisions);
  void update_gauges();

  // Actions.
  void perform(const Send& action);
  void perform(const Persist& action);
  void perform(const Forget& action);
  void perform(const Load& action);
  void perform(const ShedBytes& action);
  void perform(const SetAside& action);
  void perform(const Sync& action);
  void perform(const RefreshCredentials& action);
  // Reports.
  void tell(const Account& report);
  void tell(const RequestEnded& report);
  void tell(const InvariantBroken& report);
  void count_sent(const Send& sent);

  FlusherOptions options_;
  Wiring wiring_;
  Delivery delivery_;
  StoredHistory stored_;
  SafePoint safe_point_;
  coalesce::BlockOrder order_;
  coalesce::Repeats repeats_;
  coalesce::LiveOrders live_orders_;
  FirstSeen unrouted_channels_{10'000};
  std::deque<Event> events_;
  Decisions decisions_;
  bool stop_told_ = false;
  bool said_stopped_ = false;
  bool saved_ = false;   ///< the last Persist was done
  Sequence newest_ = 0;  ///< of the messages taken
  observe::BackfillReport backfill_;
  Every give_memory_back_{std::chrono::seconds(10)};
  Every try_outbox_{std::chrono::minutes(1)};
  FlushState state_;
  LagBuckets lag_since_beat_;

  std::atomic<std::uint64_t> queued_bytes_{0};  ///< of fragments that notify() told of
  WakeCall waits_for_arrivals_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> end_now_{false};
  std::atomic<std::uint64_t> in_flight_{0};
  std::atomic<bool> takes_more_{true};
  SharedTime next_flush_{SteadyTime{}};
  std::atomic<std::int64_t> outbox_oldest_ms_{INT64_MAX};
  SharedTime last_turn_;
};

}  // namespace firebase_relay::flush
