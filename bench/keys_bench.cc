// Keys: encoded names, and the history keys of messages.
#include <benchmark/benchmark.h>

#include "classify/key_codec.h"
#include "coalesce/repeats.h"
#include "samples.h"

namespace relay_bench {
namespace {

namespace classify = firebase_relay::classify;

void encode_key(benchmark::State& state, const std::string& name) {
  std::string key;
  for (auto _ : state) {
    key.clear();
    classify::append_encoded_key(name, key);
    benchmark::DoNotOptimize(key.data());
  }
}
BENCHMARK_CAPTURE(encode_key, plain, std::string("AAPL"));
BENCHMARK_CAPTURE(encode_key, with_a_dot, std::string("BRK.B"));
BENCHMARK_CAPTURE(encode_key, order_id, std::string("b6b1a3a4-7f0f-4d8e-9d3e-100000000000"));
BENCHMARK_CAPTURE(encode_key, not_ascii, std::string("Zürich/€"));

void decode_key(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(classify::decode_key("BRK%2EB"));
}
BENCHMARK(decode_key);

void history_key(benchmark::State& state, Shape shape) {
  const Sample made = sample({shape}, 1);
  for (auto _ : state) {
    const firebase_relay::UtcMillis time(std::chrono::milliseconds(1'778'078'351'786));
    const firebase_relay::HistoryKey key(time, firebase_relay::key_seed(made.payload, 42), 0);
    benchmark::DoNotOptimize(key.text().data());
  }
}
BENCHMARK_CAPTURE(history_key, of_a_price, Shape::kPrice);
BENCHMARK_CAPTURE(history_key, of_an_order, Shape::kOrder);

/// Counting equal messages: all are different here, as nearly always.
void settle_repeats(benchmark::State& state) {
  constexpr std::size_t kEntries = 1000;
  firebase_relay::coalesce::Repeats repeats;
  firebase_relay::HistoryRun run;
  for (std::size_t i = 0; i < kEntries; ++i) run.entries.push_back({0, static_cast<std::uint32_t>(i), 0, 20, 0, {}});
  std::uint64_t low = 1;
  for (auto _ : state) {
    run.seeds.resize(kEntries);
    for (auto& seed : run.seeds) seed = {low += 0x9E3779B97F4A7C15ull, 0};
    run.first_sequence += kEntries;
    repeats.settle(run);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEntries));
}
BENCHMARK(settle_repeats);

}  // namespace
}  // namespace relay_bench
