#pragma once

#include <chrono>
#include <cstdint>

namespace firebase_relay::sim {

/// Which seeds are run: the first `--seeds N`, on for `--minutes N`, or only `--seed N`. scripts/test, where ctest
/// takes no flags for a program, sets SIM_SEEDS for `--seeds`. `--threads N`: so many at a time; 0: as many as cores.
struct Campaign {
  std::uint64_t first = 1;
  std::uint64_t last = 2'000;
  std::chrono::minutes minutes{0};
  unsigned threads = 0;
};

/// As the program's flags say.
const Campaign& campaign();

}  // namespace firebase_relay::sim
