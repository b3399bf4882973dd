#include "sim/simulated_disk.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::sim {

void SimulatedDisk::submit(Action action, std::vector<Batch> copies, const Now& now, Random& random) {
  SteadyTime at = now.steady + std::chrono::milliseconds(random.between(0, slowest_ms));
  if (!queue_.empty()) at = std::max(at, queue_.back().at);
  queue_.push_back({at, std::move(action), random.chance(failing_percent), std::move(copies)});
}

void SimulatedDisk::submit(const Persist& action, const Now& now, Random& random) {
  std::vector<Batch> copies;
  for (const Batch* batch : action.batches) copies.push_back(*batch);
  submit(Persist{{}, action.live}, std::move(copies), now, random);
}
void SimulatedDisk::submit(const Acknowledge& action, const Now& now, Random& random) {
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

Event SimulatedDisk::perform(Operation& operation) {
  if (const auto* persist = std::get_if<Persist>(&operation.action)) {
    if (operation.fails) return PersistFailed{};
    std::vector<const Batch*> batches;
    for (const Batch& batch : operation.copies) batches.push_back(&batch);
    return Persisted{*outbox_.append(batches, persist->live)};
  }
  if (const auto* acknowledge = std::get_if<Acknowledge>(&operation.action)) {
    if (operation.fails) return Forgotten{{}, false};
    return Forgotten{*outbox_.acknowledge(acknowledge->batches, acknowledge->live, acknowledge->sync), true};
  }
  if (const auto* load = std::get_if<Load>(&operation.action)) {
    if (operation.fails) return Loaded{{}, false};
    return Loaded{*outbox_.load(load->after, load->bytes_max), true};
  }
  const auto& shed = std::get<ShedBytes>(operation.action);
  if (operation.fails) return WasShed{{}, false};
  return WasShed{*outbox_.shed(shed.after, shed.bytes), true};
}

void SimulatedDisk::relay_killed(Random& random) {
  while (!queue_.empty() && random.chance(50)) {
    perform(queue_.front());
    queue_.pop_front();
  }
  queue_.clear();
}

}  // namespace firebase_relay::sim
