#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "broker_sim/market.h"

namespace broker_sim {

/// What was published, in order: a JSON line {"n", "channel_b64", "payload_b64", "at_ms"} for each message. Base64,
/// since channels and payloads may hold any byte.
class LedgerWriter {
 public:
  /// Throws std::runtime_error when `file` cannot be written.
  explicit LedgerWriter(const std::string& file);
  void add(const Publication& publication, std::int64_t at_ms);
  /// Throws std::runtime_error when not all of it could be written.
  void close();

 private:
  std::string name_;
  std::ofstream out_;
  std::uint64_t count_ = 0;
};

/// Calls `take` for every line of `file`. Throws std::runtime_error for a file that is no ledger.
void read_ledger(const std::string& file, const std::function<void(const Publication&, std::int64_t at_ms)>& take);

}  // namespace broker_sim
