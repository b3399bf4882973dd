#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

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
  void hold(BatchId id) { held_.insert(id); }
  void queue_held();
  [[nodiscard]] const std::set<BatchId>& held() const { return held_; }

  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
  [[nodiscard]] bool has_suspects() const { return !suspects_.empty(); }
  [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_; }

  /// The oldest entries up to `bytes_max`, at least one; when narrow only those of one location, which goes to `base`.
  std::vector<Slice> take(std::uint64_t bytes_max, std::string& base);
  /// Of the entry that take() begins with, and of the one that take_suspects() begins with; there is one.
  [[nodiscard]] std::uint64_t next_bytes() const { return first_entry_bytes(waiting_.front()); }
  [[nodiscard]] std::uint64_t next_suspect_bytes() const { return first_entry_bytes(suspects_.next().front()); }
  /// One group of suspects, to be sent alone; of a group over `bytes_max` a part, at least one entry.
  std::vector<Slice> take_suspects(std::uint64_t bytes_max, std::string& base);
  /// Not delivered: back to the front.
  void put_back(const std::vector<Slice>& slices);
  /// Not delivered, and one of them is the reason.
  void halve(const std::vector<Slice>& slices);
  /// The very same group again, after an answer that told nothing.
  void suspect_again(const std::vector<Slice>& slices) { suspects_.add(slices); }
  /// Takes a batch that is on disk out of memory again, if none of it was touched.
  bool drop_untouched(BatchId id);
  /// Takes waiting entries out, price history first, orders last, oldest first, until `bytes` are freed.
  std::vector<Slice> shed(std::uint64_t bytes);
  /// All entries that are in memory, not done and not under way.
  [[nodiscard]] std::vector<Slice> outstanding() const;

  /// From now on one request goes to one location only.
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
