#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rtdb_emulator {

/// Every applied write of a path, so that a test can see that no value went back. Off until asked for, and bounded.
/// Threads: the owner's lock.
class Journal {
 public:
  /// One write: when, by which request (they are numbered from 1), of which path, and what stands there since.
  struct Line {
    std::int64_t at_ms;
    std::uint64_t request;
    std::string path;
    std::string value;  ///< JSON
  };
  /// What comes when there are so many is dropped, and overflowed() says so.
  static constexpr std::size_t kLinesMax = 2'000'000;

  /// Begins an empty journal of the paths that begin with `prefix`; stop() ends it and keeps its lines.
  void start(std::string prefix) { prefix_ = std::move(prefix), on_ = true, lines_.clear(), overflowed_ = false; }
  void stop() { on_ = false; }
  /// Does a write of `path` belong into it? Only such ones are to be added.
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
