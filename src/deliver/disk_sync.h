#pragma once

#include <algorithm>
#include <chrono>

#include "base/invariant.h"
#include "deliver/disk_job.h"
#include "firebase_relay/time.h"

namespace firebase_relay::deliver {

/// What of the outbox is known to be on its disk, whatever its sync setting: when the deletion of rows has to be
/// synced, since nothing may be sent past the disk before it is; and, for a source that can replay, when rows are.
///
/// Pure; one thread.
class DiskSync {
 public:
  /// `for_commit`: as DeliveryOptions::syncs_for_commit.
  explicit DiskSync(bool for_commit) : for_commit_(for_commit) {}

  /// A Forget begins, with a sync or without.
  void forgetting(bool syncs) { must_follow_ = !syncs; }
  /// It failed: nobody knows what of it is on disk.
  void forget_failed() { must_follow_ = true; }
  /// Rows were forgotten, and no sync has followed.
  [[nodiscard]] bool must_follow() const { return must_follow_; }

  /// Something is on the disk, or went past it, that a power cut may undo until the next sync.
  void want() { is_wanted_ = for_commit_; }
  [[nodiscard]] bool is_wanted() const { return is_wanted_; }
  [[nodiscard]] bool is_running() const { return job_.is_running(); }
  /// Did the last one fail? Then nobody knows whether another one will help.
  [[nodiscard]] bool has_failed() const { return job_.has_failed(); }
  /// When the next Sync is due, if it is wanted.
  [[nodiscard]] SteadyTime due() const { return std::max(next_, job_.try_again_at()); }

  /// A Sync begins; and ends.
  void start(SteadyTime now) {
    invariant(is_wanted_, "the disk syncs, and nobody wants it");
    job_.start();
    next_ = now + kEvery;
  }
  void succeed() { job_.succeed(); }
  void fail(SteadyTime now) { job_.fail(now + kEvery); }
  /// All is on the disk: a Sync, or a Forget with one, has succeeded.
  void is_done() {
    invariant(!job_.is_running(), "a sync has ended, and goes on");
    is_wanted_ = false;
  }

 private:
  static constexpr std::chrono::seconds kEvery{1};

  DiskJob job_;
  SteadyTime next_{};
  bool for_commit_;
  bool is_wanted_ = false;
  bool must_follow_ = false;
};

}  // namespace firebase_relay::deliver
