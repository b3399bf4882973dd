#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firebase_relay/time.h"

namespace firebase_relay::observe {

/// The one rule for every line that can repeat: the first is told, and from then on one a minute, with how often. After
/// a minute without any the next one is a first one again.
///
/// Reads no clock: the time is passed in and never decreases. Bounded: beyond `keys_max` keys, those that come new
/// share one, which is called kOthers. Threads: one at a time.
class RateLimit {
 public:
  /// A line that repeats is told once in this time.
  static constexpr std::chrono::minutes kEvery{1};
  /// The key that those share which come when there are `keys_max` others.
  static constexpr std::string_view kOthers = "others";

  /// `keys_max`: how many keys have a count of their own.
  explicit RateLimit(std::size_t keys_max = 200) : keys_max_(keys_max) {}

  /// Shall a line of `key` be told now? Then with how many were kept back since the last one; nothing: it is kept back,
  /// and counted as `amount`. Where the lines differ, the first `whole` are told before counting begins.
  std::optional<std::uint64_t> admit(std::string_view key, SteadyTime now, std::uint64_t whole = 1,
                                     std::uint64_t amount = 1) {
    Window& window = window_of(key, now);
    if (now - window.begin >= kEvery) {
      window = {now, window.kept_back > 0 ? whole : 1, window.kept_back};
      return std::exchange(window.kept_back, 0);
    }
    if (window.told < whole) {
      ++window.told;
      return 0;
    }
    window.kept_back += amount;
    return std::nullopt;
  }

  /// After admit(): true when there were too many keys already, and `key` was counted as kOthers.
  [[nodiscard]] bool is_other(std::string_view key) const { return windows_.find(key) == windows_.end(); }

  /// What was kept back and has not been told within its minute, by key.
  std::vector<std::pair<std::string, std::uint64_t>> take_kept_back(SteadyTime now) {
    std::vector<std::pair<std::string, std::uint64_t>> kept_back;
    for (auto& [key, window] : windows_) {
      if (window.kept_back == 0 || now - window.begin < kEvery) continue;
      kept_back.emplace_back(key, std::exchange(window.kept_back, 0));
      window.begin = now;
    }
    return kept_back;
  }
  /// When take_kept_back() has something to tell; max(): nothing is kept back.
  [[nodiscard]] SteadyTime due() const {
    SteadyTime due = SteadyTime::max();
    for (const auto& [key, window] : windows_)
      if (window.kept_back > 0) due = std::min(due, window.begin + kEvery);
    return due;
  }
  /// What `key` is about is over, so that the next line of it counts as a first one. Returns how many were kept back
  /// and never told.
  std::uint64_t forget(std::string_view key) {
    const auto found = windows_.find(key);
    if (found == windows_.end()) return 0;
    const std::uint64_t kept_back = found->second.kept_back;
    windows_.erase(found);
    return kept_back;
  }

 private:
  struct Window {
    SteadyTime begin;  ///< when the last line was told, or the first of those that are told whole
    std::uint64_t told;
    std::uint64_t kept_back;
  };

  Window& window_of(std::string_view key, SteadyTime now) {
    const auto found = windows_.find(key);
    if (found != windows_.end()) return found->second;
    if (windows_.size() >= keys_max_) {
      std::erase_if(windows_, [now](const auto& each) {
        return each.second.kept_back == 0 && now - each.second.begin >= kEvery;
      });
    }
    const std::string_view kept = windows_.size() >= keys_max_ ? kOthers : key;
    return windows_.emplace(kept, Window{now, 0, 0}).first->second;
  }

  std::size_t keys_max_;
  std::map<std::string, Window, std::less<>> windows_;
};

/// What is put behind a line that is told again, when so many were kept back; empty: none were.
inline std::string more_text(std::uint64_t kept_back) {
  if (kept_back == 0) return {};
  return " (and " + std::to_string(kept_back) + " more since the last such line)";
}

}  // namespace firebase_relay::observe
