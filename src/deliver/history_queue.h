#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/invariant.h"
#include "coalesce/bisection.h"
#include "deliver/history_store.h"
#include "deliver/slice.h"

namespace firebase_relay::deliver {

/// In which order the entries of a HistoryStore are sent. Entries travel in any order (decision 4 of the contract), but
/// they leave oldest first. Suspects go alone. Batches that wait for older ones, which are on disk only, are held back.
///
/// Pure; one thread.
class HistoryQueue {
 public:
  /// `store` must outlive it.
  explicit HistoryQueue(HistoryStore& store) : store_(store) {}

  /// A batch that the store has taken in goes behind what waits …
  void add(BatchId id);
  /// … or is held back until queue_held().
  void hold(BatchId id) {
    invariant(store_.contains(id), "a batch is held back that nobody has");
    held_.insert(id);
  }
  /// What was held back goes behind what waits: everything older is in memory.
  void queue_held();
  [[nodiscard]] const std::set<BatchId>& held() const { return held_; }

  /// What may be sent. Suspects are apart from what waits, and waiting_bytes() is without them.
  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
  [[nodiscard]] bool has_suspects() const { return !suspects_.empty(); }
  [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_; }

  /// Takes the oldest entries for a request, up to `bytes_max` of text and at least one. When narrow, only those of one
  /// location, which is written to `base`.
  std::vector<Slice> take(std::uint64_t bytes_max, std::string& base);
  /// How large the first entry is that take(), or take_suspects(), will give. There must be one.
  [[nodiscard]] std::uint64_t next_bytes() const { return first_entry_bytes(waiting_.front()); }
  [[nodiscard]] std::uint64_t next_suspect_bytes() const { return first_entry_bytes(suspects_.next().front()); }
  /// Takes the next group of suspects, for a request of its own. Of a group that has more than `bytes_max` a part, of
  /// at least one entry; the rest stays suspected.
  std::vector<Slice> take_suspects(std::uint64_t bytes_max, std::string& base);
  /// The request with these entries was not delivered, for a reason that is not in them: they go first again.
  void put_back(const std::vector<Slice>& slices);
  /// The request was refused, and the reason is one of these entries: each half is a group of suspects.
  void halve(const std::vector<Slice>& slices);
  /// These entries are a group of suspects and go next: their request told nothing about them, or may have been refused
  /// for them as well as for what was beside them.
  void suspect_again(const std::vector<Slice>& slices) { suspects_.add(slices); }
  /// Takes a batch out of memory that the disk has, to be loaded again in its turn. False, and nothing is done: some of
  /// it is under way, suspected or done.
  bool drop_untouched(BatchId id);
  /// Takes out entries that wait, until `bytes` are freed, for good: price history first, orders last, of each the
  /// oldest first. The caller counts them.
  std::vector<Slice> shed(std::uint64_t bytes);
  /// All entries that are in memory, not done and not under way.
  [[nodiscard]] std::vector<Slice> outstanding() const;

  /// From now on each request goes to one location only, since the database finds whole-tree writes too big.
  void go_narrow();
  [[nodiscard]] bool is_narrow() const { return narrow_; }
  /// Appends the text of `slice` as parts of a request body, relative to its location when narrow.
  void append_parts(const Slice& slice, std::vector<std::string_view>& parts) const;

  /// What does not add up, here or in the store, when `under_way` is what requests have; empty: nothing. Goes through
  /// all of it.
  [[nodiscard]] std::string_view flaw(const std::vector<Slice>& under_way) const;

 private:
  void enqueue(const Slice& slice);
  void enqueue_by_location(const Slice& slice);
  [[nodiscard]] std::string_view location_of(const Slice& slice) const;
  [[nodiscard]] std::uint64_t first_entry_bytes(const Slice& slice) const { return store_.bytes_of(slice.head(1)); }
  [[nodiscard]] std::uint32_t fitting(const Slice& slice, std::uint64_t bytes_max) const;

  HistoryStore& store_;
  std::deque<Slice> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::set<BatchId> held_;
  coalesce::Bisection<Slice> suspects_;
  bool narrow_ = false;
};

}  // namespace firebase_relay::deliver
