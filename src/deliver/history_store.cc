#include "deliver/history_store.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {
namespace {

std::uint64_t text_bytes(const Batch& batch) {
  std::uint64_t bytes = 0;
  for (const HistoryRun& run : batch.runs) bytes += run.text.size();
  return bytes;
}

}  // namespace

HistoryStore::Stored& HistoryStore::store(Batch batch) {
  const BatchId id = batch.id;
  invariant(!stored_.contains(id), "a batch is stored twice");
  Stored& stored = stored_[id];
  stored.batch = std::move(batch);
  bytes_ += text_bytes(stored.batch);
  invariant(bytes_ >= text_bytes(stored.batch), "the bytes of history in memory have no room in a number");
  for (const HistoryRun& run : stored.batch.runs) stored.left += run.entries.size();
  return stored;
}

void HistoryStore::add(Batch batch, const SaveBy& save_by, Sequence first) {
  invariant(save_by.unsent <= save_by.latest, "a batch may be saved later once it was sent");
  Stored& stored = store(std::move(batch));
  stored.save_by = save_by.unsent;
  stored.save_latest = save_by.latest;
  stored.unsafe_since = first;
}

void HistoryStore::add_loaded(Batch batch) {
  invariant(!batch.runs.empty(), "a batch without entries was loaded");
  Stored& stored = store(std::move(batch));
  stored.save_by = stored.save_latest = SteadyTime::max();
  stored.on_disk = true;
}

void HistoryStore::release(BatchId id) {
  const auto found = stored_.find(id);
  invariant(found != stored_.end(), "a batch leaves memory that is not there");
  invariant(bytes_ >= text_bytes(found->second.batch), "the bytes of history in memory are counted below zero");
  bytes_ -= text_bytes(found->second.batch);
  released_unsafe_ = std::min(released_unsafe_, found->second.unsafe_since);
  stored_.erase(found);
}

void HistoryStore::finish(const std::vector<Slice>& slices) {
  for (const Slice& slice : slices) {
    Stored& stored = stored_.at(slice.batch);
    invariant(stored.left >= slice.size(), "more entries of a batch are done than it had");
    stored.left -= slice.size();
    if (stored.left == 0) stored.unsafe_since = kNoSequence;
    release_if_done(slice.batch);
  }
}

void HistoryStore::release_if_done(BatchId id) {
  const Stored& stored = stored_.at(id);
  invariant(!stored.saving || !stored.on_disk, "a batch is saved that is on disk");
  if (stored.left > 0 || stored.saving) return;
  if (stored.on_disk) forgettable_.push_back(id);
  release(id);
}

std::vector<BatchId> HistoryStore::ids() const {
  std::vector<BatchId> ids;
  ids.reserve(stored_.size());
  for (const auto& [id, stored] : stored_) ids.push_back(id);
  return ids;
}

std::uint64_t HistoryStore::bytes_of(const Slice& slice) const {
  invariant(slice.size() > 0, "a slice of history is empty");
  return run_of(slice).text_of(slice.first, slice.last).size();
}

std::vector<Slice> HistoryStore::slices_of(BatchId id) const {
  std::vector<Slice> slices;
  const std::vector<HistoryRun>& runs = batch(id).runs;
  invariant(!runs.empty(), "a batch has no entries");
  for (std::uint32_t run = 0; run < runs.size(); ++run) {
    const auto entries = static_cast<std::uint32_t>(runs[run].entries.size());
    if (entries > 0) slices.push_back({id, run, 0, entries});
  }
  return slices;
}

std::optional<Slice> HistoryStore::find(Sequence sequence, const std::vector<Slice>& among) const {
  for (const Slice& slice : among) {
    const HistoryRun& run = run_of(slice);
    invariant(slice.last <= run.entries.size(), "a slice of history goes beyond its run");
    for (std::uint32_t i = slice.first; i < slice.last; ++i) {
      const std::uint32_t offset = run.entries[i].sequence_offset;
      if (offset != HistoryEntry::kUncounted && run.first_sequence + offset == sequence)
        return Slice{slice.batch, slice.run, i, i + 1};
    }
  }
  return std::nullopt;
}

void HistoryStore::sent(const std::vector<Slice>& slices, SteadyTime save_by) {
  for (const Slice& slice : slices) {
    Stored& stored = stored_.at(slice.batch);
    invariant(stored.left > 0, "an entry is sent of a batch that is done");
    if (!std::exchange(stored.was_sent, true)) stored.save_by = std::min(save_by, stored.save_latest);
  }
}

std::vector<const Batch*> HistoryStore::save() {
  std::vector<const Batch*> unsaved;
  for (auto& [id, stored] : stored_) {
    if (stored.on_disk) continue;
    invariant(!stored.saving, "a batch is saved twice at a time");
    stored.saving = true;
    unsaved.push_back(&stored.batch);
  }
  return unsaved;
}

void HistoryStore::saved(bool ok) {
  for (const BatchId id : ids()) {
    Stored& stored = stored_.at(id);
    if (!std::exchange(stored.saving, false)) continue;
    invariant(!stored.on_disk, "a batch was saved that was on disk");
    stored.on_disk = ok;
    release_if_done(id);
  }
}

SteadyTime HistoryStore::next_save() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [id, stored] : stored_) {
    if (!stored.on_disk && !stored.saving) next = std::min(next, stored.save_by);
  }
  return next;
}

bool HistoryStore::any_on_disk() const {
  return std::any_of(stored_.begin(), stored_.end(), [](const auto& item) { return item.second.on_disk; });
}

void HistoryStore::lost_row(BatchId id) {
  const auto found = stored_.find(id);
  if (found != stored_.end()) found->second.on_disk = false;
}

Sequence HistoryStore::lowest_unsafe() const {
  Sequence lowest = released_unsafe_;
  for (const auto& [id, stored] : stored_) lowest = std::min(lowest, stored.unsafe_since);
  invariant(lowest > 0, "history that is not safe has no number");
  return lowest;
}

void HistoryStore::synced() {
  released_unsafe_ = kNoSequence;
  for (auto& [id, stored] : stored_) {
    if (stored.on_disk) stored.unsafe_since = kNoSequence;
  }
}

std::string_view HistoryStore::flaw(std::vector<Slice> open) const {
  const auto is_older = [](const Slice& a, const Slice& b) { return a.batch < b.batch; };
  if (!std::is_sorted(open.begin(), open.end(), is_older)) std::sort(open.begin(), open.end(), is_older);
  auto slice = open.cbegin();
  std::uint64_t bytes = 0;
  for (const auto& [id, stored] : stored_) {
    bytes += text_bytes(stored.batch);
    std::uint64_t left = 0;
    for (; slice != open.cend() && slice->batch <= id; ++slice) left += slice->batch == id ? slice->size() : 0;
    if (stored.left == 0 && stored.unsafe_since != kNoSequence) return "a batch is done, and counts as unsafe";
    if (stored.left != left) return "an entry of history is nowhere, or twice";
  }
  return bytes == bytes_ ? "" : "the bytes of history in memory are counted wrongly";
}

}  // namespace firebase_relay::deliver
