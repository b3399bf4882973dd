#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firebase_relay/time.h"

namespace firebase_relay::observe {

/// Keeps a flood of the same complaint readable: a few lines a second of each key, and a count of the others.
/// Reads no clock: the time is passed in and never decreases. Bounded by the number of keys, which are names of tables.
/// Threads: one at a time.
class RateLimit {
 public:
  static constexpr std::uint64_t kLinesPerSecond = 3;

  /// Shall a line of `key` be printed now? Then with how many suppressed before it; nothing: it is suppressed and
  /// counted.
  std::optional<std::uint64_t> admit(std::string_view key, SteadyTime now) {
    auto found = windows_.find(key);
    if (found == windows_.end()) found = windows_.emplace(key, Window{now, 0, 0}).first;
    Window& window = found->second;
    if (now - window.begin >= std::chrono::seconds(1)) {
      window.begin = now;
      window.printed = 0;
    }
    if (window.printed == kLinesPerSecond) {
      ++window.suppressed;
      return std::nullopt;
    }
    ++window.printed;
    return std::exchange(window.suppressed, 0);
  }

  /// What was suppressed and has not been told since its second ended, by key; forgets it.
  std::vector<std::pair<std::string, std::uint64_t>> take_suppressed(SteadyTime now) {
    std::vector<std::pair<std::string, std::uint64_t>> suppressed;
    for (auto& [key, window] : windows_) {
      if (window.suppressed == 0 || now - window.begin < std::chrono::seconds(1)) continue;
      suppressed.emplace_back(key, std::exchange(window.suppressed, 0));
    }
    return suppressed;
  }

 private:
  struct Window {
    SteadyTime begin;
    std::uint64_t printed;
    std::uint64_t suppressed;
  };
  std::map<std::string, Window, std::less<>> windows_;
};

}  // namespace firebase_relay::observe
