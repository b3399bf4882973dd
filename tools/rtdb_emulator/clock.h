#pragma once

#include <chrono>
#include <cstdint>

namespace rtdb_emulator {

/// The system's clock, in ms since 1970.
inline std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace rtdb_emulator
