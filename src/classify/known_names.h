#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace firebase_relay::classify {

/// The distinct names admitted in this process, at most `names_max`: so that a flood of invented ones grows neither
/// memory nor the database. First come, first served, until the process ends.
///
/// Memory:  names_max names of at most kPathBytesMax bytes each: whoever asks has refused longer ones before.
/// Threads: any. A worker asks for a name that its own cache does not know, not for every message; and a full set
///          changes no more, so that the flood itself meets no lock.
class NameSet {
 public:
  /// Has room for so many names.
  explicit NameSet(std::size_t names_max) : names_max_(names_max), is_full_(names_max == 0) {}
  NameSet(const NameSet&) = delete;
  NameSet& operator=(const NameSet&) = delete;

  /// True when `name` was admitted before, or is now, because there is room.
  bool admit(std::string_view name);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  const std::size_t names_max_;
  std::mutex mutex_;
  std::unordered_set<std::string, Hash, std::equal_to<>> names_;  // guarded by mutex_ until is_full_, then constant
  std::atomic<bool> is_full_;
};

/// What --tickers-max bounds; the one does not take room from the other.
struct KnownNames {
  explicit KnownNames(std::size_t max) : names_max(max), tickers(max), channels(max) {}
  const std::size_t names_max;  ///< of either
  NameSet tickers;
  NameSet channels;  ///< those whose name becomes part of a path: of unrouted messages, in the built-in table
};

}  // namespace firebase_relay::classify
