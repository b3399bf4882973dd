// What a worker does with one block: each kind, as the broker sends it (in an envelope) and bare.
#include <benchmark/benchmark.h>

#include "classify/block_writer.h"
#include "classify/routes.h"
#include "samples.h"

namespace relay_bench {
namespace {

namespace classify = firebase_relay::classify;

const classify::RouteTable& routes() {
  static const classify::RouteTable table = *classify::parse_routes(classify::builtin_routes_json(), "routes.json");
  return table;
}

/// So many messages, one behind the other, that each of `options.tickers` comes in them.
std::vector<std::unique_ptr<firebase_relay::MessageBlock>> blocks_of(const SampleOptions& options) {
  std::vector<std::unique_ptr<firebase_relay::MessageBlock>> blocks;
  for (std::uint64_t messages = 0; messages < options.tickers; messages += blocks.back()->size())
    blocks.push_back(block_of(options, messages, blocks.size()));
  return blocks;
}

void classify_block(benchmark::State& state, SampleOptions options, bool history) {
  const auto blocks = blocks_of(options);
  classify::WriterOptions writer_options;
  writer_options.history = history;
  classify::BlockWriter writer(routes(), writer_options);
  std::uint64_t number = 0;
  for (auto _ : state) {
    firebase_relay::MessageBlock& block = *blocks[number % blocks.size()];
    block.number = ++number;
    benchmark::DoNotOptimize(writer.write(block));
  }
  const firebase_relay::MessageBlock& block = *blocks.front();  // all have about as many
  const auto messages = static_cast<double>(block.size());
  state.counters["per_message"] =
      benchmark::Counter(messages, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(block.bytes()));
}

void register_all() {
  for (std::size_t i = 0; i < std::size(kShapeNames); ++i) {
    for (const bool enveloped : {true, false}) {
      const SampleOptions options{static_cast<Shape>(i), enveloped};
      const std::string name = "classify/" + std::string(kShapeNames[i]) + (enveloped ? "/enveloped" : "/bare");
      benchmark::RegisterBenchmark(name.c_str(), classify_block, options, true);
      benchmark::RegisterBenchmark((name + "/live_only").c_str(), classify_block, options, false);
    }
  }
  SampleOptions many;
  many.tickers = 10'000;
  benchmark::RegisterBenchmark("classify/price/of_10000_tickers", classify_block, many, true);
  SampleOptions large;
  large.bytes = 20'000;
  benchmark::RegisterBenchmark("classify/price/of_20_kB", classify_block, large, true);
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace relay_bench
