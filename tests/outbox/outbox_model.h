#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "outbox_fixture.h"

namespace firebase_relay::outbox {

/// One random call of an outbox, with all its arguments.
struct Step {
  enum class Call : std::uint8_t { kAppend, kAcknowledge, kSaveOrders };
  Call call = Call::kAppend;
  std::vector<Batch> batches;
  std::vector<LiveRow> live;
  std::vector<BatchId> acknowledged;
  std::vector<LiveAcknowledged> live_acknowledged;
  LiveOrdersChange orders;
  bool sync = false;

  [[nodiscard]] Result<void> run(Outbox& outbox) const {
    const auto done = [](const auto& result) -> Result<void> {
      if (result) return {};
      return tl::unexpected<Error>(result.error());
    };
    if (call == Call::kAcknowledge) return done(outbox.acknowledge(acknowledged, live_acknowledged, sync));
    if (call == Call::kSaveOrders) return outbox.save_orders(orders);
    std::vector<const Batch*> pointers;
    for (const Batch& batch : batches) pointers.push_back(&batch);
    return done(outbox.append(pointers, live));
  }
};

/// What an outbox should hold, in maps. Shares no code with it.
class OutboxModel {
 public:
  std::map<BatchId, Batch> batches;
  std::map<std::string, LiveRow> live;
  std::map<std::string, LiveOrder> orders;
  BatchId last_batch = 0;
  Sequence last_sequence = 0;

  void apply(const Step& step) {
    for (const Batch& batch : step.batches) {
      batches[batch.id] = batch;
      last_batch = batch.id;
      saw(batch.runs[0].first_sequence + batch.runs[0].entries.size() - 1);
    }
    for (const LiveRow& row : step.live) {
      live[row.path] = row;
      saw(row.sequence);
    }
    for (const BatchId id : step.acknowledged) batches.erase(id);
    for (const LiveAcknowledged& row : step.live_acknowledged) {
      if (live.contains(row.path) && live[row.path].sequence <= row.sequence) live.erase(row.path);
    }
    for (const LiveOrder& order : step.orders.put) {
      orders[order.path] = order;
      saw(order.sequence);
    }
    for (const std::string& path : step.orders.removed) orders.erase(path);
  }

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out << "last " << last_batch << " " << last_sequence << "\n";
    for (const auto& [id, batch] : batches) out << text_of(batch) << "\n";
    for (const auto& [path, row] : live) out << text_of(row) << "\n";
    for (const auto& [path, order] : orders)
      out << path << " " << order.ticker_size << " " << order.sequence << (order.closed ? " closed\n" : " open\n");
    return out.str();
  }

 private:
  void saw(Sequence sequence) { last_sequence = std::max(last_sequence, sequence); }
};

/// The same, of an outbox just opened: `restored` and everything that can be loaded.
inline OutboxModel model_of(const Restored& restored, Outbox& outbox) {
  OutboxModel model;
  model.last_batch = restored.last_batch;
  model.last_sequence = restored.last_sequence;
  LoadedBatches loaded = std::move(*outbox.load(0, UINT64_MAX));
  for (Batch& batch : loaded.batches) model.batches[batch.id] = std::move(batch);
  for (const LiveRow& row : restored.live) model.live[row.path] = row;
  for (const LiveOrder& order : restored.orders) model.orders[order.path] = order;
  return model;
}

/// Draws steps that suit what the model holds. Same seed and model, same steps.
class RandomSteps {
 public:
  explicit RandomSteps(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  Step next(const OutboxModel& model) {
    Step step;
    const std::uint64_t dice = below(10);
    if (dice < 5) {
      append(step, model);
    } else if (dice < 9) {
      acknowledge(step, model);
    } else {
      save_orders(step, model);
    }
    return step;
  }

 private:
  void append(Step& step, const OutboxModel& model) {
    BatchId id = model.last_batch;
    for (std::uint64_t i = below(3); i > 0; --i) {
      id += 1 + below(2);
      const ShedClass shed_class = kShedClasses[below(kShedClassCount)];
      step.batches.push_back(batch_of(id, shed_class, 1 + below(5), below(10) == 0 ? 30'000 : below(2'000),
                                      below(2) == 0 ? Texts::kRepeated : Texts::kRandom));
    }
    for (std::uint64_t i = below(4); i > 0; --i) {
      step.live.push_back({"path " + std::to_string(below(12)), std::string(below(3'000), 'v'),
                           model.last_sequence + 1 + step.live.size(), below(4) == 0,
                           static_cast<Kind>(below(kKindCount))});
    }
  }
  void acknowledge(Step& step, const OutboxModel& model) {
    step.call = Step::Call::kAcknowledge;
    const bool everything = below(8) == 0;
    for (const auto& [id, batch] : model.batches) {
      if (everything || below(3) == 0) step.acknowledged.push_back(id);
    }
    if (below(5) == 0) step.acknowledged.push_back(below(model.last_batch + 1));
    for (const auto& [path, row] : model.live) {
      if (everything || below(3) == 0) step.live_acknowledged.push_back({path, row.sequence + 1 - below(3)});
    }
    step.sync = below(4) == 0;
  }
  void save_orders(Step& step, const OutboxModel& model) {
    step.call = Step::Call::kSaveOrders;
    for (std::uint64_t i = below(4); i > 0; --i) {
      step.orders.put.push_back(
          {"order " + std::to_string(below(20)), 5, model.last_sequence + 1 + step.orders.put.size(), below(2) == 0});
    }
    for (const auto& [path, order] : model.orders) {
      const bool is_put = std::any_of(step.orders.put.begin(), step.orders.put.end(),
                                      [&path = path](const LiveOrder& put) { return put.path == path; });
      if (!is_put && below(4) == 0) step.orders.removed.push_back(path);
    }
  }

  std::mt19937_64 random_;
};

}  // namespace firebase_relay::outbox
