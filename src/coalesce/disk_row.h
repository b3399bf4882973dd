#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "firebase_relay/outbox.h"

namespace firebase_relay::coalesce {

/// The outbox' row of one live path, and what is being done to it. A row holds one value of the path; its sequence says
/// which. Sequences begin at 1, so 0 is none.
class DiskRow {
 public:
  /// Found at the start.
  void restored(Sequence sequence) { on_disk_ = sequence; }

  [[nodiscard]] bool is_there() const { return on_disk_ != 0; }
  [[nodiscard]] bool holds(Sequence sequence) const { return on_disk_ == sequence; }
  /// The value of `sequence`, or a newer one of its path, is there.
  [[nodiscard]] bool has_upto(Sequence sequence) const { return sequence <= on_disk_; }
  [[nodiscard]] bool is_being_saved() const { return saving_ != 0; }
  /// No row is there, none is being written, and none can come back: its deletion is known to be on disk.
  [[nodiscard]] bool is_clear() const { return on_disk_ == 0 && saving_ == 0 && forgetting_ == 0; }
  /// A value that was acknowledged, and is sent again under its number, cannot be saved before the deletion of its row
  /// is done: that would take it.
  [[nodiscard]] bool must_be_forgotten_before(Sequence sequence) const {
    return forgetting_ > 0 && sequence <= forgetting_upto_;
  }

  void save(Sequence sequence) { saving_ = sequence; }
  /// What save() began has ended. True: a row is there now, whose value is no longer needed: forget it.
  bool saved(bool ok) {
    const Sequence saved = std::exchange(saving_, 0);
    if (ok) on_disk_ = saved;
    return ok && done_upto_ >= saved;
  }
  /// Values up to `sequence` need no row: the database has them, or refused them.
  void done(Sequence sequence) { done_upto_ = std::max(done_upto_, sequence); }
  [[nodiscard]] Sequence done_upto() const { return done_upto_; }
  /// Its value is to be sent again after all.
  void reopen() { done_upto_ = 0; }
  /// Is there a row to be deleted for `sequence`?
  [[nodiscard]] bool is_obsolete(Sequence sequence) const { return on_disk_ != 0 && on_disk_ <= sequence; }
  /// It is being deleted from now on.
  void forget(Sequence sequence) {
    ++forgetting_;
    forgetting_upto_ = sequence;
    on_disk_ = 0;
  }
  void forgotten() { --forgetting_; }

 private:
  Sequence on_disk_ = 0;
  Sequence saving_ = 0;  ///< being written
  Sequence done_upto_ = 0;
  Sequence forgetting_upto_ = 0;  ///< the deletions take a row that is no newer
  std::uint32_t forgetting_ = 0;  ///< deletions that are not known to be on disk
};

}  // namespace firebase_relay::coalesce
