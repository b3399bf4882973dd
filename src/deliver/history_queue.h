#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/outbox.h"

namespace firebase_relay::deliver {

/// Entries [first, last) of one run of one batch.
struct Slice {
  BatchId batch;
  std::uint32_t run;
  std::uint32_t first;
  std::uint32_t last;
  [[nodiscard]] std::uint32_t size() const { return last - first; }
};

/// History that is in memory: which entries of which batch wait, are under way, or are done. Entries travel in any
/// order (decision 4 of the contract), but they leave oldest first.
///
/// Pure; one thread. Batches stay where they are in memory until release(): requests point into them.
class HistoryQueue {
 public:
  struct Stored {
    Batch batch;
    std::uint64_t left = 0;  ///< entries not yet done
    bool on_disk = false;
    bool saving = false;  ///< being written to disk
    bool was_sent = false;
    bool is_held = false;    ///< waits for older batches that are on disk only
    SteadyTime save_by;      ///< has to be on disk then, unless it is done (guarantee 2)
    SteadyTime save_latest;  ///< even if it was sent meanwhile
  };
  /// Of a batch that is not sent, and of any.
  struct SaveBy {
    SteadyTime unsent;
    SteadyTime latest;
  };

  enum class Place : std::uint8_t { kQueued, kHeld };
  /// Takes `batch` in, behind what waits; kHeld: not to be sent before queue_held().
  Stored& add(Batch batch, const SaveBy& save_by, Place place);
  void queue_held();
  /// `slices` are on their way: their batches need not be saved before `save_by`, or their latest time. Only the first
  /// time counts, so that what is sent in many parts is not put off for ever.
  void sent(const std::vector<Slice>& slices, SteadyTime save_by);
  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
  [[nodiscard]] bool has_suspects() const { return !suspects_.empty(); }
  [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// The oldest entries up to `bytes_max`, at least one; when narrow only those of one location, which goes to `base`.
  std::vector<Slice> take(std::uint64_t bytes_max, std::string& base);
  /// Of the entry that take() begins with, and of the one that take_suspects() begins with; there is one.
  [[nodiscard]] std::uint64_t next_bytes() const;
  [[nodiscard]] std::uint64_t next_suspect_bytes() const;
  /// One group of suspects, to be sent alone; of a group over `bytes_max` a part, at least one entry.
  std::vector<Slice> take_suspects(std::uint64_t bytes_max, std::string& base);
  /// Not delivered: back to the front.
  void put_back(const std::vector<Slice>& slices);
  /// Not delivered, and one of them is the reason: each half is sent alone.
  void suspect_halves(const std::vector<Slice>& slices);
  /// The very same group again, after an answer that told nothing.
  void suspect_again(const std::vector<Slice>& slices) { suspects_.push_front(slices); }
  /// Done, by whatever end. Batches that are done with this go to `finished`; they stay in memory until release().
  void finish(const std::vector<Slice>& slices, std::vector<BatchId>& finished);
  void release(BatchId batch);
  /// Takes batch `id` out of memory again if none of it was touched; it is on disk.
  bool drop_untouched(BatchId id);
  /// Takes waiting entries out, price history first, orders last, oldest first, until `bytes` are freed.
  std::vector<Slice> shed(std::uint64_t bytes);

  /// When the next batch that is on no disk has to be there; max(): there is none.
  [[nodiscard]] SteadyTime next_save() const;
  [[nodiscard]] bool any_on_disk() const;
  /// The entry of this message. Looks through everything, as outstanding() does: for rare cases only.
  [[nodiscard]] std::optional<Slice> find(Sequence sequence, const std::vector<Slice>& among) const;
  /// All entries that are in memory, not done and not under way.
  [[nodiscard]] std::vector<Slice> outstanding() const;

  /// From now on one request goes to one location only.
  void go_narrow();
  [[nodiscard]] bool is_narrow() const { return narrow_; }

  [[nodiscard]] const HistoryRun& run_of(const Slice& slice) const {
    return stored_.at(slice.batch).batch.runs[slice.run];
  }
  [[nodiscard]] std::uint64_t bytes_of(const Slice& slice) const;
  /// Appends the text of `slice` as parts of a request body, relative to its location when narrow.
  void append_parts(const Slice& slice, std::vector<std::string_view>& parts) const;
  [[nodiscard]] std::map<BatchId, Stored>& stored() { return stored_; }
  /// What does not add up, when `under_way` is what requests have; empty: nothing. Goes through all of it.
  [[nodiscard]] std::string flaw(const std::vector<Slice>& under_way) const;

 private:
  void queue_all_of(Stored& stored);
  void enqueue(const Slice& slice);
  void enqueue_by_location(const Slice& slice);
  [[nodiscard]] std::string_view location_of(const Slice& slice) const;
  [[nodiscard]] std::uint64_t first_entry_bytes(const Slice& slice) const {
    return bytes_of({slice.batch, slice.run, slice.first, slice.first + 1});
  }
  std::uint32_t fitting(const Slice& slice, std::uint64_t bytes_max) const;

  std::map<BatchId, Stored> stored_;
  std::deque<Slice> waiting_;
  std::deque<std::vector<Slice>> suspects_;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t bytes_ = 0;  ///< of all runs in memory
  bool narrow_ = false;
};

}  // namespace firebase_relay::deliver
