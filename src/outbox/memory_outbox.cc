#include "outbox/memory_outbox.h"

#include <algorithm>

namespace firebase_relay::outbox {
namespace {

std::uint64_t bytes_of(const Batch& batch) {
  std::uint64_t bytes = 0;
  for (const HistoryRun& run : batch.runs) bytes += run.text.size() + run.entries.size() * sizeof(HistoryEntry);
  return bytes;
}

std::uint64_t bytes_of(const LiveRow& row) { return row.path.size() + row.value.size(); }

void count(const Batch& batch, KindCounts& messages) {
  for (const HistoryRun& run : batch.runs) {
    for (const HistoryEntry& entry : run.entries) {
      if (entry.sequence_offset != HistoryEntry::kUncounted) ++messages[static_cast<std::size_t>(entry.kind)];
    }
  }
}

}  // namespace

OutboxLevel MemoryOutbox::level() const {
  return {bytes_, batches_.size(), live_.size(), bytes_ > bytes_max_ ? bytes_ - bytes_max_ : 0, std::nullopt};
}

Result<OutboxLevel> MemoryOutbox::append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live) {
  for (const Batch* batch : batches) {
    bytes_ += bytes_of(*batch);
    last_batch_ = std::max(last_batch_, batch->id);
    batches_.emplace(batch->id, *batch);
  }
  for (const LiveRow& row : live) {
    LiveRow& stored = live_[row.path];
    bytes_ += bytes_of(row) - bytes_of(stored);
    stored = row;
    last_sequence_ = std::max(last_sequence_, row.sequence);
  }
  return level();
}

Result<OutboxLevel> MemoryOutbox::acknowledge(const std::vector<BatchId>& batches,
                                              const std::vector<LiveAcknowledged>& live, bool) {
  for (const BatchId id : batches) {
    const auto found = batches_.find(id);
    if (found == batches_.end()) continue;
    bytes_ -= bytes_of(found->second);
    batches_.erase(found);
  }
  for (const LiveAcknowledged& acknowledged : live) {
    const auto found = live_.find(acknowledged.path);
    if (found == live_.end() || found->second.sequence > acknowledged.sequence) continue;
    bytes_ -= bytes_of(found->second);
    live_.erase(found);
  }
  return level();
}

Result<LoadedBatches> MemoryOutbox::load(BatchId after, std::uint64_t bytes_max) {
  LoadedBatches loaded;
  loaded.level = level();
  std::uint64_t bytes = 0;
  for (auto batch = batches_.upper_bound(after); batch != batches_.end(); ++batch) {
    bytes += bytes_of(batch->second);
    if (!loaded.batches.empty() && bytes > bytes_max) break;
    loaded.batches.push_back(batch->second);
  }
  return loaded;
}

Result<ShedResult> MemoryOutbox::shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept) {
  ShedResult result;
  std::uint64_t freed = 0;
  for (const ShedClass shed_class : kShedClasses) {
    for (auto batch = batches_.upper_bound(after); batch != batches_.end() && freed < bytes;) {
      const bool is_kept = std::find(kept.begin(), kept.end(), batch->first) != kept.end();
      if (is_kept || batch->second.shed_class != shed_class) {
        ++batch;
        continue;
      }
      freed += bytes_of(batch->second);
      count(batch->second, result.messages);
      batch = batches_.erase(batch);
    }
  }
  bytes_ -= freed;
  result.level = level();
  return result;
}

Result<void> MemoryOutbox::save_orders(const LiveOrdersChange& change) {
  for (const std::string& path : change.removed) orders_.erase(path);
  for (const LiveOrder& order : change.put) {
    orders_[order.path] = order;
    last_sequence_ = std::max(last_sequence_, order.sequence);
  }
  return {};
}

Restored MemoryOutbox::restored() const {
  Restored restored{last_sequence_, last_batch_, {}, level(), {}, {}, {}};
  for (const auto& [path, order] : orders_) restored.orders.push_back(order);
  for (const auto& [path, row] : live_) restored.live.push_back(row);
  for (const auto& [id, batch] : batches_) count(batch, restored.history);
  return restored;
}

}  // namespace firebase_relay::outbox
