#include "sim/simulated_disk.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::sim {
namespace {

tl::unexpected<Error> failure() { return fail(ErrorCode::kIo, "the disk of the simulation fails"); }

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

std::vector<Event> SimulatedDisk::proceed(const Now& now) {
  std::vector<Event> events;
  for (; !queue_.empty() && queue_.front().at <= now.steady; queue_.pop_front())
    events.push_back(perform(queue_.front()));
  return events;
}

Event SimulatedDisk::perform(const Operation& operation) {
  if (const auto* persist = std::get_if<Persist>(&operation.action)) {
    if (operation.fails) return Persisted{failure()};
    std::vector<const Batch*> batches;
    for (const Batch& batch : operation.copies) batches.push_back(&batch);
    const OutboxLevel level = *outbox_.append(batches, persist->live);
    written(operation, sync_always);
    return Persisted{level};
  }
  if (const auto* forget = std::get_if<Forget>(&operation.action)) {
    if (operation.fails) return Forgotten{failure()};
    const OutboxLevel level = *outbox_.acknowledge(forget->batches, forget->live, forget->sync);
    written(operation, sync_always || forget->sync);
    return Forgotten{level};
  }
  if (const auto* load_action = std::get_if<Load>(&operation.action)) {
    if (operation.fails) return Loaded{failure()};
    return load(*load_action, operation);
  }
  const auto& shed = std::get<ShedBytes>(operation.action);
  if (operation.fails) return WasShed{failure()};
  const ShedResult result = *outbox_.shed(shed.after, shed.bytes, shed.kept);
  written(operation, sync_always);
  return WasShed{result};
}

/// Some of what is read does not match its checksum, and is set aside.
Event SimulatedDisk::load(const Load& action, const Operation& operation) {
  LoadedBatches loaded = *outbox_.load(action.after, action.bytes_max);
  Random random(operation.damage);
  std::vector<Batch> good;
  for (Batch& batch : loaded.batches) {
    if (!random.chance(damaged_percent)) {
      good.push_back(std::move(batch));
      continue;
    }
    DamagedBatch damaged{batch.id, {}};
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

void SimulatedDisk::written(const Operation& operation, bool sync) {
  if (!sync) return unsynced_.push_back(operation);
  durable_ = outbox_;
  unsynced_.clear();
}

void SimulatedDisk::relay_killed(Random& random) {
  for (; !queue_.empty() && random.chance(50); queue_.pop_front()) {
    if (std::holds_alternative<Load>(queue_.front().action)) continue;  // leaves nothing behind
    const Event event = perform(queue_.front());
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
  outbox_ = durable_;
  const std::vector<Operation> operations = std::exchange(unsynced_, {});
  for (std::size_t i = 0; i < kept; ++i) perform(operations[i]);
  durable_ = outbox_;
  unsynced_.clear();
  return lost;
}

}  // namespace firebase_relay::sim
