#pragma once

#include <cstdint>

#include "firebase_relay/outbox.h"

namespace firebase_relay::deliver {

/// Entries [first, last) of one run of one batch.
struct Slice {
  BatchId batch;
  std::uint32_t run;
  std::uint32_t first;
  std::uint32_t last;

  /// How many entries it has.
  [[nodiscard]] std::uint32_t size() const { return last - first; }
  /// Its first `count` entries, and what is behind them.
  [[nodiscard]] Slice head(std::uint32_t count) const { return {batch, run, first, first + count}; }
  [[nodiscard]] Slice tail(std::uint32_t count) const { return {batch, run, first + count, last}; }
};

}  // namespace firebase_relay::deliver
