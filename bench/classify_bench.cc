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

using Blocks = std::vector<std::unique_ptr<firebase_relay::MessageBlock>>;

/// Adds so many messages, one behind the other, that each of `options.tickers` comes in them.
void add_blocks(const SampleOptions& options, Blocks& blocks) {
  for (std::uint64_t messages = 0; messages < options.tickers; messages += blocks.back()->size())
    blocks.push_back(block_of(options, messages, blocks.size()));
}

void classify_blocks(benchmark::State& state, const Blocks& blocks, bool history) {
  classify::KnownNames names(10'000);  // --tickers-max as it is by default
  classify::WriterOptions writer_options;
  writer_options.history = history;
  writer_options.known_names = &names;
  classify::BlockWriter writer(routes(), writer_options);
  std::uint64_t number = 0;
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    firebase_relay::MessageBlock& block = *blocks[number % blocks.size()];
    block.number = ++number;
    benchmark::DoNotOptimize(writer.write(block));
    messages += block.size();
    bytes += block.bytes();
  }
  state.counters["per_message"] =
      benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void classify_block(benchmark::State& state, SampleOptions options, bool history) {
  Blocks blocks;
  add_blocks(options, blocks);
  classify_blocks(state, blocks, history);
}

/// Prices, orders and performance of so many tickers: each worker keeps a place for each of the three.
void classify_places(benchmark::State& state, std::uint32_t tickers) {
  Blocks blocks;
  for (const Shape shape : {Shape::kPrice, Shape::kOrder, Shape::kPerformance})
    add_blocks({.shape = shape, .tickers = tickers}, blocks);
  classify_blocks(state, blocks, true);
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
  for (const std::uint32_t tickers : {5'000u, 8'000u, 10'000u}) {
    const std::string name = "classify/places/of_" + std::to_string(tickers) + "_tickers";
    benchmark::RegisterBenchmark(name.c_str(), classify_places, tickers);
  }
  SampleOptions large;
  large.bytes = 20'000;
  benchmark::RegisterBenchmark("classify/price/of_20_kB", classify_block, large, true);
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace relay_bench
