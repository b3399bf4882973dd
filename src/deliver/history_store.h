#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "deliver/slice.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/time.h"

namespace firebase_relay::deliver {

/// The batches of history that are in memory: how much of each is done, and what of them the disk has.
///
/// A batch stays where it is until all of it is done: requests and a Persist point into it. One that is done leaves
/// memory at once, or, while it is being saved, when the disk has answered; if a row of it is there, it is to be
/// forgotten.
///
/// Pure; one thread.
class HistoryStore {
 public:
  /// Until when a batch has to be on disk unless it is done (guarantee 2): while no entry of it was sent, and at the
  /// latest.
  struct SaveBy {
    SteadyTime unsent;
    SteadyTime latest;
  };
  /// Takes in a new batch, which is on no disk. `first`: the lowest message that a source would have to replay if the
  /// batch were lost; kNoSequence: none.
  void add(Batch batch, const SaveBy& save_by, Sequence first = kNoSequence);
  /// Takes in a batch that was read from the disk. Nothing has to be replayed for it, once its row was synced.
  void add_loaded(Batch batch);
  /// Takes a batch out of memory, whatever is left of it: the disk has it.
  void release(BatchId id);
  /// These entries have ended: acknowledged, refused or shed. A batch of which nothing is left leaves memory, and its
  /// row is to be forgotten.
  void finish(const std::vector<Slice>& slices);

  /// The batches in memory. Where one is asked for by its id, or by a slice of it, it must be here.
  [[nodiscard]] const Batch& batch(BatchId id) const { return stored_.at(id).batch; }
  [[nodiscard]] bool contains(BatchId id) const { return stored_.contains(id); }
  [[nodiscard]] std::vector<BatchId> ids() const;
  [[nodiscard]] std::size_t size() const { return stored_.size(); }
  [[nodiscard]] BatchId newest() const { return stored_.rbegin()->first; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const HistoryRun& run_of(const Slice& slice) const { return batch(slice.batch).runs[slice.run]; }
  [[nodiscard]] std::uint64_t bytes_of(const Slice& slice) const;
  /// All entries of a batch, one slice for each run.
  [[nodiscard]] std::vector<Slice> slices_of(BatchId id) const;
  /// The history entry of the message `sequence`, if one of the slices `among` holds it. Goes through all their
  /// entries: for rare cases only.
  [[nodiscard]] std::optional<Slice> find(Sequence sequence, const std::vector<Slice>& among) const;

  /// These entries are on their way, so their batches need not be on disk before `save_by`, or before SaveBy::latest
  /// when that is earlier. Only the first call counts for a batch: one that is sent in many parts is not put off for
  /// ever.
  void sent(const std::vector<Slice>& slices, SteadyTime save_by);
  /// Hands out all batches that are on no disk, to be saved. They stay where they are until saved().
  std::vector<const Batch*> save();
  /// What save() handed out has been written, or could not be.
  void saved(bool ok);
  /// When the next batch has to be on disk; SteadyTime::max(): all of them are.
  [[nodiscard]] SteadyTime next_save() const;
  [[nodiscard]] bool has_unsaved() const { return next_save() != SteadyTime::max(); }
  [[nodiscard]] bool any_on_disk() const;
  [[nodiscard]] bool is_on_disk(BatchId id) const { return stored_.at(id).on_disk; }
  /// The disk cannot read the row of this batch: it counts as not saved.
  void lost_row(BatchId id);
  /// Hands out the rows that the outbox need not keep any more. forgettable() only looks at them.
  std::vector<BatchId> take_forgettable() { return std::exchange(forgettable_, {}); }
  [[nodiscard]] const std::vector<BatchId>& forgettable() const { return forgettable_; }

  /// The lowest message that a crash, or a power cut, would lose if the source did not replay it: what came with a
  /// batch that is neither done nor, since the last synced(), on disk. kNoSequence: there is none.
  [[nodiscard]] Sequence lowest_unsafe() const;
  /// All rows are on disk whatever happens to the power.
  void synced();

  /// What does not add up, when `open` is all that waits or is under way; empty: nothing.
  [[nodiscard]] std::string_view flaw(std::vector<Slice> open) const;

 private:
  struct Stored {
    Batch batch;
    std::uint64_t left = 0;  ///< entries not yet done
    bool on_disk = false;
    bool saving = false;  ///< being written to disk
    bool was_sent = false;
    SteadyTime save_by;
    SteadyTime save_latest;
    Sequence unsafe_since = kNoSequence;  ///< its lowest message, until it is safe
  };
  Stored& store(Batch batch);
  void release_if_done(BatchId id);

  std::map<BatchId, Stored> stored_;
  std::uint64_t bytes_ = 0;                 ///< of all runs
  Sequence released_unsafe_ = kNoSequence;  ///< the lowest message of what left memory, and may be unsynced
  std::vector<BatchId> forgettable_;
};

}  // namespace firebase_relay::deliver
