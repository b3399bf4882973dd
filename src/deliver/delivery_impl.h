#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coalesce/live_map.h"
#include "deliver/accounts.h"
#include "deliver/circuit.h"
#include "deliver/concurrency.h"
#include "deliver/history_queue.h"
#include "deliver/pacing.h"
#include "deliver/retry_table.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay {

/// The state machine. Two modes:
///
/// Healthy: nothing is on disk. What arrives is merged (live) and collected (history) until a flush is due; then one
/// request, the main one, takes both. History beyond a full request goes beside it.
///
/// Trouble: entered when a request failed or was not answered in time, or something waited too long. Everything
/// unacknowledged is saved at once, and from then on each flush is saved before it is sent. Live requests and history
/// requests go separately, so that a backlog does not hold up what is new. Left when the disk is known to be empty.
class Delivery::Impl {
 public:
  Impl(const DeliveryOptions& options, const Restored& restored, std::uint64_t jitter_seed);

  void handle(Event event, const Now& now, Decisions& decisions);
  [[nodiscard]] SteadyTime next_deadline() const { return deadline_; }
  [[nodiscard]] SteadyTime next_flush() const { return stopping_ ? SteadyTime{} : next_flush_; }
  [[nodiscard]] bool waits_for_arrivals() const;
  [[nodiscard]] SteadyTime may_wait_until(SteadyTime arrived) const;
  [[nodiscard]] bool drained() const { return drained_; }
  [[nodiscard]] std::uint64_t messages_in_flight() const { return accounts_.in_flight(); }
  [[nodiscard]] const deliver::Circuit& circuit() const { return circuit_; }
  [[nodiscard]] bool has_unsaved() const {
    return saving_ || pending_bytes_ > 0 || history_.next_save() != SteadyTime::max() || live_.has_unsaved_message();
  }
  [[nodiscard]] const OutboxLevel& level() const { return level_; }
  [[nodiscard]] std::string flaw() const;

 private:
  using LiveMap = coalesce::LiveMap;
  struct Request {
    std::vector<LiveMap::Sent> live;
    std::vector<deliver::Slice> history;
    std::string base;
    std::vector<std::string_view> live_parts;  ///< for Send::parts
    std::uint64_t live_bytes = 0;              ///< of them
    SteadyTime sent_at;
    SteadyTime save_by;  ///< its live values, if it has not been answered
    deliver::Pacing::Sent bytes;
    bool is_main = false;  ///< takes the one place for live values
    bool is_probe = false;
    bool is_suspect = false;

    void take(LiveMap::Taken&& taken) {
      live = std::move(taken.sent);
      base = std::move(taken.base);
      live_parts = std::move(taken.parts);
      live_bytes = taken.bytes;
    }
  };

  // delivery.cc: events in, requests out
  void on(Arrived&& event);
  void on(Answered&& event);
  void on(Persisted&& event);
  void on(Forgotten&& event);
  void on(Loaded&& event);
  void on(WasShed&& event);
  void on(TimePassed&&) {}
  void on(SaveNow&&) { must_save_now_ = must_save(); }
  void on(Stop&& event);
  void proceed();
  void form_batches();
  void add_batch(std::vector<HistoryRun> runs, ShedClass shed_class);
  void send_what_may_go();
  bool send_main();
  bool send_history();
  [[nodiscard]] bool owes_live() const;
  void take_live_suspects(Request& request);
  void add_history(Request& request);
  std::uint64_t history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes);
  void send(Request&& request);
  [[nodiscard]] bool flush_is_due() const { return stopping_ || now_.steady >= next_flush_; }
  [[nodiscard]] std::uint64_t unsent_history_bytes() const { return pending_bytes_ + history_.waiting_bytes(); }
  void find_deadline();
  [[nodiscard]] bool drain_is_over() const { return now_.steady >= drain_until_; }
  void check_drained();
  bool settling_is_saved();

  // delivery_invariants.cc
  [[nodiscard]] std::string_view broken_invariant() const;

  // delivery_answers.cc: what an answer means
  void acknowledge(Request& request);
  void retry(RequestId id, Request& request, const Answer& answer, const deliver::RetryRule& rule);
  void take_apart(RequestId id, Request& request, const Answer& answer, const deliver::RetryRule& rule);
  void narrow_or_split(RequestId id, Request& request, const Answer& answer, const deliver::RetryRule& rule);
  void give_back(Request& request, bool may_still_apply);
  void suspect_live(const std::vector<LiveMap::Sent>& sent);
  void refuse_live(const LiveMap::Sent& sent, DeadLetterReason reason);
  void refuse_entry(const deliver::Slice& slice, DeadLetterReason reason);
  void report(RequestId id, RequestEnded::Result result, const deliver::RetryRule& rule, const Answer& answer,
              std::optional<std::chrono::milliseconds> retry_in);
  void finish_history(const std::vector<deliver::Slice>& slices);

  // delivery_disk.cc: the outbox
  void enter_trouble();
  void use_the_disk();
  void save(bool is_flush);
  void saved(const OutboxLevel& level);
  void not_saved();
  void forget();
  void leave_trouble_if_empty();
  void keep_memory_flat();
  [[nodiscard]] std::uint64_t memory_kept_max() const;
  [[nodiscard]] bool is_known(BatchId id);
  void keep_within_bounds();
  [[nodiscard]] bool must_save() const;
  [[nodiscard]] SteadyTime save_deadline() const;
  [[nodiscard]] bool disk_is_empty() const;
  [[nodiscard]] std::chrono::milliseconds half_window() const;
  /// What may pass before something is handed over, and before it is sent.
  [[nodiscard]] std::chrono::milliseconds queue_wait_max() const { return half_window() / 2; }
  [[nodiscard]] std::chrono::milliseconds send_within() const { return queue_wait_max() + half_window(); }
  /// When a value that is sent now, and came at `since`, has to be answered for or saved.
  [[nodiscard]] SteadyTime window_end(SteadyTime since) const {
    return std::min(now_.steady, since + half_window()) + half_window();
  }

  DeliveryOptions options_;
  LiveMap live_;
  deliver::HistoryQueue history_;
  deliver::Accounts accounts_;
  deliver::Circuit circuit_;
  deliver::Pacing pacing_;
  deliver::Concurrency concurrency_;

  Now now_{};
  Decisions* out_ = nullptr;  ///< of the call of handle() that is under way
  SteadyTime deadline_ = SteadyTime::max();

  // Arrivals since the last flush.
  std::array<std::vector<HistoryRun>, kShedClassCount> pending_;
  std::uint64_t pending_bytes_ = 0;
  std::optional<SteadyTime> pending_since_;  ///< the oldest arrival in pending_
  std::optional<SteadyTime> save_live_by_;   ///< those that no request has taken and no disk has; none: there are none
  SteadyTime next_flush_{};                  ///< not before this time (guarantee 7)
  BatchId last_batch_ = 0;

  // Requests under way.
  std::map<RequestId, Request> requests_;
  RequestId last_request_ = 0;
  bool main_is_out_ = false;
  std::uint32_t history_out_ = 0;
  std::vector<std::vector<LiveMap::Slot>> live_suspects_;
  std::vector<LiveMap::TicketEnd> ended_;
  /// Live values that came up to this time go before any history; max(): the database has not answered yet.
  std::optional<SteadyTime> live_first_upto_;
  bool has_refreshed_ = false;  ///< credentials, since something was acknowledged

  // The outbox.
  OutboxLevel level_;
  std::uint64_t unloaded_ = 0;  ///< batches that are on disk only
  BatchId loaded_upto_ = 0;     ///< those have higher ids
  bool trouble_ = false;
  bool saving_ = false;  ///< a Persist is under way; likewise the next three
  bool forgetting_ = false;
  bool loading_ = false;
  bool shedding_ = false;
  bool nothing_to_shed_ = false;  ///< until more is stored
  bool must_sync_ = false;        ///< rows were forgotten without a sync since
  bool save_failed_ = false;
  bool must_save_now_ = false;  ///< a request failed: what it had must not wait for the next flush
  SteadyTime save_again_{};
  SteadyTime load_again_{};
  SteadyTime forget_again_{};
  std::vector<BatchId> forget_batches_;
  std::vector<LiveAcknowledged> forget_live_;
  std::vector<BatchId> forgetting_batches_;  ///< of the Forget under way, in case it fails
  std::vector<LiveAcknowledged> forgetting_live_;

  // The beginning and the end.
  bool started_ = false;
  bool stopping_ = false;
  std::map<std::string, Sequence> settling_saved_;  ///< what the next start sends again, as far as the disk has it
  bool drained_ = false;
  SteadyTime drain_until_ = SteadyTime::max();
};

}  // namespace firebase_relay
