#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "broker_sim/expectation.h"

namespace broker_sim {

/// How the database's tree differs from what the ledger says.
struct Difference {
  std::uint64_t missing = 0;          ///< history entries and live values that are not there
  std::uint64_t unexpected = 0;       ///< and those that nobody published
  std::uint64_t wrong = 0;            ///< there, but with another value or another time
  std::vector<std::string> examples;  ///< the first few, one line each
  /// True: the tree is what was published.
  [[nodiscard]] bool none() const { return missing == 0 && unexpected == 0 && wrong == 0; }
};

/// What is compared of the live tree. History always is, entry for entry.
enum class Live { kAll, kWithoutOrders };

/// `services`, `channels` and `history` as GET answered them.
Difference compare(const Expectation& expected, const nlohmann::json& services, const nlohmann::json& channels,
                   const nlohmann::json& history, Live live);

}  // namespace broker_sim
