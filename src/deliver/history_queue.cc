#include "deliver/history_queue.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {

void HistoryQueue::add(BatchId id) {
  invariant(!held_.contains(id), "a batch is queued that is held back");
  for (const Slice& slice : store_.slices_of(id)) enqueue(slice);
}

void HistoryQueue::queue_held() {
  for (const BatchId id : std::exchange(held_, {})) add(id);
}

void HistoryQueue::enqueue(const Slice& slice) {
  invariant(slice.size() > 0, "an empty slice of history is queued");
  if (narrow_) return enqueue_by_location(slice);
  waiting_.push_back(slice);
  waiting_bytes_ += store_.bytes_of(slice);
}

/// Cuts `slice` where the location changes.
void HistoryQueue::enqueue_by_location(const Slice& slice) {
  std::uint32_t first = slice.first;
  for (std::uint32_t i = slice.first; i < slice.last; ++i) {
    const bool ends = i + 1 == slice.last || location_of({slice.batch, slice.run, i, i + 1}) !=
                                                 location_of({slice.batch, slice.run, i + 1, i + 2});
    if (!ends) continue;
    const Slice part{slice.batch, slice.run, first, i + 1};
    invariant(part.size() > 0, "a slice is cut where nothing is");
    waiting_.push_back(part);
    waiting_bytes_ += store_.bytes_of(part);
    first = i + 1;
  }
}

void HistoryQueue::go_narrow() {
  if (std::exchange(narrow_, true)) return;
  const std::uint64_t bytes = std::exchange(waiting_bytes_, 0);
  for (const Slice& slice : std::exchange(waiting_, {})) enqueue(slice);
  invariant(waiting_bytes_ == bytes, "history got lost when it was cut by location");
}

std::string_view HistoryQueue::location_of(const Slice& slice) const {
  return store_.run_of(slice).location_of(slice.first);
}

/// How many entries of `slice` have room in `bytes_max`.
std::uint32_t HistoryQueue::fitting(const Slice& slice, std::uint64_t bytes_max) const {
  const HistoryRun& run = store_.run_of(slice);
  const std::uint64_t end_max = run.entries[slice.first].offset + bytes_max;
  std::uint32_t low = 0;
  std::uint32_t high = slice.size();
  while (low < high) {
    const std::uint32_t middle = (low + high + 1) / 2;
    if (run.end_of(slice.first + middle - 1) <= end_max) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  invariant(low <= slice.size(), "more entries fit than there are");
  return low;
}

namespace {
/// How far take() looks for entries of one location: enough to fill a request, without going through a whole backlog.
constexpr std::size_t kLookAheadMax = 4096;
}  // namespace

std::vector<Slice> HistoryQueue::take(std::uint64_t bytes_max, std::string& base) {
  std::vector<Slice> taken;
  std::vector<Slice> elsewhere;
  std::uint64_t bytes = 0;
  while (!waiting_.empty() && elsewhere.size() < kLookAheadMax) {
    Slice slice = waiting_.front();
    if (narrow_ && taken.empty()) base = location_of(slice);
    if (narrow_ && location_of(slice) != base) {
      elsewhere.push_back(slice);
      waiting_.pop_front();
      continue;
    }
    std::uint32_t count = fitting(slice, bytes_max > bytes ? bytes_max - bytes : 0);
    if (count == 0 && taken.empty()) count = 1;  // an entry that is larger than a request goes alone
    if (count == 0) break;
    waiting_.front().first += count;
    if (waiting_.front().size() == 0) waiting_.pop_front();
    slice.last = slice.first + count;
    bytes += store_.bytes_of(slice);
    taken.push_back(slice);
  }
  waiting_.insert(waiting_.begin(), elsewhere.begin(), elsewhere.end());
  invariant(bytes <= waiting_bytes_, "more history is taken than waits");
  waiting_bytes_ -= bytes;
  return taken;
}

std::vector<Slice> HistoryQueue::take_suspects(std::uint64_t bytes_max, std::string& base) {
  const auto is_too_large = [this, bytes_max](const std::vector<Slice>& group) {
    std::uint64_t bytes = 0;
    for (const Slice& slice : group) bytes += store_.bytes_of(slice);
    return bytes > bytes_max && (group.size() > 1 || group.front().size() > 1);
  };
  std::vector<Slice> taken = suspects_.take();
  while (is_too_large(taken)) {
    suspects_.add_halves(taken);
    taken = suspects_.take();
  }
  invariant(!taken.empty(), "a group of suspects is empty");
  if (!narrow_) return taken;
  // The group may have been made before requests had to be narrow: keep what is of one location, the rest is a group of
  // its own.
  base = location_of(taken.front());
  std::vector<Slice> here;
  std::vector<Slice> elsewhere;
  for (const Slice& slice : taken) {
    for (std::uint32_t i = slice.first; i < slice.last; ++i) {
      const Slice entry{slice.batch, slice.run, i, i + 1};
      (location_of(entry) == base ? here : elsewhere).push_back(entry);
    }
  }
  suspects_.add(std::move(elsewhere));
  invariant(!here.empty(), "a narrow request has no location");
  return here;
}

void HistoryQueue::put_back(const std::vector<Slice>& slices) {
  if (slices.empty()) return;
  invariant(slices.front().size() > 0, "an empty slice comes back");
  for (const Slice& slice : slices) waiting_bytes_ += store_.bytes_of(slice);
  waiting_.insert(waiting_.begin(), slices.begin(), slices.end());
  if (narrow_) {  // they may be from before: cut them again
    std::deque<Slice> behind(waiting_.begin() + static_cast<std::ptrdiff_t>(slices.size()), waiting_.end());
    waiting_.clear();
    for (const Slice& slice : slices) {
      waiting_bytes_ -= store_.bytes_of(slice);
      enqueue(slice);
    }
    waiting_.insert(waiting_.end(), behind.begin(), behind.end());
  }
}

void HistoryQueue::halve(const std::vector<Slice>& slices) {
  invariant(coalesce::Bisection<Slice>::count(slices) > 1, "one entry is to be halved");
  suspects_.add_halves(slices);
}

bool HistoryQueue::drop_untouched(BatchId id) {
  invariant(store_.is_on_disk(id), "history leaves memory that no disk has");
  if (held_.erase(id) > 0) {
    store_.release(id);
    return true;
  }
  std::uint64_t entries = 0;
  for (const Slice& slice : store_.slices_of(id)) entries += slice.size();
  std::uint64_t waiting = 0;
  for (auto slice = waiting_.rbegin(); slice != waiting_.rend() && slice->batch == id; ++slice)
    waiting += slice->size();
  invariant(waiting <= entries, "more entries of a batch wait than it has");
  if (waiting != entries) return false;
  while (!waiting_.empty() && waiting_.back().batch == id) {
    waiting_bytes_ -= store_.bytes_of(waiting_.back());
    waiting_.pop_back();
  }
  store_.release(id);
  return true;
}

std::vector<Slice> HistoryQueue::shed(std::uint64_t bytes) {
  std::vector<Slice> shed;
  std::uint64_t freed = 0;
  for (const ShedClass shed_class : kShedClasses) {
    std::deque<Slice> kept;
    for (const Slice& slice : waiting_) {
      if (freed >= bytes || store_.batch(slice.batch).shed_class != shed_class) {
        kept.push_back(slice);
        continue;
      }
      freed += store_.bytes_of(slice);
      shed.push_back(slice);
    }
    waiting_ = std::move(kept);
  }
  invariant(freed <= waiting_bytes_, "more history is shed than waits");
  waiting_bytes_ -= freed;
  return shed;
}

std::vector<Slice> HistoryQueue::outstanding() const {
  std::vector<Slice> all(waiting_.begin(), waiting_.end());
  const auto append = [&all](const std::vector<Slice>& slices) { all.insert(all.end(), slices.begin(), slices.end()); };
  for (const std::vector<Slice>& group : suspects_.groups()) append(group);
  for (const BatchId id : held_) {
    invariant(store_.contains(id), "a batch is held back that is not in memory");
    append(store_.slices_of(id));
  }
  return all;
}

void HistoryQueue::append_parts(const Slice& slice, std::vector<std::string_view>& parts) const {
  const HistoryRun& run = store_.run_of(slice);
  invariant(slice.first < slice.last && slice.last <= run.entries.size(), "a slice goes beyond its run");
  if (!narrow_) {
    parts.push_back(run.text_of(slice.first, slice.last));
    return;
  }
  for (std::uint32_t i = slice.first; i < slice.last; ++i)
    FragmentText::append_below(run.location_of(i).size(), run.text_of(i, i + 1), parts);
}

std::string_view HistoryQueue::flaw(const std::vector<Slice>& under_way) const {
  std::uint64_t waiting_bytes = 0;
  for (const Slice& slice : waiting_) waiting_bytes += store_.bytes_of(slice);
  if (waiting_bytes != waiting_bytes_) return "the bytes of history that wait are counted wrongly";
  std::vector<Slice> open = outstanding();
  open.insert(open.end(), under_way.begin(), under_way.end());
  return store_.flaw(std::move(open));
}

}  // namespace firebase_relay::deliver
