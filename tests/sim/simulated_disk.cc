#include "sim/simulated_disk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/ledger.h"

namespace firebase_relay::sim {
namespace {

tl::unexpected<Error> failure() { return fail(ErrorCode::kIo, "the disk of the simulation fails"); }

std::vector<Batch> all_of(outbox::MemoryOutbox& outbox) {
  LoadedBatches loaded = *outbox.load(0, UINT64_MAX);
  return std::move(loaded.batches);
}

OutboxLevel append(outbox::MemoryOutbox& outbox, const std::vector<Batch>& batches, const std::vector<LiveRow>& live) {
  std::vector<const Batch*> pointers;
  for (const Batch& batch : batches) pointers.push_back(&batch);
  return *outbox.append(pointers, live);
}

}  // namespace

void SimulatedDisk::submit(Action action, std::vector<Batch> copies, const Now& now, Random& random) {
  SteadyTime at = now.steady + std::chrono::milliseconds(random.between(0, slowest_ms));
  if (!queue_.empty()) at = std::max(at, queue_.back().at);
  queue_.push_back({at, std::move(action), random.chance(failing_percent), random.next(), std::move(copies)});
}

void SimulatedDisk::submit(const Persist& action, const Now& now, Random& random) {
  std::vector<Batch> copies;
  for (const Batch* batch : action.batches) copies.push_back(*batch);
  submit(Persist{{}, action.live}, std::move(copies), now, random);
}
void SimulatedDisk::submit(const Forget& action, const Now& now, Random& random) {
  submit(Action(action), {}, now, random);
}
void SimulatedDisk::submit(const Load& action, const Now& now, Random& random) {
  submit(Action(action), {}, now, random);
}
void SimulatedDisk::submit(const ShedBytes& action, const Now& now, Random& random) {
  submit(Action(action), {}, now, random);
}

void SimulatedDisk::submit(const Sync& action, const Now& now, Random& random) {
  submit(Action(action), {}, now, random);
}

std::vector<Event> SimulatedDisk::proceed(const Now& now) {
  std::vector<Event> events;
  for (; !queue_.empty() && queue_.front().at <= now.steady; queue_.pop_front())
    events.push_back(perform(std::move(queue_.front())));
  return events;
}

Event SimulatedDisk::perform(Operation operation) {
  if (const auto* persist = std::get_if<Persist>(&operation.action)) {
    if (operation.fails) return Persisted{failure()};
    const OutboxLevel level = append(outbox_, operation.copies, persist->live);
    written(std::move(operation), sync_always);
    return Persisted{level};
  }
  if (const auto* forget = std::get_if<Forget>(&operation.action)) {
    if (operation.fails) return Forgotten{failure()};
    const bool sync = sync_always || forget->sync;
    const OutboxLevel level = *outbox_.acknowledge(forget->batches, forget->live, forget->sync);
    written(std::move(operation), sync);
    return Forgotten{level};
  }
  if (std::holds_alternative<Load>(operation.action)) {
    if (operation.fails) return Loaded{failure()};
    return load(operation);
  }
  if (std::holds_alternative<Sync>(operation.action)) {
    if (operation.fails) return Synced{failure()};
    all_is_synced();
    return Synced{};
  }
  if (operation.fails) return WasShed{failure()};
  return shed(std::move(operation));
}

Event SimulatedDisk::shed(Operation operation) {
  const auto& shed = std::get<ShedBytes>(operation.action);
  std::map<BatchId, Batch> before;
  if (remembers_gone) {
    for (Batch& batch : all_of(outbox_)) before.emplace(batch.id, std::move(batch));
  }
  const ShedResult result = *outbox_.shed(shed.after, shed.bytes, shed.kept);
  if (remembers_gone) {
    for (const Batch& batch : all_of(outbox_)) before.erase(batch.id);
    for (const auto& [id, batch] : before) is_gone(batch);
  }
  written(std::move(operation), sync_always);
  return WasShed{result};
}

/// Some of what is read does not match its checksum, and is set aside.
Event SimulatedDisk::load(const Operation& operation) {
  const auto& action = std::get<Load>(operation.action);
  LoadedBatches loaded = *outbox_.load(action.after, action.bytes_max);
  Random random(operation.damage);
  std::vector<Batch> good;
  for (Batch& batch : loaded.batches) {
    if (!random.chance(damaged_percent)) {
      good.push_back(std::move(batch));
      continue;
    }
    DamagedBatch damaged{batch.id, {}};
    is_gone(batch);
    for (const HistoryRun& run : batch.runs) {
      for (const HistoryEntry& entry : run.entries) ++damaged.messages[static_cast<std::size_t>(entry.kind)];
    }
    loaded.level = *outbox_.acknowledge({batch.id}, {}, false);
    written({operation.at, Forget{{batch.id}, {}, false}, false, 0, {}}, sync_always);
    loaded.damaged.push_back(damaged);
  }
  loaded.batches = std::move(good);
  // At least one that can be read, if there is any.
  if (loaded.batches.empty() && !loaded.damaged.empty()) {
    LoadedBatches rest = *outbox_.load(loaded.damaged.back().id, action.bytes_max);
    loaded.batches = std::move(rest.batches);
  }
  return Loaded{std::move(loaded)};
}

void SimulatedDisk::written(Operation operation, bool sync) {
  unsynced_.push_back(std::move(operation));
  if (sync) all_is_synced();
}

void SimulatedDisk::all_is_synced() {
  std::move(unsynced_.begin(), unsynced_.end(), std::back_inserter(synced_));
  unsynced_.clear();
}

/// What was synced is done to durable_ when somebody looks: a copy of the whole outbox at every sync was a quarter of
/// the simulation's time.
void SimulatedDisk::follow() {
  for (const Operation& operation : std::exchange(synced_, {})) follow(operation);
}

void SimulatedDisk::follow(const Operation& operation) {
  if (const auto* persist = std::get_if<Persist>(&operation.action)) {
    append(durable_, operation.copies, persist->live);
    if (!seen_durable_) return;
    for (const Batch& batch : operation.copies) seen_durable_->add(batch);
    for (const LiveRow& row : persist->live) seen_durable_->live[row.path] = {row.sequence, number_of(row.value)};
  } else if (const auto* forget = std::get_if<Forget>(&operation.action)) {
    (void)durable_.acknowledge(forget->batches, forget->live, forget->sync);
    if (!seen_durable_) return;
    for (const BatchId id : forget->batches) seen_durable_->erase(id);
    for (const LiveAcknowledged& acknowledged : forget->live) seen_durable_->erase(acknowledged);
  } else if (const auto* shed = std::get_if<ShedBytes>(&operation.action)) {
    (void)durable_.shed(shed->after, shed->bytes, shed->kept);
    seen_durable_.reset();
  }
}

void SimulatedDisk::is_gone(const Batch& batch) {
  for (const HistoryRun& run : batch.runs) {
    for (std::size_t i = 0; i < run.entries.size(); ++i) gone_.emplace(run.path_of(i));
  }
}

void SimulatedDisk::Durable::add(const Batch& batch) {
  const auto [place, is_new] = paths.try_emplace(batch.id);
  if (!is_new) return;  // as the outbox has it
  for (const HistoryRun& run : batch.runs) {
    for (std::size_t i = 0; i < run.entries.size(); ++i) ++history[place->second.emplace_back(run.path_of(i))];
  }
}

void SimulatedDisk::Durable::erase(BatchId id) {
  const auto batch = paths.find(id);
  if (batch == paths.end()) return;
  for (const std::string& path : batch->second) {
    const auto entry = history.find(path);
    if (--entry->second == 0) history.erase(entry);
  }
  paths.erase(batch);
}

void SimulatedDisk::Durable::erase(const LiveAcknowledged& acknowledged) {
  const auto row = live.find(acknowledged.path);
  if (row != live.end() && row->second.sequence <= acknowledged.sequence) live.erase(row);
}

const SimulatedDisk::Durable& SimulatedDisk::durable() {
  follow();
  if (!seen_durable_) see_durable();
  return *seen_durable_;
}

void SimulatedDisk::see_durable() {
  seen_durable_.emplace();
  for (const Batch& batch : all_of(durable_)) seen_durable_->add(batch);
  const Restored restored = durable_.restored();
  for (const LiveRow& row : restored.live) seen_durable_->live[row.path] = {row.sequence, number_of(row.value)};
}

void SimulatedDisk::relay_killed(Random& random) {
  for (; !queue_.empty() && random.chance(50); queue_.pop_front()) {
    if (std::holds_alternative<Load>(queue_.front().action)) continue;  // leaves nothing behind
    const Event event = perform(std::move(queue_.front()));
    if (const auto* shed = std::get_if<WasShed>(&event); shed && shed->shed) {
      for (std::size_t kind = 0; kind < kKindCount; ++kind) shed_unheard_[kind] += shed->shed->messages[kind];
    }
  }
  queue_.clear();
}

std::optional<SimulatedDisk::Lost> SimulatedDisk::power_cut(Random& random) {
  relay_killed(random);
  const std::size_t kept = random.below(unsynced_.size() + 1);
  std::optional<Lost> lost;
  if (kept < unsynced_.size()) lost = Lost{unsynced_[kept].at, {}};
  for (std::size_t i = kept; i < unsynced_.size(); ++i) {
    if (const auto* persist = std::get_if<Persist>(&unsynced_[i].action)) {
      for (const LiveRow& row : persist->live) lost->paths.insert(row.path);
    }
  }
  if (lost) {
    follow();
    outbox_ = durable_;
    std::vector<Operation> operations = std::exchange(unsynced_, {});
    for (std::size_t i = 0; i < kept; ++i) perform(std::move(operations[i]));
  }
  all_is_synced();
  return lost;
}

}  // namespace firebase_relay::sim
