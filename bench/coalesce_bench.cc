// The newest values: merged block by block, taken as the text of a request, acknowledged. And what the flusher does
// with history.
#include <benchmark/benchmark.h>

#include "classify/places.h"
#include "coalesce/live_map.h"
#include "deliver/history_queue.h"
#include "history_batch.h"

namespace relay_bench {
namespace {

using firebase_relay::coalesce::LiveMap;

std::vector<std::string> paths_of(std::int64_t tickers) {
  std::vector<std::string> paths;
  for (std::int64_t i = 0; i < tickers; ++i) {
    for (const char* field : {"price", "volume", "timestamp", "symbol", "last_updated"})
      paths.push_back("services/T" + std::to_string(i) + '/' + field);
  }
  return paths;
}

void merge_live(benchmark::State& state) {
  const std::vector<std::string> paths = paths_of(state.range(0));
  std::vector<std::uint64_t> hashes;
  for (const std::string& path : paths) hashes.push_back(firebase_relay::classify::hash_of_path(path));
  LiveMap map;
  std::vector<LiveMap::TicketEnd> ended;
  firebase_relay::Sequence sequence = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < paths.size(); ++i)
      map.merge(paths[i], hashes[i], "\"187.23\"", ++sequence, LiveMap::kNoTicket, {}, ended);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(paths.size()));
}
BENCHMARK(merge_live)->Arg(10)->Arg(10'000);

/// A whole flush of live values: merged, taken as text, acknowledged.
void flush_live(benchmark::State& state) {
  const std::vector<std::string> paths = paths_of(state.range(0));
  LiveMap map;
  std::vector<LiveMap::TicketEnd> ended;
  std::vector<firebase_relay::LiveAcknowledged> forget;
  firebase_relay::Sequence sequence = 0;
  for (auto _ : state) {
    for (const std::string& path : paths)
      map.merge(path, firebase_relay::classify::hash_of_path(path), "\"187.23\"", ++sequence, LiveMap::kNoTicket, {},
                ended);
    std::string base;
    std::string text;
    const auto sent = map.take(UINT64_MAX, false, base, text);
    map.acknowledge(sent, ended, forget);
    benchmark::DoNotOptimize(text.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(paths.size()));
}
BENCHMARK(flush_live)->Arg(10)->Arg(10'000);

/// History through the queue: added as a batch, taken as slices of one request, finished.
void queue_history(benchmark::State& state) {
  const firebase_relay::Batch batch = history_batch(1);
  const std::size_t entries = batch.runs.front().entries.size();
  firebase_relay::deliver::HistoryQueue queue;
  firebase_relay::BatchId id = 0;
  for (auto _ : state) {
    state.PauseTiming();
    firebase_relay::Batch next = batch;
    next.id = ++id;
    state.ResumeTiming();
    queue.add(std::move(next), {}, firebase_relay::deliver::HistoryQueue::Place::kQueued);
    std::string base;
    const auto slices = queue.take(UINT64_MAX, base);
    std::vector<firebase_relay::BatchId> finished;
    queue.finish(slices, finished);
    for (const auto done : finished) queue.release(done);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries));
}
BENCHMARK(queue_history);

}  // namespace
}  // namespace relay_bench
