#pragma once

#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/paths.h"
#include "support/temp_dir.h"

#include <fcntl.h>
#include <unistd.h>

namespace test_support {

/// The clocks of a relay's process, which a test moves ahead: the one of the day and the steady one together, as when
/// time has gone by. Between two moves the one of the day goes as this machine's, and the steady one kSteadyRate times
/// as fast, so that a relay's pauses take a quarter of their time; its timeouts do so, too.
///
/// A move while a request is out is, to the relay, a request that took as long. What waits for a time by a condition
/// variable is not woken by it: of the relay's threads none does that while it works.
class MovedClocks {
 public:
  static constexpr int kSteadyRate = 4;

  MovedClocks() {
    std::ofstream(file()) << std::string(sizeof(std::int64_t), '\0');
    const int fd = ::open(file().c_str(), O_RDWR | O_CLOEXEC);
    void* page = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (page == MAP_FAILED) throw std::runtime_error("no shared memory");
    ahead_ = static_cast<std::int64_t*>(page);
  }
  ~MovedClocks() { ::munmap(ahead_, sizeof(std::int64_t)); }
  MovedClocks(const MovedClocks&) = delete;
  MovedClocks& operator=(const MovedClocks&) = delete;

  /// For the relay's process.
  [[nodiscard]] std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" + built("tests/support/moved_clocks.so"), "MOVED_CLOCKS_FILE=" + file()};
  }
  /// By how much they are ahead of this machine's.
  [[nodiscard]] std::chrono::seconds ahead() const {
    return std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::nanoseconds(std::atomic_ref(*ahead_).load(std::memory_order_acquire)));
  }
  /// Never less than before: the steady clock would go back.
  void set_ahead(std::chrono::seconds ahead) {
    std::atomic_ref(*ahead_).store(std::chrono::nanoseconds(ahead).count(), std::memory_order_release);
  }
  /// What the relay's clock says.
  [[nodiscard]] std::chrono::system_clock::time_point now() const { return std::chrono::system_clock::now() + ahead(); }

 private:
  [[nodiscard]] std::string file() const { return dir_.file("ahead"); }
  TempDir dir_;
  std::int64_t* ahead_ = nullptr;
};

}  // namespace test_support
