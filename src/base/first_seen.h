#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>

namespace firebase_relay {

/// Which texts have come before, to say something of each only once. Remembers up to a bound; of what comes after that
/// nothing is new.
///
/// Threads: one.
class FirstSeen {
 public:
  /// Remembers so many.
  explicit FirstSeen(std::size_t max) : max_(max) {}

  /// True the first time that `text` comes, while there is room.
  [[nodiscard]] bool is_new(const std::string& text) { return seen_.size() < max_ && seen_.insert(text).second; }

 private:
  std::size_t max_;
  std::unordered_set<std::string> seen_;
};

}  // namespace firebase_relay
