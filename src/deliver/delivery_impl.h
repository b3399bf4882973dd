#pragma once

#include <map>
#include <string>
#include <string_view>

#include "deliver/archive_gate.h"
#include "deliver/disk.h"
#include "deliver/dispatch.h"
#include "deliver/follow_up.h"
#include "deliver/safety.h"
#include "deliver/state.h"
#include "deliver/throttle.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay {

/// The state machine, made of its parts: what has arrived and waits (deliver/state.h), what the database lets through
/// (deliver/throttle.h), what goes out (deliver/dispatch.h), what an answer means (deliver/follow_up.h), and when the
/// outbox is used (deliver/disk.h). Here events go to the part that they are for, and after each every part does what
/// is due.
class Delivery::Impl {
 public:
  /// All of these are Delivery's, and are explained there.
  Impl(const DeliveryOptions& options, const Restored& restored, std::uint64_t jitter_seed);
  void handle(Event event, const Now& now, Decisions& decisions);
  [[nodiscard]] SteadyTime next_deadline() const { return deadline_; }
  [[nodiscard]] SteadyTime next_flush() const { return state_.is_stopping() ? SteadyTime{} : state_.next_flush; }
  [[nodiscard]] bool waits_for_arrivals() const;
  [[nodiscard]] bool waits_for_archive() const { return !archive_.empty() && state_.flush_is_due(); }
  [[nodiscard]] SteadyTime may_wait_until(SteadyTime arrived) const;
  [[nodiscard]] bool drained() const { return drained_; }
  [[nodiscard]] std::uint64_t messages_in_flight() const { return state_.accounts.in_flight(); }
  [[nodiscard]] const deliver::Circuit& circuit() const { return throttle_.circuit; }
  [[nodiscard]] bool has_unsaved() const;
  [[nodiscard]] bool has_unsaved(std::string_view live_path) { return state_.live.has_unsaved(live_path); }
  [[nodiscard]] Sequence safe_upto();
  [[nodiscard]] bool grant(std::uint64_t bytes, SteadyTime now);
  [[nodiscard]] const OutboxLevel& level() const { return disk_.level(); }
  [[nodiscard]] bool takes_more() const { return disk_.takes_more(); }
  coalesce::AcknowledgedHistory& acknowledged() { return state_.accounts.acknowledged(); }
  [[nodiscard]] std::string_view flaw() const;

 private:
  void restore(const Restored& restored);
  void on(Arrived&& event);
  void on(Answered&& event) { follow_up_.take(event); }
  void on(Persisted&& event) { disk_.on(event); }
  void on(Forgotten&& event) { disk_.on(event); }
  void on(Loaded&& event) { disk_.on(std::move(event)); }
  void on(WasShed&& event) { disk_.on(event); }
  void on(Synced&& event) { disk_.on(event); }
  void on(CaughtUp&&);
  void on(FellBehind&&);
  void on(TimePassed&&) {}
  void on(Archived&& event) { archive_.written(event.upto); }
  void on(SaveNow&&) {
    if (state_.must_save()) disk_.save_at_once();
  }
  void on(Stop&&) {
    if (!state_.is_stopping()) state_.drain_until = state_.now.steady + state_.options.drain_timeout;
  }
  void take_in(deliver::ArchiveGate::Held&& history);
  void let_archived_go();
  void proceed();
  void find_deadline();
  void check_drained();
  bool settling_is_saved();
  [[nodiscard]] std::string_view broken_invariant() const;

  deliver::State state_;
  deliver::ArchiveGate archive_;  ///< history that has arrived, ahead of state_.arrivals
  deliver::Throttle throttle_;
  deliver::Disk disk_;
  deliver::Dispatch dispatch_;
  deliver::FollowUp follow_up_;
  deliver::Safety safety_;
  SteadyTime deadline_ = SteadyTime::max();
  bool started_ = false;
  bool drained_ = false;
  std::map<std::string, Sequence> settling_saved_;  ///< what the next start sends again, as far as the disk has it
};

}  // namespace firebase_relay
