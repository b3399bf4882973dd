// What the subscriber does with what it has read: Redis' bytes -> block, of each kind, in reads as they come.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "bus/reply_reader.h"
#include "samples.h"

namespace relay_bench {
namespace {

namespace bus = firebase_relay::bus;

constexpr std::size_t kMessages = 4096;
constexpr std::size_t kKeptUp = 24 * 1024;   // what a subscriber that keeps up finds at full speed
constexpr std::size_t kBehind = 256 * 1024;  // all that it reads at once

void read_replies(benchmark::State& state, Shape shape, std::size_t read_bytes) {
  std::string bytes;
  for (std::uint64_t n = 0; n < kMessages; ++n) append_as_reply(sample({shape}, n), bytes);
  bus::ReplyReader reader(bus::ChannelFilter({"*"}));
  firebase_relay::MessageBlock block;
  std::vector<bus::Reply> replies;
  for (auto _ : state) {
    std::size_t messages = 0;
    for (std::size_t at = 0; at < bytes.size(); at += read_bytes) {
      block.clear(SIZE_MAX);
      if (!reader.feed(std::string_view(bytes).substr(at, read_bytes), block, replies)) std::abort();
      messages += block.size();
    }
    if (messages != kMessages) std::abort();
  }
  state.counters["per_message"] =
      benchmark::Counter(kMessages, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

BENCHMARK_CAPTURE(read_replies, price_kept_up, Shape::kPrice, kKeptUp);
BENCHMARK_CAPTURE(read_replies, price_behind, Shape::kPrice, kBehind);
BENCHMARK_CAPTURE(read_replies, price_one_segment, Shape::kPrice, 1448);
BENCHMARK_CAPTURE(read_replies, order_kept_up, Shape::kOrder, kKeptUp);
BENCHMARK_CAPTURE(read_replies, order_behind, Shape::kOrder, kBehind);
BENCHMARK_CAPTURE(read_replies, order_one_segment, Shape::kOrder, 1448);

}  // namespace
}  // namespace relay_bench
