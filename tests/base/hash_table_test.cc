#include "base/hash_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace firebase_relay {
namespace {

using Entries = std::multimap<std::uint64_t, int>;

/// Is the entry of each value found, by its hash and no other?
void expect_same(HashTable<int>& table, const Entries& entries) {
  ASSERT_EQ(table.size(), entries.size());
  for (const auto& [hash, value] : entries) {
    const int* found = table.find(hash, [value = value](int one) { return one == value; });
    ASSERT_NE(found, nullptr) << "hash " << hash;
    EXPECT_EQ(*found, value);
  }
}

TEST(HashTable, FindsNothingWhileItIsEmpty) {
  HashTable<int> table;
  EXPECT_EQ(table.find(0), nullptr);
  EXPECT_EQ(table.find(7), nullptr);
  table.erase(7, [](int) { return true; });
  EXPECT_EQ(table.size(), 0u);
}

// Few hashes, 0 among them, that differ by a table's size: long runs which meet and wrap around.
TEST(HashTable, HoldsWhatAModelHolds) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    HashTable<int> table;
    Entries entries;
    for (int step = 0; step < 3'000; ++step) {
      const std::uint64_t given = (random() % 4) * 4096 + (random() % 2 ? random() % 12 : 4090 + random() % 6);
      const std::uint64_t hash = given == 0 ? 1 : given;  // the table takes them for one, too
      const auto [first, last] = entries.equal_range(hash);
      const bool is_growing = step % 1'000 < 600;
      if (random() % 3 != 0 ? is_growing : !is_growing) {
        table.add(given, step);
        entries.emplace(hash, step);
      } else if (first != last) {
        const int value = first->second;
        table.erase(hash, [value](int one) { return one == value; });
        EXPECT_EQ(table.find(hash, [value](int one) { return one == value; }), nullptr);
        entries.erase(first);
      } else {
        EXPECT_EQ(table.find(given), nullptr);
      }
      if (step % 50 == 0) expect_same(table, entries);
    }
    expect_same(table, entries);
    table.clear();
    expect_same(table, {});
  }
}

// Three times, past the size from which memory is given back.
TEST(HashTable, HoldsAFloodAndWhatIsLeftOfIt) {
  HashTable<int> table;
  for (int round = 0; round < 3; ++round) {
    constexpr int kMany = 100'000;
    const auto hash_of = [](int value) { return static_cast<std::uint64_t>(value) * 0x9E3779B97F4A7C15u; };
    for (int value = 0; value < kMany; ++value) table.add(hash_of(value), value);
    for (int value = 0; value < kMany; ++value) {
      if (value % 100 != 0) table.erase(hash_of(value), [](int) { return true; });
    }
    for (int value = 0; value < kMany; ++value) {
      const int* found = table.find(hash_of(value));
      ASSERT_EQ(found != nullptr, value % 100 == 0) << value;
      if (found) {
        ASSERT_EQ(*found, value);
      }
    }
    for (int value = 0; value < kMany; value += 100) table.erase(hash_of(value), [](int) { return true; });
    ASSERT_EQ(table.size(), 0u);
  }
}

}  // namespace
}  // namespace firebase_relay
