#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "deliver/disk_job.h"
#include "deliver/disk_sync.h"
#include "deliver/state.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// When the outbox is used, and what it holds: decision 5 of the contract. It is in one of two modes:
///
///               a request failed, or something waited too long for its answer,
///               or the last run has left rows: enter_trouble()
///   kHealthy ──────────────────────────────────────────────────────────────────▶ kTrouble
///   nothing is on disk;                                                  what is unacknowledged is saved at once, from
///   what arrives is sent     ◀────────────────────────────────────────── then on each flush before it is sent
///   from memory               leave_trouble_if_empty(): the database answers, no row is left,
///                             and the deletion of the last one was synced
///
/// While the disk fails, trouble goes on in memory, within bounds, and the disk is tried again.
///
/// Pure; one thread.
class Disk {
 public:
  /// `state` must outlive it. What was restored begins in trouble.
  Disk(State& state, const Restored& restored);

  /// The mode. Entering trouble once more changes nothing.
  [[nodiscard]] bool in_trouble() const { return mode_ == Mode::kTrouble; }
  void enter_trouble();
  /// To be called after each event. True: this very call has found all well again, so that what waited for the disk may
  /// be sent.
  bool leave_trouble_if_empty(bool database_answers);
  /// A request failed: what it had is to be saved by the next proceed(), and not only when a flush is due.
  void save_at_once() { must_save_now_ = true; }

  /// Makes batches of the history that has arrived. They queue up to be sent, or are held back while older ones are on
  /// disk only.
  void form_batches();
  /// Starts whatever is due of saving, shedding and loading.
  void proceed();
  /// Starts the deletion of rows that the outbox need not keep, if there are any and nothing is being saved.
  void forget();
  /// Starts a Sync, when one is due and nothing else is under way: so what is on disk when it ends was there before.
  /// `at_once`: for the end of a run, ahead of its time. True: all that was saved is known to be on disk, as far as
  /// anybody wants to know, or the last Sync has failed: a disk that fails does not hold up the end.
  bool sync(bool at_once);
  /// Starts saving `persist`. The caller has seen that nothing is being saved or forgotten.
  void start_saving(Persist persist);

  /// What the outbox has answered.
  void on(const Persisted& event);
  void on(const Forgotten& event);
  void on(Loaded&& event);
  void on(const WasShed& event);
  void on(const Synced& event);

  /// When something that is in memory alone must be on disk; SteadyTime::max(): nothing has to be.
  [[nodiscard]] SteadyTime save_deadline() const;
  [[nodiscard]] SteadyTime try_to_load_again_at() const { return load_.try_again_at(); }
  [[nodiscard]] SteadyTime try_to_forget_again_at() const { return forget_.try_again_at(); }
  [[nodiscard]] SteadyTime sync_deadline() const;
  [[nodiscard]] bool is_saving() const { return save_.is_running(); }
  [[nodiscard]] bool is_forgetting() const { return forget_.is_running(); }
  [[nodiscard]] bool is_syncing() const { return sync_.is_running(); }
  /// Did the last save fail? Then memory is all there is.
  [[nodiscard]] bool is_failing() const { return save_.has_failed(); }
  /// True: the outbox holds nothing that is still needed. Rows whose deletion is under way do not count.
  [[nodiscard]] bool is_empty() const;
  [[nodiscard]] const OutboxLevel& level() const { return level_; }
  /// As Delivery has it.
  [[nodiscard]] bool takes_more() const;

  /// What does not add up; empty: nothing. Costs little.
  [[nodiscard]] std::string_view broken_invariant() const;

 private:
  [[nodiscard]] bool has_room_in_memory() const;
  [[nodiscard]] bool sending_makes_room() const;
  enum class Mode : std::uint8_t { kHealthy, kTrouble };
  struct Rows {
    std::vector<BatchId> batches;
    std::vector<LiveAcknowledged> live;
  };

  void save(bool is_flush);
  void set_mode(Mode mode);
  void tell_live_values();
  void load();
  void keep_memory_flat();
  bool drop_from_memory(BatchId id);
  void keep_within_bounds();
  [[nodiscard]] std::vector<BatchId> known() const;
  void nothing_is_unloaded();
  void all_is_on_disk();

  State& state_;
  Mode mode_ = Mode::kHealthy;
  DiskJob save_;
  DiskJob forget_;
  DiskJob load_;
  DiskJob shed_;  ///< failed: there was nothing to shed, and nothing was stored since
  OutboxLevel level_;
  std::uint64_t unloaded_ = 0;  ///< batches that are on disk only
  BatchId loaded_upto_ = 0;     ///< those have higher ids
  Rows forgetting_;             ///< of the Forget under way, or of one that failed
  DiskSync sync_;
  bool must_save_now_ = false;
};

}  // namespace firebase_relay::deliver
