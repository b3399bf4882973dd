#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace firebase_relay::coalesce {

/// A path whose hash the worker has made (classify/places.h). Whoever keeps one keeps the text.
struct PathKey {
  std::string_view path;
  std::uint64_t hash;
  bool operator==(const PathKey& other) const { return hash == other.hash && path == other.path; }
};
struct PathKeyHash {
  std::size_t operator()(const PathKey& key) const noexcept { return key.hash; }
};

}  // namespace firebase_relay::coalesce
