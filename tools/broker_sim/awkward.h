#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker_sim/market.h"
#include "broker_sim/random.h"

namespace broker_sim {

/// Tickers that no database key can be without encoding, or that look like something else.
const std::vector<std::string>& awkward_tickers();

/// What a bus may carry that no bot meant to publish: broken JSON, scalars, great depth, keys that the database refuses
/// or takes for commands, duplicate keys, channels of any bytes, a message twice.
class Awkward {
 public:
  /// The same seed gives the same messages.
  explicit Awkward(std::uint64_t seed) : random_(seed) {}
  /// The next one, at `now_ms` (since 1970).
  Publication next(std::int64_t now_ms);

 private:
  std::string epoch(std::int64_t now_ms);
  std::string payload(std::int64_t now_ms);
  std::string channel();

  Random random_;
  std::uint64_t count_ = 0;
  Publication last_;
};

}  // namespace broker_sim
