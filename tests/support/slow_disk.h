#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/paths.h"
#include "support/temp_dir.h"

namespace test_support {

/// A relay's disk, which takes kDelayMs for each write and sync of the outbox, and of the archive, between begin() and
/// end().
class SlowDisk {
 public:
  static constexpr unsigned kDelayMs = 100;

  /// For the relay's process.
  [[nodiscard]] std::vector<std::string> environment(unsigned delay_ms = kDelayMs) const {
    return {"LD_PRELOAD=" + built("tests/support/slow_disk.so"), "SLOW_DISK_FILE=" + file(),
            "SLOW_DISK_MS=" + std::to_string(delay_ms)};
  }
  void begin() const { std::ofstream(file(), std::ios::trunc); }
  void end() const { std::filesystem::remove(file()); }
  /// How many calls have taken their time since begin().
  [[nodiscard]] std::uintmax_t calls() const { return std::filesystem::file_size(file()); }

 private:
  [[nodiscard]] std::string file() const { return dir_.file("delayed"); }
  TempDir dir_;
};

}  // namespace test_support
