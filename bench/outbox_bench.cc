// Writing to the outbox and forgetting again, for every implementation that there is.
#include <benchmark/benchmark.h>

#include "history_batch.h"
#include "outbox/memory_outbox.h"

namespace relay_bench {
namespace {

using firebase_relay::Batch;

/// One flush in trouble: a batch of price history and the live values of ten tickers, then their acknowledgement.
void write_and_acknowledge(benchmark::State& state, firebase_relay::Outbox& outbox) {
  Batch batch = history_batch(1);
  const std::size_t entries = batch.runs.front().entries.size();
  std::vector<firebase_relay::LiveRow> live;
  std::vector<firebase_relay::LiveAcknowledged> forget;
  for (int i = 0; i < 50; ++i) {
    const std::string path = "services/T" + std::to_string(i) + "/price";
    live.push_back({path, "\"187.23\"", static_cast<firebase_relay::Sequence>(i + 1), false, {}});
    forget.push_back({path, UINT64_MAX});
  }
  for (auto _ : state) {
    if (!outbox.append({&batch}, live) || !outbox.acknowledge({batch.id}, forget, false)) {
      state.SkipWithError("the outbox failed");
      break;
    }
    ++batch.id;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.runs.front().text.size()));
}

void outbox_write_memory(benchmark::State& state) {
  firebase_relay::outbox::MemoryOutbox outbox;
  write_and_acknowledge(state, outbox);
}
BENCHMARK(outbox_write_memory);

}  // namespace
}  // namespace relay_bench
