#include "deliver/history_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "classify/history_key.h"

namespace firebase_relay::deliver {
namespace {

std::uint64_t bytes_of(const Batch& batch) {
  std::uint64_t bytes = 0;
  for (const HistoryRun& run : batch.runs) bytes += run.text.size();
  return bytes;
}

/// How far take() looks for entries of one location: enough to fill a request, without going through a whole backlog.
constexpr std::size_t kLookAheadMax = 4096;

}  // namespace

HistoryQueue::Stored& HistoryQueue::add(Batch batch, const SaveBy& save_by, Place place) {
  const BatchId id = batch.id;
  assert(!stored_.contains(id));
  Stored& stored = stored_[id];
  stored.batch = std::move(batch);
  stored.save_by = save_by.unsent;
  stored.save_latest = save_by.latest;
  stored.is_held = true;
  bytes_ += deliver::bytes_of(stored.batch);
  for (const HistoryRun& run : stored.batch.runs) stored.left += run.entries.size();
  if (place == Place::kQueued) queue_all_of(stored);
  return stored;
}

void HistoryQueue::queue_held() {
  for (auto& [id, stored] : stored_) {
    if (stored.is_held) queue_all_of(stored);
  }
}

void HistoryQueue::queue_all_of(Stored& stored) {
  stored.is_held = false;
  for (std::uint32_t run = 0; run < stored.batch.runs.size(); ++run) {
    const auto entries = static_cast<std::uint32_t>(stored.batch.runs[run].entries.size());
    if (entries > 0) enqueue({stored.batch.id, run, 0, entries});
  }
}

void HistoryQueue::sent(const std::vector<Slice>& slices, SteadyTime save_by) {
  for (const Slice& slice : slices) {
    Stored& stored = stored_.at(slice.batch);
    if (!std::exchange(stored.was_sent, true)) stored.save_by = std::min(save_by, stored.save_latest);
  }
}

void HistoryQueue::enqueue(const Slice& slice) {
  if (narrow_) return enqueue_by_location(slice);
  waiting_.push_back(slice);
  waiting_bytes_ += bytes_of(slice);
}

/// Cuts `slice` where the location changes.
void HistoryQueue::enqueue_by_location(const Slice& slice) {
  std::uint32_t first = slice.first;
  for (std::uint32_t i = slice.first; i < slice.last; ++i) {
    const bool ends = i + 1 == slice.last || location_of({slice.batch, slice.run, i, i + 1}) !=
                                                 location_of({slice.batch, slice.run, i + 1, i + 2});
    if (!ends) continue;
    const Slice part{slice.batch, slice.run, first, i + 1};
    waiting_.push_back(part);
    waiting_bytes_ += bytes_of(part);
    first = i + 1;
  }
}

void HistoryQueue::go_narrow() {
  if (std::exchange(narrow_, true)) return;
  waiting_bytes_ = 0;
  for (const Slice& slice : std::exchange(waiting_, {})) enqueue(slice);
}

std::string_view HistoryQueue::location_of(const Slice& slice) const {
  const std::string_view path = run_of(slice).path_of(slice.first);
  return path.substr(0, path.size() - classify::kHistoryKeySize - 1);
}

std::uint64_t HistoryQueue::bytes_of(const Slice& slice) const {
  const HistoryRun& run = run_of(slice);
  return run.end_of(slice.last - 1) - run.entries[slice.first].offset;
}

/// How many entries of `slice` have room in `bytes_max`.
std::uint32_t HistoryQueue::fitting(const Slice& slice, std::uint64_t bytes_max) const {
  const HistoryRun& run = run_of(slice);
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
  return low;
}

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
    if (count == 0 && taken.empty()) count = 1;  // alone, if it has to be
    if (count == 0) break;
    waiting_.front().first += count;
    if (waiting_.front().size() == 0) waiting_.pop_front();
    slice.last = slice.first + count;
    bytes += bytes_of(slice);
    taken.push_back(slice);
  }
  waiting_.insert(waiting_.begin(), elsewhere.begin(), elsewhere.end());
  waiting_bytes_ -= bytes;
  return taken;
}

std::uint64_t HistoryQueue::next_bytes() const { return first_entry_bytes(waiting_.front()); }

std::uint64_t HistoryQueue::next_suspect_bytes() const { return first_entry_bytes(suspects_.front().front()); }

std::vector<Slice> HistoryQueue::take_suspects(std::uint64_t bytes_max, std::string& base) {
  const auto pop = [this] {
    std::vector<Slice> group = std::move(suspects_.front());
    suspects_.pop_front();
    return group;
  };
  const auto is_too_large = [this, bytes_max](const std::vector<Slice>& group) {
    std::uint64_t bytes = 0;
    for (const Slice& slice : group) bytes += bytes_of(slice);
    return bytes > bytes_max && (group.size() > 1 || group.front().size() > 1);
  };
  std::vector<Slice> taken = pop();
  while (is_too_large(taken)) {
    suspect_halves(taken);
    taken = pop();
  }
  if (!narrow_) return taken;
  // Since this group was made, narrow may have begun: keep one location, the rest is a group of its own.
  base = location_of(taken.front());
  std::vector<Slice> here;
  std::vector<Slice> elsewhere;
  for (const Slice& slice : taken) {
    for (std::uint32_t i = slice.first; i < slice.last; ++i) {
      const Slice entry{slice.batch, slice.run, i, i + 1};
      (location_of(entry) == base ? here : elsewhere).push_back(entry);
    }
  }
  if (!elsewhere.empty()) suspects_.push_front(std::move(elsewhere));
  return here;
}

void HistoryQueue::put_back(const std::vector<Slice>& slices) {
  for (const Slice& slice : slices) waiting_bytes_ += bytes_of(slice);
  waiting_.insert(waiting_.begin(), slices.begin(), slices.end());
  if (narrow_) {  // they may be from before: cut them again
    std::deque<Slice> behind(waiting_.begin() + static_cast<std::ptrdiff_t>(slices.size()), waiting_.end());
    waiting_.clear();
    for (const Slice& slice : slices) {
      waiting_bytes_ -= bytes_of(slice);
      enqueue(slice);
    }
    waiting_.insert(waiting_.end(), behind.begin(), behind.end());
  }
}

void HistoryQueue::suspect_halves(const std::vector<Slice>& slices) {
  std::uint32_t entries = 0;
  for (const Slice& slice : slices) entries += slice.size();
  std::vector<Slice> front;
  std::vector<Slice> back;
  std::uint32_t room = (entries + 1) / 2;
  for (const Slice& slice : slices) {
    const std::uint32_t here = std::min(room, slice.size());
    if (here > 0) front.push_back({slice.batch, slice.run, slice.first, slice.first + here});
    if (here < slice.size()) back.push_back({slice.batch, slice.run, slice.first + here, slice.last});
    room -= here;
  }
  if (!back.empty()) suspects_.push_front(std::move(back));
  if (!front.empty()) suspects_.push_front(std::move(front));
}

void HistoryQueue::finish(const std::vector<Slice>& slices, std::vector<BatchId>& finished) {
  for (const Slice& slice : slices) {
    Stored& stored = stored_.at(slice.batch);
    assert(stored.left >= slice.size());
    stored.left -= slice.size();
    if (stored.left == 0) finished.push_back(slice.batch);
  }
}

void HistoryQueue::release(BatchId batch) {
  const auto found = stored_.find(batch);
  bytes_ -= deliver::bytes_of(found->second.batch);
  stored_.erase(found);
}

bool HistoryQueue::drop_untouched(BatchId id) {
  const Stored& stored = stored_.at(id);
  if (stored.is_held) {
    release(id);
    return true;
  }
  std::uint64_t entries = 0;
  for (const HistoryRun& run : stored.batch.runs) entries += run.entries.size();
  std::uint64_t waiting = 0;
  for (auto slice = waiting_.rbegin(); slice != waiting_.rend() && slice->batch == id; ++slice)
    waiting += slice->size();
  if (waiting != entries) return false;
  while (!waiting_.empty() && waiting_.back().batch == id) {
    waiting_bytes_ -= bytes_of(waiting_.back());
    waiting_.pop_back();
  }
  release(id);
  return true;
}

std::vector<Slice> HistoryQueue::shed(std::uint64_t bytes) {
  std::vector<Slice> shed;
  std::uint64_t freed = 0;
  for (const ShedClass shed_class : kShedClasses) {
    std::deque<Slice> kept;
    for (const Slice& slice : waiting_) {
      if (freed >= bytes || stored_.at(slice.batch).batch.shed_class != shed_class) {
        kept.push_back(slice);
        continue;
      }
      freed += bytes_of(slice);
      shed.push_back(slice);
    }
    waiting_ = std::move(kept);
  }
  waiting_bytes_ -= freed;
  return shed;
}

SteadyTime HistoryQueue::next_save() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [id, stored] : stored_) {
    if (!stored.on_disk && !stored.saving) next = std::min(next, stored.save_by);
  }
  return next;
}

bool HistoryQueue::any_on_disk() const {
  return std::any_of(stored_.begin(), stored_.end(), [](const auto& item) { return item.second.on_disk; });
}

std::optional<Slice> HistoryQueue::find(Sequence sequence, const std::vector<Slice>& among) const {
  for (const Slice& slice : among) {
    const HistoryRun& run = run_of(slice);
    for (std::uint32_t i = slice.first; i < slice.last; ++i) {
      const std::uint32_t offset = run.entries[i].sequence_offset;
      if (offset != HistoryEntry::kUncounted && run.first_sequence + offset == sequence)
        return Slice{slice.batch, slice.run, i, i + 1};
    }
  }
  return std::nullopt;
}

std::vector<Slice> HistoryQueue::outstanding() const {
  std::vector<Slice> all(waiting_.begin(), waiting_.end());
  for (const std::vector<Slice>& group : suspects_) all.insert(all.end(), group.begin(), group.end());
  for (const auto& [id, stored] : stored_) {
    if (!stored.is_held) continue;
    for (std::uint32_t run = 0; run < stored.batch.runs.size(); ++run) {
      all.push_back({id, run, 0, static_cast<std::uint32_t>(stored.batch.runs[run].entries.size())});
    }
  }
  return all;
}

void HistoryQueue::append_parts(const Slice& slice, std::vector<std::string_view>& parts) const {
  const HistoryRun& run = run_of(slice);
  const std::string_view text = run.text;
  if (!narrow_) {
    const std::uint32_t begin = run.entries[slice.first].offset;
    parts.push_back(text.substr(begin, run.end_of(slice.last - 1) - begin));
    return;
  }
  for (std::uint32_t i = slice.first; i < slice.last; ++i) {
    const std::size_t key_at = run.entries[i].offset + 1u + run.entries[i].path_size - classify::kHistoryKeySize;
    parts.emplace_back("\"");
    parts.push_back(text.substr(key_at, run.end_of(i) - key_at));
  }
}

std::string HistoryQueue::flaw(const std::vector<Slice>& under_way) const {
  std::uint64_t waiting_bytes = 0;
  std::map<BatchId, std::uint64_t> open;  // entries that wait, are suspected or under way
  for (const Slice& slice : waiting_) {
    open[slice.batch] += slice.size();
    waiting_bytes += bytes_of(slice);
  }
  if (waiting_bytes != waiting_bytes_) return "the bytes of history that wait are counted wrongly";
  for (const std::vector<Slice>& group : suspects_) {
    for (const Slice& slice : group) open[slice.batch] += slice.size();
  }
  for (const Slice& slice : under_way) open[slice.batch] += slice.size();
  std::uint64_t bytes = 0;
  for (const auto& [id, stored] : stored_) {
    bytes += deliver::bytes_of(stored.batch);
    if (stored.left != (stored.is_held ? stored.left : open[id])) return "an entry of history is nowhere, or twice";
  }
  return bytes == bytes_ ? "" : "the bytes of history in memory are counted wrongly";
}

}  // namespace firebase_relay::deliver
