#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/invariant.h"
#include "firebase_relay/outbox.h"

namespace firebase_relay::coalesce {

/// The outbox' row of one live path, and what is being done to it. A row holds one value of the path; its sequence says
/// which. Sequences begin at 1, so 0 is none.
class DiskRow {
 public:
  /// The outbox held this value when it was opened.
  void restored(Sequence sequence) { on_disk_ = sequence; }

  /// Is a row on disk, and is it the one of this very value?
  [[nodiscard]] bool is_there() const { return on_disk_ != 0; }
  [[nodiscard]] bool holds(Sequence sequence) const { return on_disk_ == sequence; }
  /// The value that the row on disk holds; 0: none.
  [[nodiscard]] Sequence on_disk() const { return on_disk_; }
  /// The row on disk holds the value of `sequence`, or a newer one of its path.
  [[nodiscard]] bool has_upto(Sequence sequence) const { return sequence <= on_disk_; }
  [[nodiscard]] bool is_being_saved() const { return saving_ != 0; }
  /// No row is there, none is being written, and none can come back: its deletion is known to be on disk.
  [[nodiscard]] bool is_clear() const { return on_disk_ == 0 && saving_ == 0 && forgetting_ == 0; }
  /// True: the value of `sequence` must not be saved yet, because a deletion is under way that would take its row. That
  /// happens to a value that was acknowledged and is sent again under its old number.
  [[nodiscard]] bool must_be_forgotten_before(Sequence sequence) const {
    return forgetting_ > 0 && sequence <= forgetting_upto_;
  }

  /// A Persist with this value begins.
  void save(Sequence sequence) {
    invariant(saving_ == 0, "a row is saved twice at a time");
    saving_ = sequence;
  }
  /// It has ended, well or not. True: the value is on disk now, but was acknowledged or refused meanwhile, so that its
  /// row is to be forgotten.
  bool saved(bool ok) {
    const Sequence saved = std::exchange(saving_, 0);
    invariant(saved != 0, "a row was saved that nobody saved");
    if (ok) on_disk_ = saved;
    return ok && done_upto_ >= saved;
  }
  /// Values up to `sequence` need no row: the database has them, or refused them.
  void done(Sequence sequence) { done_upto_ = std::max(done_upto_, sequence); }
  [[nodiscard]] Sequence done_upto() const { return done_upto_; }
  /// The newest value is to be sent again, and may need a row once more.
  void reopen() { done_upto_ = 0; }
  /// Values up to `sequence` need no row: is there one, of such a value, to be deleted?
  [[nodiscard]] bool is_obsolete(Sequence sequence) const { return on_disk_ != 0 && on_disk_ <= sequence; }
  /// A deletion of the row begins, which holds no newer value than `sequence`. It counts as gone from now on, though a
  /// crash may bring it back until forgotten() says that the deletion is on disk.
  void forget(Sequence sequence) {
    ++forgetting_;
    forgetting_upto_ = sequence;
    on_disk_ = 0;
  }
  void forgotten() {
    invariant(forgetting_ > 0, "a row is forgotten that nobody forgot");
    --forgetting_;
  }

 private:
  Sequence on_disk_ = 0;
  Sequence saving_ = 0;  ///< being written
  Sequence done_upto_ = 0;
  Sequence forgetting_upto_ = 0;  ///< the deletions take a row that is no newer
  std::uint32_t forgetting_ = 0;  ///< deletions that are not known to be on disk
};

}  // namespace firebase_relay::coalesce
