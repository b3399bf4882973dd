// The newest values: merged block by block, taken as the text of a request, acknowledged. And what the flusher does
// with history.
#include <benchmark/benchmark.h>

#include "coalesce/acknowledged_history.h"
#include "coalesce/live_values.h"
#include "deliver/history_queue.h"
#include "history_batch.h"

namespace relay_bench {
namespace {

using firebase_relay::coalesce::LiveValues;

std::vector<std::string> paths_of(std::int64_t tickers) {
  std::vector<std::string> paths;
  for (std::int64_t i = 0; i < tickers; ++i) {
    for (const char* field : {"price", "volume", "timestamp", "symbol", "last_updated"})
      paths.push_back("services/T" + std::to_string(i) + '/' + field);
  }
  return paths;
}

/// As a worker hands them over: with their hashes.
class Updates {
 public:
  explicit Updates(std::int64_t tickers) : paths_(paths_of(tickers)) {
    for (const std::string& path : paths_)
      updates_.push_back({0, firebase_relay::hash_of_path(path), 0, 0, 0, 0, LiveValues::kNoTicket});
  }
  void merge_into(LiveValues& map) {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      map.prefetch(updates_, i);
      map.merge({paths_[i], updates_[i].path_hash, "\"187.23\"", ++sequence_, LiveValues::kNoTicket, false}, {});
    }
  }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(paths_.size()); }

 private:
  std::vector<std::string> paths_;
  std::vector<firebase_relay::LiveUpdate> updates_;
  firebase_relay::Sequence sequence_ = 0;
};

void merge_live(benchmark::State& state) {
  Updates updates(state.range(0));
  LiveValues map;
  for (auto _ : state) updates.merge_into(map);
  state.SetItemsProcessed(state.iterations() * updates.size());
}
BENCHMARK(merge_live)->Arg(10)->Arg(10'000);

/// A whole flush of live values: merged, taken, acknowledged.
void flush_live(benchmark::State& state) {
  Updates updates(state.range(0));
  LiveValues map;
  for (auto _ : state) {
    updates.merge_into(map);
    const LiveValues::Taken taken = map.take(UINT64_MAX, false);
    map.acknowledge(taken.sent);
    benchmark::DoNotOptimize(taken.bytes);
  }
  state.SetItemsProcessed(state.iterations() * updates.size());
}
BENCHMARK(flush_live)->Arg(10)->Arg(10'000);

/// History through the queue: added as a batch, taken as slices of one request, finished.
void queue_history(benchmark::State& state) {
  const firebase_relay::Batch batch = history_batch(1);
  const std::size_t entries = batch.runs.front().entries.size();
  firebase_relay::deliver::HistoryStore store;
  firebase_relay::deliver::HistoryQueue queue(store);
  firebase_relay::BatchId id = 0;
  for (auto _ : state) {
    state.PauseTiming();
    firebase_relay::Batch next = batch;
    next.id = ++id;
    state.ResumeTiming();
    store.add(std::move(next), {});
    queue.add(id);
    std::string base;
    store.finish(queue.take(UINT64_MAX, base));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries));
}
BENCHMARK(queue_history);

/// What is acknowledged is counted at its place: prices of many tickers in turns.
void count_acknowledged(benchmark::State& state) {
  firebase_relay::HistoryRun run;
  for (std::size_t i = 0; i < 10'000; ++i) {
    const auto ticker = static_cast<std::int64_t>(i) * 7'919 % state.range(0);
    run.add("history/T" + std::to_string(ticker) + "/prices/2026-11-28/-OPq8XPw---aBcDeFgHi", "{\"price\":187.23}", {});
  }
  firebase_relay::coalesce::AcknowledgedHistory history;
  for (auto _ : state) history.add(run, 0, run.entries.size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(run.entries.size()));
}
BENCHMARK(count_acknowledged)->Arg(10)->Arg(10'000);

}  // namespace
}  // namespace relay_bench
