// The hash table of our own beside the standard library's: docs/decisions/0008 has the numbers.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <unordered_map>
#include <vector>

#include "base/hash_table.h"

namespace relay_bench {
namespace {

/// A worker has made the hash already: here it is the key.
struct AsItIs {
  std::size_t operator()(std::uint64_t hash) const { return hash; }
};
using Standard = std::unordered_map<std::uint64_t, std::uint32_t, AsItIs>;
using Own = firebase_relay::HashTable<std::uint32_t>;

std::uint32_t* find(Standard& table, std::uint64_t hash) {
  const auto found = table.find(hash);
  return found == table.end() ? nullptr : &found->second;
}
std::uint32_t* find(Own& table, std::uint64_t hash) { return table.find(hash); }
void add(Standard& table, std::uint64_t hash) { table.emplace(hash, 1); }
void add(Own& table, std::uint64_t hash) { table.add(hash, 1); }
void erase(Standard& table, std::uint64_t hash) { table.erase(hash); }
void erase(Own& table, std::uint64_t hash) {
  table.erase(hash, [](std::uint32_t) { return true; });
}
void prefetch(const Standard& /*cannot*/, std::uint64_t /*hash*/) {}
void prefetch(const Own& table, std::uint64_t hash) { table.prefetch(hash); }

std::vector<std::uint64_t> hashes(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> made(count);
  for (std::uint64_t& hash : made) hash = random();
  return made;
}

/// What a block of messages does: looks up one path after another, of which it knows the next dozen.
template <class Table>
void hash_table_find(benchmark::State& state) {
  constexpr std::size_t kAhead = 12;
  std::vector<std::uint64_t> keys = hashes(static_cast<std::size_t>(state.range(0)));
  Table table;
  for (const std::uint64_t hash : keys) add(table, hash);
  std::shuffle(keys.begin(), keys.end(), std::mt19937_64(2));
  std::size_t i = 0;
  for (auto _ : state) {
    prefetch(table, keys[i + kAhead < keys.size() ? i + kAhead : i]);
    benchmark::DoNotOptimize(find(table, keys[i]));
    i = i + 1 < keys.size() ? i + 1 : 0;
  }
}
BENCHMARK(hash_table_find<Own>)->Arg(100)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(hash_table_find<Standard>)->Arg(100)->Arg(10'000)->Arg(1'000'000);

/// What a list of live orders does: one comes, the oldest goes.
template <class Table>
void hash_table_change(benchmark::State& state) {
  const std::vector<std::uint64_t> keys = hashes(2 * static_cast<std::size_t>(state.range(0)));
  Table table;
  for (std::size_t i = 0; i < keys.size() / 2; ++i) add(table, keys[i]);
  std::size_t oldest = 0;
  std::size_t next = keys.size() / 2;
  for (auto _ : state) {
    erase(table, keys[oldest]);
    add(table, keys[next]);
    oldest = oldest + 1 < keys.size() ? oldest + 1 : 0;
    next = next + 1 < keys.size() ? next + 1 : 0;
  }
}
BENCHMARK(hash_table_change<Own>)->Arg(100)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(hash_table_change<Standard>)->Arg(100)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace relay_bench
