#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rtdb_emulator {

/// Every applied write of a path, so that a test can see that no value went back. Off until asked for, and bounded.
/// Threads: the owner's lock.
class Journal {
 public:
  struct Line {
    std::int64_t at_ms;
    std::uint64_t request;
    std::string path;
    std::string value;  ///< JSON
  };
  static constexpr std::size_t kLinesMax = 2'000'000;

  void start(std::string prefix) { prefix_ = std::move(prefix), on_ = true, lines_.clear(), overflowed_ = false; }
  void stop() { on_ = false; }
  [[nodiscard]] bool wants(const std::string& path) const { return on_ && path.starts_with(prefix_); }
  void add(Line line);
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  bool on_ = false;
  bool overflowed_ = false;
  std::string prefix_;
  std::vector<Line> lines_;
};

}  // namespace rtdb_emulator
