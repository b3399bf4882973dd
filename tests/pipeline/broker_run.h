#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/emulator.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace pipeline_test {

/// broker-sim with a ledger, and ledger-check on it.
class BrokerRun {
 public:
  /// Publishes what `flags` say, to its end.
  void publish(const test_support::RedisServer& redis, const std::vector<std::string>& flags);
  /// The command for publishing in the background.
  [[nodiscard]] std::vector<std::string> command(const test_support::RedisServer& redis,
                                                 const std::vector<std::string>& flags) const;

  [[nodiscard]] std::uint64_t published() const;
  /// Without those on Redis' own channels, which are nobody's messages.
  [[nodiscard]] std::uint64_t receivable() const;
  /// Forgets all but the first `count` messages of the ledger.
  void keep_first(std::uint64_t count) const;
  /// Takes over the ledger of `later`, which published behind this one.
  void append(const BrokerRun& later) const;
  /// Empty when the tree holds exactly what the ledger says, else what ledger-check found.
  [[nodiscard]] std::string difference(const test_support::Emulator& emulator,
                                       const std::vector<std::string>& flags = {}) const;

 private:
  [[nodiscard]] std::string ledger() const { return dir_.file("ledger.jsonl"); }
  test_support::TempDir dir_;
};

}  // namespace pipeline_test
