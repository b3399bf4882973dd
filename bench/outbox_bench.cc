// Writing to the outbox and forgetting again, for every implementation that there is.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "base/clock.h"
#include "history_batch.h"
#include "outbox/batch_blob.h"
#include "outbox/memory_outbox.h"
#include "outbox/sqlite_outbox.h"

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

/// In a file beside the program, since a folder for temporary files may be memory.
void outbox_write_sqlite(benchmark::State& state) {
  using firebase_relay::outbox::Sync;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outbox-bench";
  {
    const auto opened = firebase_relay::outbox::SqliteOutbox::open(
        {.file = folder / "outbox.db", .sync = state.range(0) != 0 ? Sync::kFull : Sync::kNormal});
    if (opened) {
      write_and_acknowledge(state, *opened->outbox);
    } else {
      state.SkipWithError("the outbox could not be opened");
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(outbox_write_sqlite)->ArgName("full_sync")->Arg(0)->Arg(1);

/// The first `messages` of a batch: what a flush at home's rates has, or one at full speed.
Batch beginning_of(Batch batch, std::size_t messages) {
  firebase_relay::HistoryRun& run = batch.runs.front();
  if (messages >= run.entries.size()) return batch;
  run.text.resize(run.entries[messages].offset);
  run.entries.resize(messages);
  return batch;
}

void arguments_of_packing(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"order", "messages_max"})->ArgsProduct({{0, 1}, {12, 1000}});
}

Batch batch_to_pack(const benchmark::State& state) {
  return beginning_of(history_batch(1, state.range(0) != 0 ? Shape::kOrder : Shape::kPrice),
                      static_cast<std::size_t>(state.range(1)));
}

/// Counters: bytes a message takes in memory and stored.
void outbox_pack(benchmark::State& state) {
  const Batch batch = batch_to_pack(state);
  const auto entries = static_cast<std::int64_t>(batch.runs.front().entries.size());
  firebase_relay::outbox::BatchPacker packer;
  firebase_relay::outbox::StoredBatch stored;
  for (auto _ : state) {
    stored = packer.pack(batch);
    benchmark::DoNotOptimize(firebase_relay::outbox::checksum_of(stored.bytes));
  }
  state.SetItemsProcessed(state.iterations() * entries);
  state.counters["body"] = static_cast<double>(stored.body_bytes) / static_cast<double>(entries);
  state.counters["stored"] = static_cast<double>(stored.bytes.size()) / static_cast<double>(entries);
}
BENCHMARK(outbox_pack)->Apply(arguments_of_packing);

void outbox_unpack(benchmark::State& state) {
  const Batch batch = batch_to_pack(state);
  firebase_relay::outbox::BatchPacker packer;
  const firebase_relay::outbox::StoredBatch stored = packer.pack(batch);
  const std::string bytes(stored.bytes);
  const firebase_relay::Now now = firebase_relay::read_clocks();
  for (auto _ : state) benchmark::DoNotOptimize(packer.unpack({bytes, stored.body_bytes}, now));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch.runs.front().entries.size()));
}
BENCHMARK(outbox_unpack)->Apply(arguments_of_packing);

}  // namespace
}  // namespace relay_bench
